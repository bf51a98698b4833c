#include "proto/ice/candidate.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace volley::proto::ice {
namespace {

class CandidateCategory final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "volley.candidate"; }
    std::string message(int v) const override {
        switch (static_cast<CandidateErrc>(v)) {
            case CandidateErrc::not_a_candidate:
                return "not a candidate: expected candidate:FOUNDATION COMPONENT TRANSPORT PRIORITY ADDRESS PORT typ TYPE";
            case CandidateErrc::bad_foundation:
                return "the foundation is not 1 to 32 letters, digits, + and /";
            case CandidateErrc::bad_component:
                return "the component is not a number from 1 to 256";
            case CandidateErrc::bad_priority:
                return "the priority is not a number from 1 to 2147483647";
            case CandidateErrc::bad_address:
                return "the address is neither an IP address nor a host name";
            case CandidateErrc::bad_port:
                return "the port is not a number from 0 to 65535";
            case CandidateErrc::bad_type:
                return "the type is not host, srflx, prflx or relay";
            case CandidateErrc::bad_extension:
                return "an extension has no value";
            case CandidateErrc::too_long:
                return "the candidate is longer than 1024 bytes";
        }
        return "unknown error";
    }
};

constexpr std::size_t longest_line = 1024;
constexpr std::array<std::string_view, 4> type_words{"host", "srflx", "prflx", "relay"};

bool is_letter_or_digit(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool is_ice_char(char c) noexcept { return is_letter_or_digit(c) || c == '+' || c == '/'; }

bool is_host_name(std::string_view text) noexcept {
    return !text.empty() && text.size() <= 255 && std::all_of(text.begin(), text.end(), [](char c) {
        return is_letter_or_digit(c) || c == '-' || c == '.' || c == '_';
    }) && std::any_of(text.begin(), text.end(), [](char c) { return c > '9'; });  // else an address gone wrong
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    return out;
}

class Words {
public:
    explicit Words(std::string_view text) noexcept : left_(text) {}
    // Empty at the end.
    std::string_view next() noexcept {
        const std::size_t begin = std::min(left_.find_first_not_of(" \t\r\n"), left_.size());
        left_.remove_prefix(begin);
        const std::string_view word = left_.substr(0, left_.find_first_of(" \t\r\n"));
        left_.remove_prefix(word.size());
        return word;
    }

private:
    std::string_view left_;
};

template <class Number>
std::optional<Number> number(std::string_view text, Number least, Number most) noexcept {
    Number out{};
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc() || rest != text.data() + text.size() || out < least || out > most) return std::nullopt;
    return out;
}

}  // namespace

const boost::system::error_category& candidate_category() noexcept {
    static const CandidateCategory c;
    return c;
}

std::string_view to_string(CandidateType type) noexcept { return type_words[static_cast<std::size_t>(type)]; }

Result<Candidate> parse_candidate(std::string_view line) {
    if (line.size() > longest_line) return CandidateErrc::too_long;
    if (line.starts_with("a=")) line.remove_prefix(2);
    constexpr std::string_view prefix = "candidate:";
    if (!line.starts_with(prefix)) return CandidateErrc::not_a_candidate;
    Words words(line.substr(prefix.size()));
    Candidate out;
    out.foundation = words.next();
    if (out.foundation.empty() || out.foundation.size() > 32 ||
        !std::all_of(out.foundation.begin(), out.foundation.end(), is_ice_char))
        return CandidateErrc::bad_foundation;
    const auto component = number<int>(words.next(), 1, 256);
    if (!component) return CandidateErrc::bad_component;
    out.component = *component;
    out.transport = lower(words.next());
    const auto priority = number<std::uint32_t>(words.next(), 1, std::numeric_limits<std::int32_t>::max());
    if (!priority) return CandidateErrc::bad_priority;
    out.priority = *priority;
    const std::string_view host = words.next();
    if (const auto address = IpAddress::parse(host))
        out.endpoint.address = *address;
    else if (is_host_name(host))
        out.name = host;
    else
        return CandidateErrc::bad_address;
    const auto port = number<std::uint16_t>(words.next(), 0, 65535);
    if (!port) return CandidateErrc::bad_port;
    out.endpoint.port = *port;
    if (words.next() != "typ") return CandidateErrc::not_a_candidate;
    const auto type = std::find(type_words.begin(), type_words.end(), words.next());
    if (type == type_words.end()) return CandidateErrc::bad_type;
    out.type = static_cast<CandidateType>(type - type_words.begin());

    std::optional<IpAddress> related_address;
    std::optional<std::uint16_t> related_port;
    for (std::string_view key = words.next(); !key.empty(); key = words.next()) {
        const std::string_view value = words.next();
        if (value.empty()) {
            // Some end their line by `ufrag` and nothing, or by a number of their own.
            if (key == "raddr" || key == "rport" || key == "tcptype") return CandidateErrc::bad_extension;
            break;
        }
        if (key == "raddr")
            related_address = IpAddress::parse(value);
        else if (key == "rport")
            related_port = number<std::uint16_t>(value, 0, 65535);
        else if (key == "tcptype")
            out.tcp_type = value;
        else if (key == "ufrag")
            out.ufrag = value;
    }
    if (related_address) out.related = Endpoint{*related_address, related_port.value_or(0)};
    return out;
}

std::string to_line(const Candidate& candidate) {
    std::string out = "candidate:" + candidate.foundation + ' ' + std::to_string(candidate.component) + ' ' +
                      candidate.transport + ' ' + std::to_string(candidate.priority) + ' ' +
                      (candidate.name.empty() ? candidate.endpoint.address.to_string() : candidate.name) + ' ' +
                      std::to_string(candidate.endpoint.port) + " typ ";
    out += to_string(candidate.type);
    if (candidate.related)
        out += " raddr " + candidate.related->address.to_string() + " rport " + std::to_string(candidate.related->port);
    if (!candidate.tcp_type.empty()) out += " tcptype " + candidate.tcp_type;
    if (!candidate.ufrag.empty()) out += " ufrag " + candidate.ufrag;
    return out;
}

}  // namespace volley::proto::ice
