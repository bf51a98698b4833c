// libcurl as a Transport: HTTP/2, proxies, digest and all that only it can do.
#include <array>
#include <cerrno>
#include <charconv>
#include <exception>
#include <memory>
#include <new>
#include <string>

#include <sys/socket.h>

#include <curl/curl.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <volley/client/transport.hpp>

#include "client/call.hpp"
#include "client/request_text.hpp"
#include "net/curl_multi.hpp"
#include "net/deadline.hpp"

namespace volley::client {
namespace asio = boost::asio;

namespace {

struct EasyDeleter {
    void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
};
struct ListDeleter {
    void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
using EasyPtr = std::unique_ptr<CURL, EasyDeleter>;
using ListPtr = std::unique_ptr<curl_slist, ListDeleter>;

void append(ListPtr& list, const std::string& line) { list.reset(curl_slist_append(list.release(), line.c_str())); }

/// What curl's callbacks fill.
struct Incoming {
    const Target& target;
    const ResponseSink* sink;
    Exchange& exchange;
    net::Watchdog& watchdog;
    std::size_t header_bytes = 0;
    std::size_t body_bytes = 0;
    bool connected = false;
    bool head_reported = false;
    std::string content_length{};  ///< of the head that is being read
    error_code refused{};          ///< why a callback ended the transfer
    error_code no_socket{};        ///< why one could not be had, of which curl tells nothing
    TimePoint first_sent{};        ///< when curl was first about to send
    std::exception_ptr thrown{};   ///< by the sink

    void progress() {
        if (exchange.sample.first_byte == TimePoint{}) exchange.sample.first_byte = Clock::now();
    }

    /// The wait for the next byte begins anew: the connection is there, or bytes of whatever kind have moved on it.
    void stirred() {
        if (connected && target.idle_timeout > Duration::zero()) watchdog.arm(Clock::now() + target.idle_timeout);
    }

    /// Status lines begin a head: a second one follows 1xx and authentication rounds.
    void status_line(std::string_view line) {
        auto& response = exchange.response;
        response = {};
        content_length.clear();
        response.version = line.starts_with("HTTP/2") ? 20 : line.starts_with("HTTP/1.0") ? 10 : 11;
        const std::size_t blank = line.find(' ');
        if (blank == std::string_view::npos) return;
        line.remove_prefix(blank + 1);
        std::from_chars(line.data(), line.data() + std::min<std::size_t>(line.size(), 3), response.status);
        if (line.size() > 4) response.reason = std::string(line.substr(4));
    }

    bool header(std::string_view line) {
        progress();
        exchange.sample.bytes += line.size();
        header_bytes += line.size();
        if (header_bytes > target.max_header_bytes) {
            refused = NetErrc::header_too_large;
            return false;
        }
        while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
        if (line.starts_with("HTTP/")) {
            status_line(line);
        } else if (line.empty()) {
            exchange.sample.status = static_cast<std::int16_t>(exchange.response.status);
        } else if (!head_reported) {
            const std::size_t colon = line.find(':');
            std::string_view value = colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
            while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
            if (http::iequals(line.substr(0, colon), "Content-Length") && !count(value)) return false;
            exchange.response.headers.add(std::string(line.substr(0, colon)), std::string(value));
        }
        return true;
    }

    /// Two lengths are two readings of where the answer ends (RFC 9112 section 6.3); curl takes the last one.
    bool count(std::string_view value) {
        constexpr std::size_t most_digits = 18;
        const bool digits =
            !value.empty() && value.size() <= most_digits && value.find_first_not_of("0123456789") == std::string_view::npos;
        if (digits && (content_length.empty() || content_length == value)) {
            content_length = value;
            return true;
        }
        refused = NetErrc::bad_answer;
        exchange.diagnostics.message = "its Content-Length is none, or there are two";
        return false;
    }

    /// curl tells of the head's end only by the first body byte or by the transfer's end.
    bool report_head() {
        if (head_reported) return true;
        head_reported = true;
        if (sink != nullptr && sink->on_head && !sink->on_head(exchange.response)) {
            refused = NetErrc::cancelled;
            return false;
        }
        return true;
    }

