#include "offer_options.hpp"

#include <utility>

#include <volley/error.hpp>

#include "media_options.hpp"
#include "option_values.hpp"
#include "options.hpp"

namespace volley::cli {
namespace {

constexpr std::size_t most_pings = 1'000'000'000;
constexpr std::size_t most_calls = 100'000;
constexpr std::size_t largest_ping = 65'536;  // that any peer takes: RFC 8841 section 6.1
constexpr std::size_t longest_text = 65'535;  // of a label or protocol: RFC 8832 section 5.1
constexpr std::size_t most_servers = 8;
constexpr std::uint64_t default_count = 10;

std::optional<std::string> read_stun(const TypedFlag& flag, std::vector<call::StunServer>& out) {
    if (flag.negated) {
        out.clear();
        return {};
    }
    const auto server = call::parse_stun_server(flag.value);
    if (!server)
        return "--stun " + escape_for_terminal(flag.value) + ": HOST or HOST:PORT is expected, such as stun.example.org:3478";
    if (out.size() == most_servers) return "--stun: at most " + std::to_string(most_servers) + " servers";
    out.push_back(*server);
    return {};
}

/// Without the credentials: messages end up in logs.
std::optional<std::string> read_turn(const TypedFlag& flag, std::vector<call::TurnServer>& out) {
    if (flag.negated) {
        out.clear();
        return {};
    }
    const std::string wanted = ": USER:PASSWORD@HOST[:PORT] is expected, with ?transport=tcp behind it for TCP";
    auto server = call::parse_turn_server(flag.value);
    if (!server) {
        const auto at = flag.value.rfind('@');
        return "--turn" + (at == std::string::npos ? std::string() : " ***@" + escape_for_terminal(flag.value.substr(at + 1))) +
               wanted;
    }
    if (out.size() == most_servers) return "--turn: at most " + std::to_string(most_servers) + " servers";
    out.push_back(*std::move(server));
    return {};
}

class OfferReader {
public:
    explicit OfferReader(OfferOptions& out) : out_(out) {}

    std::optional<std::string> read(const TypedFlag& flag) {
        std::string error;
        if (read_output_flag(flag, out_.outputs, error)) return as_error(error);
        std::optional<std::string> wrong;
        if (media_.read(flag, wrong)) return wrong;
        auto& plan = out_.plan;
        const call::OfferPlan defaults;
        const bool on = !flag.negated;
        switch (flag.id) {
            case FlagId::signal:
                return signal(flag);
            case FlagId::count:
                return read_count("--count", flag, 0, most_pings, count_);
            case FlagId::duration:
                return read_time("--for", flag, plan.pings.length);
            case FlagId::every:
                return every(flag);
            case FlagId::ping_size:
                return number("--ping-size", flag, 0, largest_ping, 0, plan.pings.size);
            case FlagId::ping_timeout:
                return time("--ping-timeout", flag, defaults.pings.timeout, plan.pings.timeout);
            case FlagId::calls:
                return number("--calls", flag, 1, most_calls, 1, plan.calls);
            case FlagId::rate:
                return rate(flag);
            case FlagId::set_up_limit:
                return time("--set-up-limit", flag, defaults.set_up_limit, plan.set_up_limit);
            case FlagId::label:
                return text("--label", on ? flag.value : defaults.channel.label, plan.channel.label);
            case FlagId::protocol:
                return text("--protocol", on ? flag.value : std::string(), plan.channel.protocol);
            case FlagId::unordered:
                plan.channel.ordered = !on;
                return {};
            case FlagId::max_retransmits:
                return max_retransmits(flag);
            case FlagId::max_lifetime:
                return max_lifetime(flag);
            case FlagId::stun:
                return read_stun(flag, plan.stun);
            case FlagId::turn:
                return read_turn(flag, plan.turn);
            case FlagId::relay_only:
                plan.relayed_only = on;
                return {};
            case FlagId::trickle:
                plan.trickle = on;
                return {};
            case FlagId::expect:
                if (on)
                    out_.expectations.push_back(flag.value);
                else
                    out_.expectations.clear();
                return {};
            case FlagId::verbose:
                out_.verbose = on;
                return {};
            case FlagId::quiet:
                out_.quiet = on;
                return {};
            default:
                return {};  // of the request, or seen to already
        }
    }

