#include <volley/http/url.hpp>

#include <algorithm>
#include <charconv>
#include <vector>

namespace volley::http {
namespace {

constexpr bool is_alnum(char c) noexcept { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_unreserved(char c) noexcept { return is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~'; }

int hex_value(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

void append_escaped(std::string& out, char c) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
}

/// Keeps what may stand in a path or query as it is (percent escapes included) and encodes the rest.
std::string encode_reserved(std::string_view text, std::string_view also) {
    std::string out;
    for (const char c : text) {
        const bool keep = is_unreserved(c) || std::string_view("%!$&'()*+,;=:@/").find(c) != std::string_view::npos ||
                          also.find(c) != std::string_view::npos;
        if (keep)
            out += c;
        else
            append_escaped(out, c);
    }
    return out;
}

/// RFC 3986 section 5.2.4.
std::string remove_dot_segments(std::string_view path) {
    std::vector<std::string_view> kept;
    std::size_t at = 1;  // after the leading '/'
    bool slash_at_end = false;
    while (at <= path.size()) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        const std::string_view segment = path.substr(at, end - at);
        const bool last = end == path.size();
        slash_at_end = false;
        if (segment == "..") {
            if (!kept.empty()) kept.pop_back();
            slash_at_end = last;
        } else if (segment == ".") {
            slash_at_end = last;
        } else {
            kept.push_back(segment);
        }
        at = end + 1;
    }
    std::string out;
    for (const auto s : kept) out += '/' + std::string(s);
    if (slash_at_end || out.empty()) out += '/';
    return out;
}

bool valid_host(std::string_view host) noexcept {
    return !host.empty() && std::ranges::all_of(host, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte > 0x20 && byte != 0x7f && std::string_view("/?#@\\<>\"{}|^`[]%").find(c) == std::string_view::npos;
    });
}

bool valid_ipv6(std::string_view host) noexcept {
    return host.find(':') != std::string_view::npos &&
           std::ranges::all_of(host, [](char c) { return hex_value(c) >= 0 || c == ':' || c == '.'; });
}

Result<std::uint16_t> parse_port(std::string_view text) {
    unsigned value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec == std::errc::result_out_of_range) return ParseErrc::out_of_range;
    if (ec != std::errc{} || end != text.data() + text.size()) return ParseErrc::bad_url;
    if (value == 0 || value > 65535) return ParseErrc::out_of_range;
    return static_cast<std::uint16_t>(value);
}

std::string lowered(std::string_view s) {
    std::string out(s);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return out;
}

/// `scheme://` at the start: its length without the "://", or 0.
std::size_t scheme_length(std::string_view text) noexcept {
    const std::size_t colon = text.find("://");
    if (colon == std::string_view::npos || colon == 0) return 0;
    const bool alpha = (text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z');
    const bool rest =
        std::ranges::all_of(text.substr(0, colon), [](char c) { return is_alnum(c) || c == '+' || c == '-' || c == '.'; });
    return alpha && rest ? colon : 0;
}

/// HTTPie's shorthand for localhost: `:`, `:/x`, `:8000`, `:8000/x`; not `::1`.
std::string expand_shorthand(std::string_view text) {
    if (text.empty() || text[0] != ':' || text.starts_with("::")) return std::string(text);
    std::size_t digits = 1;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
    if (digits < text.size() && std::string_view("/?#").find(text[digits]) == std::string_view::npos) return std::string(text);
    return "localhost" + std::string(digits > 1 ? text.substr(0, digits) : "") + std::string(text.substr(digits));
}

}  // namespace

std::string Url::target() const { return has_query ? path + '?' + query : path; }

std::string Url::authority() const {
    std::string out = host.find(':') != std::string::npos ? '[' + host + ']' : host;
    if (port != (scheme == "https" ? 443 : 80)) out += ':' + std::to_string(port);
    return out;
}

std::string Url::origin() const { return scheme + "://" + authority(); }
std::string Url::to_string() const { return origin() + target(); }

Result<Url> parse_url(std::string_view text, const UrlOptions& options) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    if (text.empty()) return ParseErrc::empty;
    if (std::ranges::any_of(text, [](char c) { return c == '\n' || c == '\r' || c == '\0'; })) return ParseErrc::bad_url;
    if (text.starts_with("://")) text.remove_prefix(3);

    Url url;
    std::string_view rest;
    const std::string expanded = expand_shorthand(text);
    if (const std::size_t n = scheme_length(expanded); n > 0) {
        url.scheme = lowered(std::string_view(expanded).substr(0, n));
        rest = std::string_view(expanded).substr(n + 3);
    } else {
        url.scheme = std::string(options.default_scheme);
        rest = expanded;
    }
    if (url.scheme != "http" && url.scheme != "https") return ParseErrc::bad_url;
    url.port = url.scheme == "https" ? 443 : 80;

    rest = rest.substr(0, rest.find('#'));
    const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
    std::string_view authority = rest.substr(0, end);
    rest.remove_prefix(end);

    if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
        const std::string_view info = authority.substr(0, at);
        authority.remove_prefix(at + 1);
        const std::size_t colon = info.find(':');
        url.has_user = true;
        url.user = percent_decode(info.substr(0, colon));
        if (colon != std::string_view::npos) url.password = percent_decode(info.substr(colon + 1));
    }
    std::string_view port_text;
    if (authority.starts_with('[')) {
        const std::size_t close = authority.find(']');
        if (close == std::string_view::npos) return ParseErrc::bad_url;
        url.host = lowered(authority.substr(1, close - 1));
        if (!valid_ipv6(url.host)) return ParseErrc::bad_url;
        port_text = authority.substr(close + 1);
        if (!port_text.empty() && port_text[0] != ':') return ParseErrc::bad_url;
        if (!port_text.empty()) port_text.remove_prefix(1);
    } else {
        const std::size_t colon = authority.find(':');
        url.host = lowered(authority.substr(0, colon));
        if (colon != std::string_view::npos) port_text = authority.substr(colon + 1);
        if (!valid_host(url.host)) return ParseErrc::bad_url;
    }
    if (!port_text.empty()) {
        const auto port = parse_port(port_text);
        if (!port) return port.error();
        url.port = *port;
    }

    const std::size_t question = rest.find('?');
    const std::string_view path = rest.substr(0, question);
    url.path = path.empty() ? "/" : encode_reserved(path, "");
    if (!options.path_as_is) url.path = remove_dot_segments(url.path);
    if (question != std::string_view::npos) {
        url.has_query = true;
        url.query = encode_reserved(rest.substr(question + 1), "?[]");
    }
    return url;
}

std::string percent_encode(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (is_unreserved(c))
            out += c;
        else
            append_escaped(out, c);
    }
    return out;
}

std::string percent_encode(std::string_view text, std::string_view characters) {
    std::string out;
    for (const char c : text) {
        if (characters.find(c) == std::string_view::npos)
            out += c;
        else
            append_escaped(out, c);
    }
    return out;
}

std::string form_encode(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (is_unreserved(c))
            out += c;
        else if (c == ' ')
            out += '+';
        else
            append_escaped(out, c);
    }
    return out;
}

std::string percent_decode(std::string_view text, bool plus_is_blank) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0) {
            out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
            i += 2;
        } else {
            out += plus_is_blank && text[i] == '+' ? ' ' : text[i];
        }
    }
    return out;
}

}  // namespace volley::http