    bool body(std::string_view data) {
        progress();
        if (!report_head()) return false;
        exchange.sample.bytes += data.size();
        body_bytes += data.size();
        if (body_bytes > target.max_body_bytes) {
            refused = NetErrc::body_too_large;
            exchange.diagnostics.message = limit_text(target.max_body_bytes);
            return false;
        }
        if (sink != nullptr && sink->on_body) {
            if (sink->on_body(data)) return true;
            refused = NetErrc::cancelled;
            return false;
        }
        if (target.keep_body) exchange.response.body += data;
        return true;
    }
};

/// What a callback does, for curl, through whose C no exception may pass. @return whether the transfer goes on.
template <class What>
bool guarded(Incoming& in, What what) noexcept {
    try {
        return what();
    } catch (const std::bad_alloc&) {
        in.refused = boost::system::errc::make_error_code(boost::system::errc::not_enough_memory);
    } catch (...) {
        in.refused = NetErrc::cancelled;
        in.thrown = std::current_exception();
    }
    return false;
}

std::size_t on_header(char* data, std::size_t size, std::size_t n, void* self) {
    auto& in = *static_cast<Incoming*>(self);
    return guarded(in, [&] { return in.header({data, size * n}); }) ? size * n : 0;
}
/// Each time that curl has a connection to send on.
int on_connected(void* self, char*, char*, int, int) {
    auto& in = *static_cast<Incoming*>(self);
    const bool goes_on = guarded(in, [&] {
        in.connected = true;
        auto& sample = in.exchange.sample;
        if (in.first_sent == TimePoint{})
            in.first_sent = Clock::now();
        else if (sample.first_byte == TimePoint{})
            sample.repeated = true;  // curl does as we do where a server closed an idle connection
        in.stirred();
        return true;
    });
    return goes_on ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}
curl_socket_t open_socket(void* self, curlsocktype /*purpose*/, curl_sockaddr* address) {
    const int made = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (made < 0) static_cast<Incoming*>(self)->no_socket = {errno, boost::system::system_category()};
    return made;
}
std::size_t on_body(char* data, std::size_t size, std::size_t n, void* self) {
    auto& in = *static_cast<Incoming*>(self);
    return guarded(in, [&] { return in.body({data, size * n}); }) ? size * n : 0;
}

error_code translate(int code, CURL* easy) {
    switch (code) {
        case CURLE_OK:
            return {};
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_RESOLVE_PROXY:
            return NetErrc::not_resolved;
        case CURLE_COULDNT_CONNECT: {
            long number = 0;
            curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
            const error_code cause(static_cast<int>(number), boost::system::system_category());
            return number != 0 && (cause == Condition::reset || cause == Condition::exhausted) ? cause : NetErrc::refused;
        }
        case CURLE_OPERATION_TIMEDOUT:
            return NetErrc::timed_out;
        case CURLE_GOT_NOTHING:
            return NetErrc::closed_before_answer;
        case CURLE_PARTIAL_FILE:
            return NetErrc::truncated_body;
        case CURLE_SEND_ERROR:
            return NetErrc::reset;
        case CURLE_RECV_ERROR: {
            // A reset after the answer began has cut it short.
            long status = 0;
            curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
            return status != 0 ? NetErrc::truncated_body : NetErrc::reset;
        }
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CERTPROBLEM:
        case CURLE_SSL_CIPHER:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_ISSUER_ERROR:
        case CURLE_USE_SSL_FAILED:
            return NetErrc::tls_failed;
        case CURLE_TOO_MANY_REDIRECTS:
            return NetErrc::too_many_redirects;
        case CURLE_UNSUPPORTED_PROTOCOL:
        case CURLE_NOT_BUILT_IN:
            return NetErrc::unsupported;
        case net::CurlMulti::no_resources:
            return boost::system::errc::make_error_code(boost::system::errc::not_enough_memory);
        case -1:
            return NetErrc::cancelled;
        default:
            return NetErrc::bad_answer;
    }
}

/// libcurl 7.88 breaks a connection of HTTP/2 over http that is used again (curl issue 10634, mended in 8.0): one for each request then.
bool fails_to_share_http2() {
    static const unsigned version = curl_version_info(CURLVERSION_NOW)->version_num;
    return version >= 0x075800 && version < 0x080000;
}

class CurlTransport final : public Transport {
public:
    CurlTransport(asio::any_io_executor executor, Target target, CurlOptions options)
        : executor_(std::move(executor)), target_(std::move(target)), options_(std::move(options)), multi_(executor_) {}

    awaitable<std::size_t> prepare(std::size_t /*n*/, TimePoint /*deadline*/, Exchange& failed) override {
        failed = {};
        co_return 0;
    }

