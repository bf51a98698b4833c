#include "load_options.hpp"

#include "measure.hpp"
#include "option_values.hpp"

namespace volley::cli {
namespace {

using Transport = scenario::Config::Transport;

constexpr std::size_t default_users = 50;
constexpr auto default_duration = std::chrono::seconds(10);
constexpr std::size_t most_users = 1'000'000;
constexpr std::size_t most_requests = 1'000'000'000'000;
constexpr unsigned most_threads = 256;

/// What was given, before it is put together.
struct Given {
    std::optional<std::size_t> users, requests, burst;
    std::optional<Duration> duration;
    std::optional<std::pair<Rate, Rate>> rate;
    bool arrivals = false;
};

class LoadReader {
public:
    LoadReader(LoadOptions& out, Given& given) : out_(out), given_(given) {}

    std::optional<std::string> read(const TypedFlag& flag) {
        std::string error;
        if (read_output_flag(flag, out_.outputs, error)) return as_error(error);
        const std::string& value = flag.value;
        switch (flag.id) {
            case FlagId::users:
                return read_count("-c", flag, 1, most_users, given_.users);
            case FlagId::requests:
                return read_count("-n", flag, 1, most_requests, given_.requests);
            case FlagId::burst:
                return read_count("--burst", flag, 1, most_users, given_.burst);
            case FlagId::threads: {
                std::optional<std::size_t> n;
                if (auto wrong = read_count("-t", flag, 1, most_threads, n)) return wrong;
                out_.threads = static_cast<unsigned>(n.value_or(1));
                return {};
            }
            case FlagId::duration:
                return read_time("--for", flag, given_.duration);
            case FlagId::warmup: {
                std::optional<Duration> time_given;
                if (auto wrong = read_time("--warmup", flag, time_given)) return wrong;
                out_.warmup = time_given.value_or(Duration{});
                return {};
            }
            case FlagId::rate:
                return rate(flag);
            case FlagId::arrivals:
                if (!flag.negated && value != "uniform" && value != "poisson")
                    return "--arrivals=" + escape_for_terminal(value) + ": uniform or poisson is expected";
                out_.arrivals = value == "poisson" && !flag.negated ? load::Arrivals::poisson : load::Arrivals::uniform;
                given_.arrivals = !flag.negated;
                return {};
            case FlagId::http2:
                out_.http2 = !flag.negated;
                return {};
            case FlagId::transport:
                return transport(flag);
            case FlagId::expect:
                if (flag.negated)
                    out_.expectations.clear();
                else
                    out_.expectations.push_back(value);
                return {};
            case FlagId::seed:
                out_.seed = flag.negated ? std::nullopt : read_seed(value, error);
                return as_error(error);
            case FlagId::quiet:
                out_.quiet = !flag.negated;
                return {};
            default:
                return {};  // of the request, or seen to already
        }
    }

private:
    static std::optional<std::string> as_error(std::string& error) {
        if (error.empty()) return {};
        return std::move(error);
    }

    std::optional<std::string> rate(const TypedFlag& flag) {
        given_.rate.reset();
        if (flag.negated) return {};
        const auto range = load::parse_rate_range(flag.value);
        if (!range)
            return "--rate " + escape_for_terminal(flag.value) +
                   ": a rate such as 500/s or 6000/m is expected, or a ramp: 100/s..600/s";
        given_.rate = *range;
        return {};
    }

    std::optional<std::string> transport(const TypedFlag& flag) {
        const std::string& value = flag.value;
        if (flag.negated || value == "auto")
            out_.transport = Transport::automatic;
        else if (value == "fast")
            out_.transport = Transport::fast;
        else if (value == "curl")
            out_.transport = Transport::curl;
        else
            return "--transport=" + escape_for_terminal(value) + ": auto, fast or curl is expected";
        return {};
    }

    LoadOptions& out_;
    Given& given_;
};

std::optional<std::string> put_together(const Given& given, LoadOptions& out) {
    if (given.burst && (given.rate || given.users || given.requests || given.duration))
        return "--burst is one volley of requests at once: -c, -n, --for and --rate do not go with it";
    if (given.arrivals && !given.rate) return "--arrivals says how starts follow each other at a --rate: it goes with one only";
    if (out.http2 && out.transport == Transport::fast) return "--http2 needs libcurl: --transport=fast speaks HTTP/1.1 only";
    out.requests = given.requests;
    if (given.burst) {
        out.burst = given.burst;
        return {};
    }
    if (given.duration || !given.requests) out.duration = given.duration.value_or(default_duration);
    if (!given.rate) {
        out.users = given.users.value_or(std::min(default_users, given.requests.value_or(default_users)));
        return {};
    }
    const auto [from, to] = *given.rate;
    if (from.per_second != to.per_second && !out.duration) return "a ramp of --rate needs to know how long it is: add --for";
    out.rate = given.rate;
    if (given.users) out.max_users = *given.users;
    return {};
}

}  // namespace

std::optional<std::string> read_load_options(const RawArgs& raw, LoadOptions& out) {
    if (!raw.error.empty()) return raw.error;
    Given given;
    LoadReader reader(out, given);
    for (const TypedFlag& flag : raw.flags)
        if (auto error = reader.read(flag)) return error;
    return put_together(given, out);
}

}  // namespace volley::cli
