// Servers of STUN and TURN as a person writes them.
#include <charconv>

#include <volley/call/offer.hpp>

namespace volley::call {
namespace {

/// Of a server.
struct Place {
    std::string host;
    std::uint16_t port = 3478;  // of STUN and TURN: RFC 8489 section 18.5
};

/// `host`, `host:port`, `[::1]:port`.
std::optional<Place> read_place(std::string_view text) {
    Place out;
    std::string_view port;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        out.host = text.substr(1, end - 1);
        text.remove_prefix(end + 1);
        if (!text.empty() && text.front() != ':') return std::nullopt;
        port = text.empty() ? text : text.substr(1);
        if (!text.empty() && port.empty()) return std::nullopt;
    } else {
        const auto colon = text.find(':');
        out.host = text.substr(0, colon);
        if (colon != std::string_view::npos) {
            port = text.substr(colon + 1);
            if (port.empty()) return std::nullopt;
        }
    }
    const bool odd = out.host.find_first_of("/?#@ \t\r\n") != std::string::npos;
    if (out.host.empty() || out.host.size() > 255 || odd) return std::nullopt;
    if (port.empty()) return out;
    const auto [end, ec] = std::from_chars(port.data(), port.data() + port.size(), out.port);
    if (ec != std::errc{} || end != port.data() + port.size() || out.port == 0) return std::nullopt;
    return out;
}

}  // namespace

std::optional<StunServer> parse_stun_server(std::string_view text) {
    if (text.starts_with("stun:")) text.remove_prefix(5);
    auto place = read_place(text);
    if (!place) return std::nullopt;
    return StunServer{std::move(place->host), place->port};
}

std::optional<TurnServer> parse_turn_server(std::string_view text) {
    if (text.starts_with("turn:")) text.remove_prefix(5);
    const auto at = text.rfind('@');
    if (at == std::string_view::npos) return std::nullopt;
    const auto credentials = text.substr(0, at);
    auto rest = text.substr(at + 1);
    const auto colon = credentials.find(':');
    if (colon == std::string_view::npos || colon == 0) return std::nullopt;
    TurnServer server;
    server.user = credentials.substr(0, colon);
    server.password = credentials.substr(colon + 1);
    if (const auto mark = rest.find('?'); mark != std::string_view::npos) {
        const auto transport = rest.substr(mark + 1);
        if (transport != "transport=tcp" && transport != "transport=udp") return std::nullopt;
        server.tcp = transport == "transport=tcp";
        rest = rest.substr(0, mark);
    }
    auto place = read_place(rest);
    if (!place) return std::nullopt;
    server.host = std::move(place->host);
    server.port = place->port;
    return server;
}

}  // namespace volley::call