    awaitable<Exchange> fire(const http::Request& request, TimePoint planned, TimePoint deadline,
                             const ResponseSink* sink) override {
        const bool throws = co_await asio::this_coro::throw_if_cancelled();
        co_await asio::this_coro::throw_if_cancelled(false);
        Exchange exchange;
        exchange.sample.planned = planned;
        ++busy_;
        std::exception_ptr thrown;
        co_await run(request, planned, deadline, sink, exchange, thrown);
        --busy_;
        exchange.sample.done = Clock::now();
        exchange.sample.outcome = metrics::outcome_of(exchange.error);
        exchange.sample.right = !exchange.error && exchange.response.status >= 200 && exchange.response.status < 400;
        co_await asio::this_coro::throw_if_cancelled(throws);
        if (thrown) std::rethrow_exception(thrown);
        co_return exchange;
    }

    std::size_t open_connections() const noexcept override { return busy_; }
    void close_idle() noexcept override {}

private:
    void set_tls(CURL* easy) const {
        const auto& tls = target_.tls;
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, tls.verify ? 1L : 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, tls.verify ? 2L : 0L);
        if (!tls.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, tls.ca_file.c_str());
        if (!tls.cert_file.empty()) curl_easy_setopt(easy, CURLOPT_SSLCERT, tls.cert_file.c_str());
        if (!tls.key_file.empty()) curl_easy_setopt(easy, CURLOPT_SSLKEY, tls.key_file.c_str());
    }

    void set_options(CURL* easy) const {
        long version = CURL_HTTP_VERSION_NONE;
        if (options_.http_version == 10) version = CURL_HTTP_VERSION_1_0;
        if (options_.http_version == 11) version = CURL_HTTP_VERSION_1_1;
        if (options_.http_version == 20) version = CURL_HTTP_VERSION_2;
        if (options_.http_version == 20 && options_.http2_streams) {
            if (target_.scheme == "http") {
                version = CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
                if (fails_to_share_http2()) {
                    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
                    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
                }
            } else {
                curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
            }
        }
        curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, version);
        if (!options_.proxy.empty()) curl_easy_setopt(easy, CURLOPT_PROXY, options_.proxy.c_str());
        using Auth = CurlOptions::Auth;
        if (options_.auth == Auth::none) return;
        if (options_.auth == Auth::bearer) {
            curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
            curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, options_.password.c_str());
            return;
        }
        curl_easy_setopt(easy, CURLOPT_HTTPAUTH, options_.auth == Auth::digest ? CURLAUTH_DIGEST : CURLAUTH_BASIC);
        curl_easy_setopt(easy, CURLOPT_USERNAME, options_.user.c_str());
        curl_easy_setopt(easy, CURLOPT_PASSWORD, options_.password.c_str());
    }

