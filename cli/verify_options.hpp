// What the flags of `volley verify` mean, beside those of the request.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <volley/verdict/expect.hpp>
#include <volley/verify.hpp>

#include "raw_args.hpp"

namespace volley::cli {

struct VerifyOptions {
    verify::Options options;
    std::vector<verdict::Expectation> expectations;
    std::string output;  ///< file for the verdict as JSON; `-` is the standard output; empty: none
    std::string replay;  ///< a file of that kind to be judged again, instead of asking a server
    bool self_test = false;
    bool quiet = false;
};

/// @return what is wrong, in words, or nothing. Words on an expectation hold its line and a caret.
[[nodiscard]] std::optional<std::string> read_verify_options(const RawArgs& raw, VerifyOptions& out);

}  // namespace volley::cli
