#include "server/request_parser.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <volley/http/url.hpp>

namespace volley::server {
namespace beast_http = boost::beast::http;
namespace {

std::string_view view_of(boost::beast::string_view s) { return {s.data(), s.size()}; }

/// Beast looks at a head only when its end has arrived. Whoever speaks something else (TLS, a stray line) never sends that end and
/// would wait for the time-out, so the request line is judged as soon as it can be.
bool can_become_request(std::string_view start) {
    const std::size_t eol = start.find('\n');
    const std::string_view line = start.substr(0, eol);
    const std::size_t blank = line.find(' ');
    const std::string_view method = line.substr(0, blank);
    if (!method.empty() && !http::is_token(method)) return false;
    if (blank != std::string_view::npos && method.empty()) return false;
    if (eol == std::string_view::npos) return true;
    // METHOD SP target SP HTTP/x.y CR
    const std::size_t last = line.rfind(' ');
    return blank != std::string_view::npos && last != blank && line.substr(last + 1).starts_with("HTTP/") && line.back() == '\r';
}

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/// uri-host [ ":" port ] of RFC 9110 section 7.2, in the grammar of RFC 3986 section 3.2.2; the host may be empty.
bool is_host(std::string_view text) {
    const auto word = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    std::size_t end = 0;
    if (text.starts_with('[')) {
        end = text.find(']');
        if (end == std::string_view::npos || end == 1) return false;
        const auto literal = [&](char c) {
            return word(c) || std::string_view(":.-_~!$&'()*+,;=").find(c) != std::string_view::npos;
        };
        if (!std::ranges::all_of(text.substr(1, end - 1), literal)) return false;
        ++end;
    } else {
        for (; end < text.size() && text[end] != ':'; ++end) {
            if (word(text[end]) || std::string_view("-._~!$&'()*+,;=").find(text[end]) != std::string_view::npos) continue;
            if (text[end] != '%' || end + 2 >= text.size() || !is_hex(text[end + 1]) || !is_hex(text[end + 2])) return false;
            end += 2;
        }
    }
    const std::string_view port = text.substr(end);
    return port.empty() || (port[0] == ':' && std::ranges::all_of(port.substr(1), [](char c) { return c >= '0' && c <= '9'; }));
}

/// A target in origin form (or "*"), and the host that the absolute form named.
struct SplitTarget {
    std::string origin_form;
    std::optional<std::string> host;
};

/// The absolute form that proxies are sent is taken apart (RFC 9112 section 3.2).
std::optional<SplitTarget> split_target(std::string_view target) {
    if (target.starts_with('/') || target == "*") return SplitTarget{std::string(target), std::nullopt};
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (target.size() < scheme.size() || !http::iequals(target.substr(0, scheme.size()), scheme)) continue;
        const std::string_view rest = target.substr(scheme.size());
        const std::size_t path = std::min(rest.find_first_of("/?"), rest.size());
        const std::string_view host = rest.substr(0, path);
        if (host.empty() || host.starts_with(':') || !is_host(host)) return std::nullopt;
        std::string origin_form(rest.substr(path));
        if (!origin_form.starts_with('/')) origin_form.insert(0, 1, '/');
        return SplitTarget{std::move(origin_form), std::string(host)};
    }
    return std::nullopt;
}

}  // namespace

struct RequestParser::Impl {
    beast_http::request_parser<beast_http::string_body> parser;
    std::size_t header_bytes = 0;
    Refusal refusal;
    bool begun = false;  ///< the request line has been taken
    bool head_seen = false;
    bool expects_continue = false;
    bool keep_alive = false;
    std::string target;
    http::Headers headers;

    Progress refuse(int status, std::string_view text) {
        refusal = {status, text};
        return Progress::refused;
    }
    Progress refuse(const boost::system::error_code& ec);
    std::optional<Refusal> judge_head();
};

RequestParser::RequestParser(std::size_t header_bytes, std::size_t body_bytes) : impl_(std::make_unique<Impl>()) {
    impl_->header_bytes = header_bytes;
    impl_->parser.header_limit(
        static_cast<std::uint32_t>(std::min<std::size_t>(header_bytes, std::numeric_limits<std::uint32_t>::max())));
    impl_->parser.body_limit(body_bytes);
    impl_->parser.eager(false);  // stops between head and body
}
RequestParser::~RequestParser() = default;
RequestParser::RequestParser(RequestParser&&) noexcept = default;
RequestParser& RequestParser::operator=(RequestParser&&) noexcept = default;