    /// The header list in curl's spelling: `Name;` is a field without a value, `Name:` removes one that curl would add.
    ListPtr header_list(const http::Request& request, CURL* easy) const {
        ListPtr list;
        for (const auto& [name, value] : request.headers) {
            if (http::iequals(name, "Content-Length")) continue;  // counted by curl, from the body
            if (http::iequals(name, "Accept-Encoding")) {
                curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, value.c_str());  // asks, and decodes what comes
                continue;
            }
            append(list, value.empty() ? name + ';' : name + ": " + value);
        }
        for (const char* name : {"Content-Type", "Expect", "Accept"})
            if (!request.headers.has(name)) append(list, std::string(name) + ':');
        return list;
    }

    awaitable<void> run(const http::Request& request, TimePoint planned, TimePoint deadline, const ResponseSink* sink,
                        Exchange& exchange, std::exception_ptr& thrown) {
        auto& sample = exchange.sample;
        const auto wire = co_await begin(request, target_, planned, exchange);
        if (!wire) co_return;

        const EasyPtr easy(curl_easy_init());
        if (!easy) {
            exchange.error = boost::system::errc::make_error_code(boost::system::errc::not_enough_memory);
            co_return;
        }
        bool too_late = false;
        net::Watchdog watchdog(executor_, [&] {
            too_late = true;
            multi_.stop(easy.get());
        });
        Incoming in{target_, sink, exchange, watchdog};
        std::array<char, CURL_ERROR_SIZE> words{};
        const std::string url = target_.scheme + "://" + host_field(target_) + request.target;

        curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
        curl_easy_setopt(easy.get(), CURLOPT_PATH_AS_IS, 1L);
        curl_easy_setopt(easy.get(), CURLOPT_PROTOCOLS_STR, "http,https");
        curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy.get(), CURLOPT_CONNECTTIMEOUT_MS,
                         std::chrono::duration_cast<std::chrono::milliseconds>(target_.connect_timeout).count());
        if (deadline != TimePoint::max()) {
            const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
            curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<long long>(left, 0) + 1));
        }
        if (request.target == "*") {
            const std::string root = target_.scheme + "://" + host_field(target_) + '/';
            curl_easy_setopt(easy.get(), CURLOPT_URL, root.c_str());
            curl_easy_setopt(easy.get(), CURLOPT_REQUEST_TARGET, "*");
        }
        if (request.method == "HEAD") {
            curl_easy_setopt(easy.get(), CURLOPT_NOBODY, 1L);
        } else if (announces_body(request)) {
            curl_easy_setopt(easy.get(), CURLOPT_POST, 1L);
            curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
            curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDS, request.body.c_str());
        }
        curl_easy_setopt(easy.get(), CURLOPT_CUSTOMREQUEST, request.method.c_str());
        const ListPtr headers = header_list(request, easy.get());
        curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, headers.get());
        curl_easy_setopt(easy.get(), CURLOPT_HEADERFUNCTION, &on_header);
        curl_easy_setopt(easy.get(), CURLOPT_HEADERDATA, &in);
        curl_easy_setopt(easy.get(), CURLOPT_PREREQFUNCTION, &on_connected);
        curl_easy_setopt(easy.get(), CURLOPT_PREREQDATA, &in);
        curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, &on_body);
        curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &in);
        curl_easy_setopt(easy.get(), CURLOPT_OPENSOCKETFUNCTION, &open_socket);
        curl_easy_setopt(easy.get(), CURLOPT_OPENSOCKETDATA, &in);
        curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, words.data());
        if (!target_.reuse_connections) curl_easy_setopt(easy.get(), CURLOPT_FORBID_REUSE, 1L);
        set_tls(easy.get());
        set_options(easy.get());

        // Until the connection is there its own limit holds, which is curl's.
        std::function<void()> stirred = [&in] { in.stirred(); };
        const int code = co_await multi_.perform(easy.get(), std::move(stirred));
        watchdog.disarm();

        curl_off_t connected_us = 0;
        curl_off_t sent_us = 0;
        curl_easy_getinfo(easy.get(), CURLINFO_APPCONNECT_TIME_T, &connected_us);
        if (connected_us == 0) curl_easy_getinfo(easy.get(), CURLINFO_CONNECT_TIME_T, &connected_us);
        curl_easy_getinfo(easy.get(), CURLINFO_PRETRANSFER_TIME_T, &sent_us);
        if (connected_us > 0) sample.connected = sample.started + std::chrono::microseconds(connected_us);
        if (sent_us > 0) sample.sent = sample.started + std::chrono::microseconds(sent_us);
        // Its times are sums over both connections, without the wait between them.
        if (sample.repeated) sample.connected = sample.sent = in.first_sent;
        long new_connections = 0;
        curl_easy_getinfo(easy.get(), CURLINFO_NUM_CONNECTS, &new_connections);
        connections_ += static_cast<std::uint32_t>(std::max(new_connections, 0L));
        sample.connection = connections_;

        exchange.error = in.refused ? in.refused : too_late ? error_code(NetErrc::timed_out) : translate(code, easy.get());
        if (code == CURLE_COULDNT_CONNECT && in.no_socket == Condition::exhausted) exchange.error = in.no_socket;
        // What curl tells only in words: its own limits on a head, and framing that is not HTTP's.
        const std::string_view said = words.data();
        // One line of over 100 KiB it calls a want of memory.
        const bool endless_line = code == CURLE_OUT_OF_MEMORY && in.body_bytes == 0;
        if (exchange.error == NetErrc::bad_answer && (endless_line || said.find("oo large") != said.npos))
            exchange.error = NetErrc::header_too_large;
        if (exchange.error == NetErrc::truncated_body && said.find("in chunked-encoding") != said.npos)
            exchange.error = NetErrc::bad_answer;
        if (!exchange.error) guarded(in, [&] { return in.report_head(); });
        if (exchange.error && exchange.diagnostics.message.empty()) exchange.diagnostics.message = words.data();
        thrown = in.thrown;
    }

    asio::any_io_executor executor_;
    Target target_;
    CurlOptions options_;
    net::CurlMulti multi_;
    std::size_t busy_ = 0;
    std::uint32_t connections_ = 0;
};

}  // namespace

std::unique_ptr<Transport> make_curl_transport(asio::any_io_executor executor, Target target, CurlOptions options) {
    return std::make_unique<CurlTransport>(std::move(executor), std::move(target), std::move(options));
}

}  // namespace volley::client
