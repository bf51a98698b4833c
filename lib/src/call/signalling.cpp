#include "call/signalling.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <volley/http/redirect.hpp>

#include "base/trim.hpp"

namespace volley::call {
namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::string_view sdp_type = "application/sdp";
constexpr std::size_t most_ice_servers = 16;
constexpr std::size_t most_url = 256;

/// `: the words` or nothing.
std::string quoted_words(std::string_view body) {
    auto words = first_words(body);
    return words.empty() ? std::string() : ": " + std::move(words);
}

SignalError status_error(const http::Response& response) {
    std::string text = "the server answered HTTP " + std::to_string(response.status);
    const std::string reason(response.reason.empty() ? http::reason_phrase(response.status) : std::string_view(response.reason));
    if (!reason.empty()) text += ' ' + first_words(reason, 60);
    if (response.status >= 300 && response.status < 400) {
        const auto to = response.headers.get("Location");
        if (to) text += " (to " + first_words(*to, most_url) + ')';
        text += response.status == 307 || response.status == 308
                    ? "; that redirect leads nowhere, or after others too far"
                    : "; an offer is sent on for 307 and 308 alone: give the URL that it leads to";
        return {"status", text};
    }
    return {"status", text + quoted_words(response.body)};
}

SignalError answer_error(std::string text) { return {"answer", std::move(text)}; }

std::variant<Answered, SignalError> read_json_answer(const http::Response& response) {
    boost::system::error_code ec;
    const auto value = json::parse(response.body, ec);
    const auto* object = ec ? nullptr : value.if_object();
    if (object == nullptr) {
        if (trim_space(response.body).empty())
            return answer_error("the answer is empty; {\"sdp\": ..., \"type\": \"answer\"} is expected");
        return answer_error((ec ? "the answer is not JSON" : "the answer is JSON, but no object") + quoted_words(response.body));
    }
    const auto* type = object->if_contains("type");
    const auto* sdp = object->if_contains("sdp");
    const auto* text = sdp == nullptr ? nullptr : sdp->if_string();
    if (text == nullptr) {
        const bool error = object->contains("error") || object->contains("detail") || object->contains("message");
        return answer_error("the answer has no text \"sdp\"" + (error ? quoted_words(response.body) : std::string()));
    }
    if (type == nullptr || !type->is_string() || type->get_string() != "answer") {
        const std::string found = type == nullptr ? "none" : first_words(json::serialize(*type), 40);
        return answer_error("the \"type\" of the answer is " + found + ", not \"answer\"");
    }
    Answered out;
    out.sdp = std::string(*text);
    return out;
}

/// Location, resolved. Of what is no http or https URL there is none.
std::optional<http::Url> location_of(const http::Response& response, const http::Url& from) {
    const auto location = response.headers.get("Location");
    if (!location) return std::nullopt;
    http::Response as_redirect;  // it is resolved in the same way
    as_redirect.status = 307;
    as_redirect.headers.add("Location", std::string(*location));
    return http::redirect_target(as_redirect, from);
}

std::variant<Answered, SignalError> read_sdp_answer(Signal signal, const http::Response& response, const http::Url& from) {
    Answered out;
    out.sdp = response.body;
    if (!trim_space(out.sdp).starts_with("v=")) {
        if (trim_space(out.sdp).empty()) return answer_error("the answer is empty; application/sdp is expected");
        return answer_error("the answer is no SDP" + quoted_words(out.sdp));
    }
    const auto say = [&](const char* text) { out.notes.emplace_back(text); };
    if (response.status != 201) say("the session is answered with another status than 201 Created");
    if (response.headers.has("Location")) {
        out.resource = location_of(response, from);
        if (!out.resource) {
            say("the Location of the session is no http or https URL, so it cannot be ended by DELETE");
        } else if (out.resource->origin() != from.origin()) {
            // Whoever answers could have us delete at others, with the headers that were meant for it.
            say("the Location of the session is at another server, where nothing is sent to: it is not ended by DELETE");
            out.resource.reset();
        }
    } else {
        say(signal == Signal::whip
                ? "there is no Location (RFC 9725 section 4.2 wants one), so the session cannot be ended by DELETE"
                : "there is no Location, so the session cannot be ended by DELETE");
    }
    if (const auto etag = response.headers.get("ETag"); etag && etag->size() <= most_url) out.etag = *etag;
    out.ice_servers = read_ice_servers(response.headers);
    return out;
}

/// One `<url>; name=value; ...` of a Link field, and moves behind it. Quotes may hold `,` and `;`.
std::string_view take_link(std::string_view& field) {
    bool quoted = false;
    bool in_url = false;
    std::size_t at = 0;
    for (; at < field.size(); ++at) {
        const char c = field[at];
        if (quoted) {
            if (c == '\\')
                ++at;
            else if (c == '"')
                quoted = false;
        } else if (c == '"') {
            quoted = !in_url;
        } else if (c == '<' || c == '>') {
            in_url = c == '<';
        } else if (c == ',' && !in_url) {
            break;
        }
    }
    at = std::min(at, field.size());
    const auto link = trim_space(field.substr(0, at));
    field.remove_prefix(std::min(at + 1, field.size()));
    return link;
}

bool is_ice_server(std::string_view parameters) {
    for (auto at = parameters.find("rel"); at != std::string_view::npos; at = parameters.find("rel", at + 3)) {
        if (at > 0 && parameters[at - 1] != ';' && !is_space(parameters[at - 1])) continue;
        auto rest = trim_space(parameters.substr(at + 3));
        if (!rest.starts_with('=')) continue;
        rest = trim_space(rest.substr(1));
        if (rest.starts_with('"')) rest.remove_prefix(1);
        if (http::iequals(rest.substr(0, 10), "ice-server")) return true;
    }
    return false;
}

}  // namespace

