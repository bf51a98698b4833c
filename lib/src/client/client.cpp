#include <volley/http/client.hpp>

#include <algorithm>
#include <list>
#include <utility>

#include <openssl/evp.h>
#include <boost/asio/this_coro.hpp>

#include <volley/http/redirect.hpp>
#include <volley/http/url.hpp>

namespace volley::http {
namespace asio = boost::asio;
using asio::awaitable;

namespace {

std::string basic_credentials(const Url& url) {
    const std::string text = url.user + ':' + url.password;
    std::string encoded((text.size() + 2) / 3 * 4 + 1, '\0');  // EVP_EncodeBlock ends it with a NUL
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    encoded.resize(static_cast<std::size_t>(size));
    return "Basic " + encoded;
}

/// HTTPie's shorthands are for people: what a program asks for must say where it goes.
Result<Url> parse_absolute(const std::string& text) {
    const std::string_view scheme = std::string_view(text).substr(0, text.find("://"));
    if (text.empty()) return ParseErrc::empty;
    if (scheme.size() == text.size() || !(iequals(scheme, "http") || iequals(scheme, "https"))) return ParseErrc::bad_url;
    return parse_url(text);
}

Duration from(TimePoint start, TimePoint event) { return event > start ? event - start : Duration::zero(); }

void note(const client::Exchange& exchange, SendDetails& details) {
    const metrics::Sample& sample = exchange.sample;
    details.connected = from(sample.started, sample.connected);
    details.reused = sample.connected != TimePoint{} && sample.connected == sample.started;
    details.first_byte = from(sample.started, sample.first_byte);
    details.diagnostics = exchange.diagnostics;
}

}  // namespace

struct Client::Impl {
    Impl(asio::any_io_executor e, ClientOptions o) : executor(std::move(e)), options(std::move(o)) {
        if (!options.user_agent) options.user_agent = "volley/" VOLLEY_VERSION;
    }

    struct Origin {
        std::string name;
        std::shared_ptr<client::Transport> transport;  // shared with its requests, which may outlast its place in the list
    };

    /// Brings the origin to the front of the list.
    std::shared_ptr<client::Transport> transport_to(const Url& url) {
        const std::string name = url.origin();
        const auto found = std::ranges::find(origins, name, &Origin::name);
        if (found != origins.end()) {
            origins.splice(origins.begin(), origins, found);
        } else {
            client::Target target;
            target.scheme = url.scheme;
            target.host = url.host;
            target.port = url.port;
            target.tls = options.tls;
            target.connect_timeout = options.connect_timeout;
            target.max_header_bytes = options.max_header_bytes;
            target.max_body_bytes = options.max_body_bytes;
            target.max_idle = options.max_idle_per_origin;
            // Not libcurl's transport: this one keeps sockets of its own, opens as many at once as there are requests, and costs a
            // view on the loop no second state machine. What libcurl adds (HTTP/2, proxies, digest) a view has not asked for.
            origins.push_front({name, client::make_http1_transport(executor, std::move(target))});
            while (origins.size() > std::max<std::size_t>(options.max_origins, 1)) origins.pop_back();
        }
        return origins.front().transport;
    }

    void add_fields(Request& request) const {
        for (const auto& [name, value] : options.headers)
            if (!request.headers.has(name)) defaults_of(name, request);
        if (!options.user_agent->empty() && !request.headers.has("User-Agent"))
            request.headers.add("User-Agent", *options.user_agent);
    }
    /// All default fields of one name, so that a repeated one stays repeated.
    void defaults_of(const std::string& wanted, Request& request) const {
        for (const auto& [name, value] : options.headers)
            if (iequals(name, wanted)) request.headers.add(name, value);
    }

    /// `self` in the frame: a request goes on when the Client has died.
    static awaitable<Result<Response>> run(std::shared_ptr<Impl> self, Request request, TimePoint deadline,
                                           SendDetails* details) {
        SendDetails unwanted;
        SendDetails& told = details != nullptr ? *details : unwanted;
        told = {};
        const TimePoint start = Clock::now();
        const bool throws = co_await asio::this_coro::throw_if_cancelled();
        co_await asio::this_coro::throw_if_cancelled(false);  // what ends a request is a value, cancellation as well
        Result<Response> answer = co_await follow(*self, request, deadline, told);
        co_await asio::this_coro::throw_if_cancelled(throws);
        told.total = Clock::now() - start;
        co_return answer;
    }

    static awaitable<Result<Response>> follow(Impl& self, Request& request, TimePoint deadline, SendDetails& details) {
        auto url = parse_absolute(request.target);
        if (!url) {
            details.diagnostics.message = "'" + request.target + "' is not an absolute http or https URL";
            co_return url.error();
        }
        request.target = url->target();
        self.add_fields(request);
        for (;;) {
            details.url = url->to_string();
            const auto state = co_await asio::this_coro::cancellation_state;
            if (state.cancelled() != asio::cancellation_type::none) co_return NetErrc::cancelled;
            if (url->has_user && !request.headers.has("Authorization"))
                request.headers.add("Authorization", basic_credentials(*url));
            const auto transport = self.transport_to(*url);
            auto exchange = co_await transport->fire(request, TimePoint{}, deadline);
            note(exchange, details);
            if (exchange.error) co_return exchange.error;
            auto next = self.options.max_redirects > 0 ? redirect_target(exchange.response, *url) : std::nullopt;
            if (!next) co_return std::move(exchange.response);
            if (details.redirects == self.options.max_redirects) {
                details.diagnostics.message = "more than " + std::to_string(self.options.max_redirects) + " redirects";
                co_return NetErrc::too_many_redirects;
            }
            ++details.redirects;
            redirect_request(exchange.response.status, *next, *url, request);
            *url = *std::move(next);
        }
    }

    asio::any_io_executor executor;
    ClientOptions options;
    std::list<Origin> origins;  // the latest first; short, so that looking through it is quick
};

Client::Client(asio::any_io_executor executor, ClientOptions options)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options))) {}
Client::~Client() = default;

awaitable<Result<Response>> Client::send(Request request, TimePoint deadline, SendDetails* details) {
    return Impl::run(impl_, std::move(request), deadline, details);
}

awaitable<Result<Response>> Client::get(std::string_view url) {
    return send({"GET", std::string(url), {}, {}}, Clock::now() + impl_->options.timeout);
}

awaitable<Result<Response>> Client::post(std::string_view url, std::string_view body, std::string_view content_type) {
    Request request{"POST", std::string(url), {}, std::string(body)};
    request.headers.add("Content-Type", std::string(content_type));
    return send(std::move(request), Clock::now() + impl_->options.timeout);
}

awaitable<Result<Response>> Client::post_json(std::string_view url, std::string_view json) {
    Request request{"POST", std::string(url), {}, std::string(json)};
    request.headers.add("Content-Type", "application/json");
    request.headers.add("Accept", "application/json");
    return send(std::move(request), Clock::now() + impl_->options.timeout);
}

std::size_t Client::open_connections() const noexcept {
    std::size_t open = 0;
    for (const auto& origin : impl_->origins) open += origin.transport->open_connections();
    return open;
}

void Client::close_idle() noexcept {
    for (const auto& origin : impl_->origins) origin.transport->close_idle();
}

}  // namespace volley::http