    std::optional<std::string> put_together(bool endless) {
        auto& plan = out_.plan;
        if (plan.rate && plan.calls == 1) return "--rate says how calls follow each other: it goes with --calls";
        if (plan.channel.max_retransmits && plan.channel.max_lifetime)
            return "--max-retransmits and --max-lifetime do not go together: a data channel has one limit at most";
        if (plan.relayed_only && plan.turn.empty()) return "--relay-only needs a server that relays: add --turn";
        if (count_) plan.pings.count = *count_;
        if (!count_ && !plan.pings.length && (!endless || plan.calls > 1)) plan.pings.count = default_count;
        out_.of_sending = media_.of_sending();
        return media_.put_together(plan);
    }

private:
    static std::optional<std::string> as_error(std::string& error) {
        if (error.empty()) return {};
        return std::move(error);
    }
    static std::optional<std::string> time(const char* name, const TypedFlag& flag, Duration by_default, Duration& place) {
        std::optional<Duration> given;
        auto wrong = read_time(name, flag, given);
        place = given.value_or(by_default);
        return wrong;
    }
    std::optional<std::string> every(const TypedFlag& flag) {
        auto& place = out_.plan.pings.every;
        if (!flag.negated && parse_seconds(flag.value) == Duration::zero()) {
            place = Duration::zero();  // back to back
            return {};
        }
        return time("--every", flag, call::PingPlan().every, place);
    }
    static std::optional<std::string> number(const char* name, const TypedFlag& flag, std::size_t least, std::size_t most,
                                             std::size_t by_default, std::size_t& place) {
        std::optional<std::size_t> given;
        auto wrong = read_count(name, flag, least, most, given);
        place = given.value_or(by_default);
        return wrong;
    }
    static std::optional<std::string> text(const char* name, const std::string& value, std::string& place) {
        if (value.size() > longest_text)
            return std::string(name) + ": at most " + std::to_string(longest_text) + " bytes are allowed";
        place = value;
        return {};
    }
    std::optional<std::string> signal(const TypedFlag& flag) {
        out_.signal.reset();
        if (flag.negated) return {};
        for (const auto signal : {call::Signal::json, call::Signal::whip, call::Signal::whep})
            if (flag.value == call::to_string(signal)) out_.signal = signal;
        if (!out_.signal) return "--signal=" + escape_for_terminal(flag.value) + ": json, whip or whep is expected";
        return {};
    }
    std::optional<std::string> rate(const TypedFlag& flag) {
        out_.plan.rate.reset();
        if (flag.negated) return {};
        const auto parsed = parse_rate(flag.value);
        if (!parsed) return "--rate " + escape_for_terminal(flag.value) + ": a rate such as 20/s or 600/m is expected";
        out_.plan.rate = *parsed;
        return {};
    }
    std::optional<std::string> max_retransmits(const TypedFlag& flag) {
        std::optional<std::size_t> given;
        auto wrong = read_count("--max-retransmits", flag, 0, 65'535, given);
        out_.plan.channel.max_retransmits.reset();
        if (given) out_.plan.channel.max_retransmits = static_cast<std::uint16_t>(*given);
        return wrong;
    }
    std::optional<std::string> max_lifetime(const TypedFlag& flag) {
        auto& place = out_.plan.channel.max_lifetime;
        auto wrong = read_time("--max-lifetime", flag, place);
        if (!wrong && place &&
            (*place > std::chrono::milliseconds(65'535) || *place % std::chrono::milliseconds(1) != Duration{}))
            wrong = "--max-lifetime " + escape_for_terminal(flag.value) + ": whole milliseconds up to 65.535s are expected";
        return wrong;
    }

    OfferOptions& out_;
    MediaReader media_;
    std::optional<std::size_t> count_;
};

}  // namespace

std::optional<std::string> read_offer_options(const RawArgs& raw, bool endless, OfferOptions& out) {
    if (!raw.error.empty()) return raw.error;
    OfferReader reader(out);
    for (const TypedFlag& flag : raw.flags)
        if (auto error = reader.read(flag)) return error;
    return reader.put_together(endless);
}

}  // namespace volley::cli
