#include "explain.hpp"

#include <volley/error.hpp>

namespace volley::cli {
namespace {

bool is_local(const std::string& host) { return host == "localhost" || host == "127.0.0.1" || host == "::1"; }

std::string timeout_words(const RequestOptions& options, const client::Exchange& exchange) {
    const bool connected = exchange.sample.connected != TimePoint{};
    const bool shorter =
        options.max_time > Duration::zero() && (options.timeout == Duration::zero() || options.max_time < options.timeout);
    // Of a connection that is there libcurl watches over the whole time only, and says so; the wait for a byte is ours and ends
    // without words.
    const bool whole_time = connected ? !exchange.diagnostics.message.empty() : shorter;
    if (whole_time) return "@ did not answer in full within " + format_duration(options.max_time) + " (--max-time)";
    if (connected) return "@ sent nothing for " + format_duration(options.timeout) + " (--timeout)";
    const Duration limit = options.timeout > Duration::zero() ? options.timeout : client::Target{}.connect_timeout;
    return "no connection to @ within " + format_duration(limit) + " (--timeout)";
}

std::string sentence(const client::Exchange& exchange, const http::Url& url, const RequestOptions& options) {
    switch (condition_of(exchange.error)) {
        case Condition::resolve:
            return "the name " + escape_for_terminal(url.host) + " has no address; is it spelled right?";
        case Condition::refused:
            if (!is_local(url.host)) return "cannot connect to @; is the server running, and is the port right?";
            return "nobody listens on @; is the server running? volley's own starts with: volley serve" +
                   (url.port == 8000 ? "" : " --port " + std::to_string(url.port));
        case Condition::reset:
            return "@ closed the connection before it answered";
        case Condition::timeout:
            return timeout_words(options, exchange);
        case Condition::tls:
            return "no secure connection to @; --verify=FILE trusts a certificate of your own, --verify=no trusts any, http:// goes without";
        case Condition::protocol:
            if (exchange.diagnostics.message.find("content encoding") != std::string::npos ||
                exchange.diagnostics.message.find("content unencoding") != std::string::npos)
                return "the body of @'s answer cannot be decoded: its Content-Encoding is broken or not known here";
            return "what @ sent is no HTTP answer, or the request cannot be sent like this";
        case Condition::truncated:
            return "the answer of @ was cut short";
        case Condition::exhausted:
            return "this machine has no descriptors, ports or memory left";
        case Condition::cancelled:
            return "ended";
        case Condition::too_large:
            return "the head of @'s answer is larger than 64 KiB";
    }
    return exchange.error.message();
}

}  // namespace

std::string explain_failure(const client::Exchange& exchange, const http::Url& url, const RequestOptions& options) {
    std::string out = sentence(exchange, url, options);
    const std::string place = escape_for_terminal(url.host.find(':') == std::string::npos ? url.host : '[' + url.host + ']') +
                              ':' + std::to_string(url.port);
    if (const std::size_t at = out.find('@'); at != std::string::npos) out.replace(at, 1, place);
    // The transport's own words where they add something: which check failed, or that it was a proxy that refused.
    const std::string& said = exchange.diagnostics.message;
    const Condition what = condition_of(exchange.error);
    const bool told = what == Condition::timeout ||
                      ((what == Condition::refused || what == Condition::resolve) && said.find(url.host) != std::string::npos);
    if (!said.empty() && !told) out += " [" + escape_for_terminal(said) + ']';
    return out;
}

}  // namespace volley::cli