RequestParser::Progress RequestParser::Impl::refuse(const boost::system::error_code& ec) {
    using beast_http::error;
    if (ec == error::header_limit) return refuse(431, "the request line and the header fields are too large");
    if (ec == error::body_limit) return refuse(413, "the body is too large");
    if (ec == error::bad_version) return refuse(505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
    if (ec == error::bad_method) return refuse(400, "malformed request: the method");
    if (ec == error::bad_target) return refuse(400, "malformed request: the target");
    if (ec == error::bad_content_length || ec == error::multiple_content_length)
        return refuse(400, "malformed request: Content-Length");
    if (ec == error::bad_transfer_encoding) return refuse(400, "malformed request: Transfer-Encoding");
    if (ec == error::bad_chunk || ec == error::bad_chunk_extension) return refuse(400, "malformed request: a chunk");
    if (!head_seen) return refuse(400, "malformed request: a header field");
    return refuse(400, "malformed request");
}

std::optional<RequestParser::Refusal> RequestParser::Impl::judge_head() {
    const auto& message = parser.get();
    // Two readings of where a request ends are how requests are smuggled: whatever is not plainly one of the two framings is refused.
    if (message.find(beast_http::field::transfer_encoding) != message.end()) {
        if (message.version() < 11) return Refusal{400, "malformed request: Transfer-Encoding in HTTP/1.0"};
        if (message.count(beast_http::field::transfer_encoding) != 1) return Refusal{400, "malformed request: Transfer-Encoding"};
        if (!http::iequals(view_of(message[beast_http::field::transfer_encoding]), "chunked"))
            return Refusal{501, "the only transfer coding known here is chunked"};
    }
    const auto hosts = message.count(beast_http::field::host);
    if (hosts > 1 || (hosts == 0 && message.version() >= 11))
        return Refusal{400, "malformed request: exactly one Host field is needed"};
    if (hosts == 1 && !is_host(view_of(message[beast_http::field::host]))) return Refusal{400, "malformed request: Host"};
    auto split = split_target(view_of(message.target()));
    if (!split) return Refusal{400, "malformed request: the target is neither a path nor a URL"};
    target = std::move(split->origin_form);
    if (const auto expect = message.find(beast_http::field::expect); expect != message.end() && message.version() >= 11) {
        if (!http::iequals(view_of(expect->value()), "100-continue"))
            return Refusal{417, "the only expectation known here is 100-continue"};
        expects_continue = true;
    }
    // Taken now: Beast adds the fields of a chunked body's trailer to the message, where they would pass for fields that were judged.
    // They are dropped (RFC 9110 section 6.5.1, RFC 9112 section 7.1.2).
    keep_alive = parser.keep_alive();
    for (const auto& field : message) headers.add(std::string(view_of(field.name_string())), std::string(view_of(field.value())));
    // The host of an absolute target replaces the one of the field (RFC 9112 section 3.2.2).
    if (split->host) headers.set("Host", std::move(*split->host));
    return std::nullopt;
}

RequestParser::Progress RequestParser::feed(std::string& buffer) {
    Impl& my = *impl_;
    if (!my.begun) {
        // An empty line before a request is ignored (RFC 9112 section 2.2).
        std::size_t blank = 0;
        while (std::string_view(buffer).substr(blank).starts_with("\r\n")) blank += 2;
        buffer.erase(0, blank);
        if (buffer.empty() || buffer == "\r") return Progress::need_more;
        if (!can_become_request(buffer)) return my.refuse(400, "malformed request: this is not a request line of HTTP/1.1");
    }
    while (!my.parser.is_done()) {
        boost::system::error_code ec;
        const std::size_t used = my.parser.put(boost::asio::const_buffer(buffer.data(), buffer.size()), ec);
        buffer.erase(0, used);
        my.begun = my.begun || used > 0;
        if (ec && ec != beast_http::error::need_more) return my.refuse(ec);
        if (!my.head_seen && my.parser.is_header_done()) {
            my.head_seen = true;
            if (const auto refusal = my.judge_head()) return my.refuse(refusal->status, refusal->text);
            if (!my.parser.is_done()) return Progress::head;
        } else if (ec) {
            // Chunk extensions and trailers are not counted by the parser; without this bound they would fill the memory.
            if (my.head_seen && buffer.size() > my.header_bytes)
                return my.refuse(400, "malformed request: a chunk's head or the trailer is too large");
            return Progress::need_more;
        } else if (used == 0) {
            return Progress::need_more;
        }
    }
    return Progress::done;
}

const RequestParser::Refusal& RequestParser::refusal() const noexcept { return impl_->refusal; }
bool RequestParser::expects_continue() const noexcept { return impl_->expects_continue; }
bool RequestParser::keep_alive() const noexcept { return impl_->keep_alive; }
int RequestParser::version() const noexcept { return static_cast<int>(impl_->parser.get().version()); }

std::string_view RequestParser::path_of(std::string_view target) noexcept { return target.substr(0, target.find('?')); }

view::Request RequestParser::take_request() {
    auto message = impl_->parser.release();
    view::Request request;
    request.method = view_of(message.method_string());
    request.target = std::move(impl_->target);
    const std::string_view path = path_of(request.target);
    request.path = http::percent_decode(path);
    if (path.size() < request.target.size())
        request.query = view::parse_query(std::string_view(request.target).substr(path.size() + 1));
    request.headers = std::move(impl_->headers);
    request.body = std::move(message.body());
    return request;
}

}  // namespace volley::server
