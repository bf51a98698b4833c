// What the flags of `volley load` mean, beside those of the request.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <volley/load/schedule.hpp>
#include <volley/scenario/scenario.hpp>
#include <volley/time.hpp>

#include "outputs.hpp"
#include "raw_args.hpp"

namespace volley::cli {

/// One way of making load: closed (`users`), open (`rate`) or all at once (`burst`). Defaults are filled in.
struct LoadOptions {
    std::optional<std::size_t> users;
    std::optional<std::size_t> burst;
    std::optional<std::pair<Rate, Rate>> rate;  ///< from and to
    load::Arrivals arrivals = load::Arrivals::uniform;
    std::size_t max_users = 1000;
    std::optional<Duration> duration;
    std::optional<std::size_t> requests;
    Duration warmup{};
    unsigned threads = 1;
    scenario::Config::Transport transport = scenario::Config::Transport::automatic;
    bool http2 = false;
    std::vector<std::string> expectations;
    std::optional<std::uint64_t> seed;
    std::vector<OutputFile> outputs;
    bool quiet = false;
};

/// @return what is wrong, in words, or nothing.
[[nodiscard]] std::optional<std::string> read_load_options(const RawArgs& raw, LoadOptions& out);

}  // namespace volley::cli