std::string_view to_string(Signal signal) noexcept {
    static constexpr std::array<std::string_view, 3> names{"json", "whip", "whep"};
    return names[static_cast<std::size_t>(signal)];
}

std::optional<Signal> signal_of_path(std::string_view path) noexcept {
    while (path.ends_with('/')) path.remove_suffix(1);
    if (path.ends_with("/whip")) return Signal::whip;
    if (path.ends_with("/whep")) return Signal::whep;
    return std::nullopt;
}

std::variant<std::string, SignalError> json_offer(std::string_view object, std::string_view sdp) {
    const std::string ours = "\"sdp\": " + json::serialize(json::string(sdp.data(), sdp.size())) + ", \"type\": \"offer\"";
    object = trim_space(object);
    if (object.empty()) return '{' + ours + '}';
    boost::system::error_code ec;
    const auto value = json::parse(object, ec);
    const auto* members = ec ? nullptr : value.if_object();
    if (members == nullptr) return SignalError{"usage", "what goes along with an offer must be a JSON object"};
    for (const char* name : {"sdp", "type"})
        if (members->contains(name))
            return SignalError{"usage", std::string("the field ") + name + " is written by the offer itself: leave it out"};
    if (members->empty()) return '{' + ours + '}';
    // As it was written, numbers and the order of members included.
    return std::string(object.substr(0, object.size() - 1)) + ", " + ours + '}';
}

std::variant<Answered, SignalError> read_answer(Signal signal, const http::Response& response, const http::Url& from) {
    if (response.status == 406 && signal == Signal::whep)
        return SignalError{
            "status",
            "the server answered HTTP 406: it wants to make the offer itself (a counter-offer of WHEP), which is not supported"};
    if (response.status < 200 || response.status >= 300) return status_error(response);
    return signal == Signal::json ? read_json_answer(response) : read_sdp_answer(signal, response, from);
}

std::optional<http::Url> session_of(Signal signal, const http::Response& response, const http::Url& from) {
    if (signal == Signal::json || response.status != 201) return std::nullopt;
    auto out = location_of(response, from);
    if (out && out->origin() != from.origin()) out.reset();
    return out;
}

std::vector<std::string> read_ice_servers(const http::Headers& headers) {
    std::vector<std::string> out;
    for (const auto& [name, value] : headers) {
        if (!http::iequals(name, "Link")) continue;
        std::string_view rest = value;
        while (!rest.empty() && out.size() < most_ice_servers) {
            const auto link = take_link(rest);
            const auto end = link.find('>');
            if (!link.starts_with('<') || end == std::string_view::npos || end - 1 > most_url) continue;
            if (is_ice_server(link.substr(end + 1))) out.emplace_back(link.substr(1, end - 1));
        }
    }
    return out;
}

