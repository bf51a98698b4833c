// What the flags of `volley offer` mean, beside those of the request.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <volley/call/offer.hpp>

#include "outputs.hpp"
#include "raw_args.hpp"

namespace volley::cli {

struct OfferOptions {
    call::OfferPlan plan;                ///< but for its request
    std::optional<call::Signal> signal;  ///< as asked for; else the URL says it
    std::vector<std::string> expectations;
    std::vector<OutputFile> outputs;
    std::string of_sending;  ///< a flag that was given and goes with sending alone; empty: none was
    bool quiet = false;
    bool verbose = false;
};

/// @param endless  what no flag ends goes on until Ctrl-C, if it is one call. @return what is wrong, in words, or nothing; never a secret.
[[nodiscard]] std::optional<std::string> read_offer_options(const RawArgs& raw, bool endless, OfferOptions& out);

}  // namespace volley::cli