std::string first_words(std::string_view body, std::size_t most) {
    std::string line;
    bool more = false;
    for (const char c : trim_space(body.substr(0, 16 * most))) {
        if (line.size() >= most) {
            more = true;
            break;
        }
        if (!is_space(c))
            line += c;
        else if (!line.empty() && line.back() != ' ')
            line += ' ';
    }
    // What the cut has left of a character of several bytes is no text.
    if (more)
        while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0x80) != 0) line.pop_back();
    return escape_for_terminal(line) + (more ? "..." : "");
}

std::string masked_sdp(std::string_view sdp) {
    constexpr std::string_view name = "a=ice-pwd:";
    std::string out;
    while (!sdp.empty()) {
        const auto end = std::min(sdp.find_first_of("\r\n"), sdp.size());
        const auto line = sdp.substr(0, end);
        out += line.starts_with(name) ? std::string(name) + "***" : std::string(line);
        auto next = std::min(sdp.find_first_not_of("\r\n", end), sdp.size());
        out += sdp.substr(end, next - end);
        sdp.remove_prefix(next);
    }
    return out;
}

struct Signaller::Impl {
    asio::any_io_executor executor;
    client::DirectRequest request;
    Signal signal;
    bool use_curl;
    Fill fill;
    http::Url url;
    std::vector<std::pair<std::string, std::shared_ptr<client::Transport>>> transports;  // by origin, oldest first

    /// A transport that requests still run on outlives its place here.
    std::shared_ptr<client::Transport> transport_to(const http::Url& to) {
        const auto origin = to.origin();
        for (const auto& [name, transport] : transports)
            if (name == origin) return transport;
        auto target = request.target;
        target.scheme = to.scheme;
        target.host = to.host;
        target.port = to.port;
        target.keep_body = true;
        target.max_body_bytes = most_answer_bytes;
        auto curl = request.curl;
        if (origin != url.origin()) {  // credentials are for the one that they were given for
            curl.user.clear();
            curl.password.clear();
            curl.auth = client::CurlOptions::Auth::none;
        }
        std::shared_ptr<client::Transport> made =
            use_curl ? client::make_curl_transport(executor, target, curl) : client::make_http1_transport(executor, target);
        if (transports.size() >= most_origins) transports.erase(transports.begin());
        transports.emplace_back(origin, made);
        return made;
    }

    /// Where a request of ours goes, before any redirect.
    [[nodiscard]] http::Url url_of(const http::Request& sent) const {
        http::Url out = url;
        const auto mark = sent.target.find('?');
        out.path = sent.target.substr(0, mark);
        out.has_query = mark != std::string::npos;
        if (out.has_query) out.query = sent.target.substr(mark + 1);
        return out;
    }

    /// The request of a call, without its offer.
    [[nodiscard]] http::Request request_of(CallNumber number) const {
        http::Request out = request.request;
        if (fill) fill(out, number);
        return out;
    }

    /// A request to a session, with the headers that the offer had.
    [[nodiscard]] http::Request request_to(CallNumber number, const http::Url& to, const char* method) const {
        http::Request out;
        out.method = method;
        out.headers = request_of(number).headers;
        for (const char* name : {"Content-Type", "Content-Length", "Accept"}) out.headers.erase(name);
        http::redirect_request(307, to, url, out);
        return out;
    }

    [[nodiscard]] SignalError error_of(const client::Exchange& exchange, const http::Url& to) const {
        const auto condition = condition_of(exchange.error);
        const std::string place = escape_for_terminal(to.authority());
        const std::string kind(to_string(condition));
        const auto told = [&](std::string text) {
            if (!exchange.diagnostics.message.empty()) text += " [" + first_words(exchange.diagnostics.message, 200) + ']';
            return SignalError{kind, std::move(text)};
        };
        switch (condition) {
            case Condition::resolve:
                return {kind, "the name " + escape_for_terminal(to.host) + " has no address; is it spelled right?"};
            case Condition::refused:
                return {kind, "cannot connect to " + place + "; is the server running, and is the port right?"};
            case Condition::reset:
                return {kind, place + " closed the connection before it answered the offer"};
            case Condition::timeout:
                return {kind, place + " did not answer the offer in time"};
            case Condition::tls:
                return told("no secure connection to " + place);
            case Condition::too_large:
                return {"answer", "what " + place + " answers is larger than an answer can be (1 MiB)"};
            case Condition::truncated:
                return {kind, "the answer of " + place + " was cut short"};
            case Condition::exhausted:
                return {kind, "this machine has no descriptors, ports or memory left"};
            case Condition::cancelled:
                return {kind, "ended"};
            case Condition::protocol:
                break;
        }
        return told("what " + place + " sent is no HTTP answer, or the offer cannot be sent like this");
    }
};

Signaller::Signaller(asio::any_io_executor executor, client::DirectRequest request, Signal signal, bool use_curl, Fill fill)
    : impl_(std::make_unique<Impl>()) {
    impl_->executor = std::move(executor);
    impl_->signal = signal;
    impl_->use_curl = use_curl;
    impl_->fill = std::move(fill);
    auto& url = impl_->url;
    url.scheme = request.target.scheme;
    url.host = request.target.host;
    url.port = request.target.port;
    impl_->request = std::move(request);
    url = impl_->url_of(impl_->request.request);
}

Signaller::~Signaller() = default;

asio::awaitable<Signaller::Outcome> Signaller::offer(CallNumber number, std::string sdp, TimePoint deadline) {
    Outcome out;
    http::Request request = impl_->request_of(number);
    request.method = "POST";
    if (impl_->signal == Signal::json) {
        auto body = json_offer(request.body, sdp);
        if (auto* wrong = std::get_if<SignalError>(&body)) {
            out.answer = std::move(*wrong);
            co_return out;
        }
        request.body = std::get<std::string>(std::move(body));
        request.headers.set("Content-Type", "application/json");
    } else {
        request.body = std::move(sdp);
        request.headers.set("Content-Type", std::string(sdp_type));
        request.headers.set("Accept", std::string(sdp_type));
    }
    request.headers.erase("Content-Length");
    request.headers.add("Content-Length", std::to_string(request.body.size()));
    http::Url to = impl_->url_of(request);
    for (int redirects = 0;; ++redirects) {
        const auto transport = impl_->transport_to(to);
        const auto now = Clock::now();
        const auto until = std::min(deadline, now + impl_->request.timeout);
        client::Exchange exchange = co_await transport->fire(request, now, until);
        if (out.sent == TimePoint{}) out.sent = exchange.sample.sent;
        out.done = exchange.sample.done;
        out.session = session_of(impl_->signal, exchange.response, to);  // of an answer that is cut short, too
        if (exchange.error) {
            out.answer = impl_->error_of(exchange, to);
            co_return out;
        }
        const int status = exchange.response.status;
        const auto next = http::redirect_target(exchange.response, to);
        if ((status != 307 && status != 308) || !next || redirects >= most_redirects) {
            out.answer = read_answer(impl_->signal, exchange.response, to);
            co_return out;
        }
        http::redirect_request(status, *next, to, request);
        to = *next;
    }
}

asio::awaitable<Signaller::Patched> Signaller::patch(CallNumber number, http::Url resource, std::string etag,
                                                     std::string fragment, TimePoint deadline) {
    Patched out;
    http::Request request = impl_->request_to(number, resource, "PATCH");
    request.body = std::move(fragment);
    request.headers.add("Content-Type", "application/trickle-ice-sdpfrag");
    request.headers.add("Content-Length", std::to_string(request.body.size()));
    if (!etag.empty()) request.headers.set("If-Match", std::move(etag));
    const auto transport = impl_->transport_to(resource);
    client::Exchange exchange = co_await transport->fire(request, Clock::now(), deadline);
    if (exchange.error)
        out.error = impl_->error_of(exchange, resource);
    else if (exchange.response.status < 200 || exchange.response.status >= 300)
        out.error = status_error(exchange.response);
    else
        out.fragment = std::move(exchange.response.body);
    co_return out;
}

asio::awaitable<std::optional<SignalError>> Signaller::end(CallNumber number, http::Url resource, TimePoint deadline) {
    http::Request request = impl_->request_to(number, resource, "DELETE");
    const auto transport = impl_->transport_to(resource);
    client::Exchange exchange = co_await transport->fire(request, Clock::now(), deadline);
    if (exchange.error) co_return impl_->error_of(exchange, resource);
    if (exchange.response.status < 200 || exchange.response.status >= 300) co_return status_error(exchange.response);
    co_return std::nullopt;
}

}  // namespace volley::call
