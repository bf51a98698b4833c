// get, post, put, patch, delete, head, options, and `volley [METHOD] URL`.
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>

#include <volley/client/transport.hpp>
#include <volley/http/redirect.hpp>
#include <volley/net/signals.hpp>

#include "build_request.hpp"
#include "exit_code.hpp"
#include "explain.hpp"
#include "printer.hpp"
#include "sending.hpp"
#include "verbs.hpp"

namespace volley::cli {
namespace asio = boost::asio;

namespace {

/// One run of the verb: sends, prints as the answer comes, follows redirects.
class Exchanger {
public:
    Exchanger(const Call& call, const RequestOptions& options, BuiltRequest& built, Output& output)
        : call_(call), options_(options), built_(built), output_(output), printer_(options, output) {}

    asio::awaitable<int> run() {
        const TimePoint deadline = options_.max_time > Duration::zero() ? Clock::now() + options_.max_time : TimePoint::max();
        for (int hops = 0;; ++hops) {
            client::Exchange exchange = co_await send(deadline);
            if (output_.failed()) co_return request_exit::error;  // main says why
            if (exchange.error && !(ended_by_us_ && exchange.error == Condition::cancelled)) {
                // What has come is on the screen; the error goes below it.
                if (head_shown_) printer_.end_of_body();
                co_return explain(exchange);
            }
            finish_message(exchange);
            const auto next =
                options_.follow ? http::redirect_target(exchange.response, built_.url, options_.path_as_is) : std::nullopt;
            if (!next) {
                warn_of_the_end(exchange.response);
                co_return status_exit(exchange.response);
            }
            if (hops >= options_.max_redirects) {
                print_error(call_.program, "more than " + std::to_string(options_.max_redirects) +
                                               " redirects (--max-redirects); the last one led to " +
                                               escape_for_terminal(next->to_string()));
                co_return request_exit::too_many_redirects;
            }
            http::redirect_request(exchange.response.status, *next, built_.url, built_.request);
            if (built_.url.origin() != next->origin()) built_.digest_user.clear();
            built_.url = *next;
        }
    }

private:
    asio::awaitable<client::Exchange> send(TimePoint deadline) {
        const auto executor = co_await asio::this_coro::executor;
        if (!transport_ || origin_ != built_.url.origin()) {
            transport_ =
                client::make_curl_transport(executor, target_of(options_, built_.url), curl_options_of(options_, built_));
            origin_ = built_.url.origin();
        }
        if (first_ || options_.print_all) printer_.request(built_.request);
        first_ = false;
        head_shown_ = ended_by_us_ = false;
        client::ResponseSink sink;
        sink.on_head = [this](const http::Response& response) {
            // A hop on the way is shown only when every hop is.
            hidden_ = options_.follow && !options_.print_all &&
                      http::redirect_target(response, built_.url, options_.path_as_is).has_value();
            if (!hidden_) printer_.head(response);
            head_shown_ = !hidden_;
            return !output_.failed();
        };
        sink.on_body = [this](std::string_view chunk) {
            if (!hidden_ && printer_.wants('b')) printer_.body(chunk);
            // A body that nobody wants to see is not fetched; timings want it whole.
            ended_by_us_ = !options_.follow && !printer_.wants('b') && !printer_.wants('m') && options_.output_file.empty();
            return !ended_by_us_ && !output_.failed();
        };
        co_return co_await transport_->fire(built_.request, Clock::now(), deadline, &sink);
    }

    void finish_message(const client::Exchange& exchange) {
        if (hidden_) return;
        printer_.end_of_body();
        printer_.meta(exchange.sample);
    }

    int explain(const client::Exchange& exchange) const {
        if (exchange.error == Condition::cancelled) return request_exit::error;  // the signal decides
        print_error(call_.program, explain_failure(exchange, built_.url, options_));
        return exchange.error == Condition::timeout ? request_exit::timeout : request_exit::error;
    }

    /// Tells of a redirect that was to be followed and cannot be.
    void warn_of_the_end(const http::Response& response) const {
        const int status = response.status;
        const bool redirects = status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
        if (!options_.follow || !redirects || options_.quiet >= 2) return;
        const auto location = response.headers.get("Location");
        print_warning(call_.program, location ? "the redirect to " + escape_for_terminal(*location) +
                                                    " is not followed: that is no http or https URL"
                                              : "the redirect is not followed: it has no Location");
    }

    int status_exit(const http::Response& response) const {
        if (!options_.check_status || response.status < 300) return request_exit::ok;
        if (options_.quiet < 2 && (options_.quiet == 1 || !call_.terminal.stdout_is_terminal)) {
            const std::string reason(response.reason.empty() ? http::reason_phrase(response.status) : response.reason);
            print_warning(call_.program, "HTTP " + std::to_string(response.status) + ' ' + escape_for_terminal(reason));
        }
        if (response.status >= 500) return request_exit::server_error;
        return response.status >= 400 ? request_exit::client_error : request_exit::redirected;
    }

    const Call& call_;
    const RequestOptions& options_;
    BuiltRequest& built_;
    Output& output_;
    Printer printer_;
    std::unique_ptr<client::Transport> transport_;
    std::string origin_;
    bool first_ = true;
    bool hidden_ = false;
    bool head_shown_ = false;
    bool ended_by_us_ = false;
};

int exchange(const Call& call, const RequestOptions& options, BuiltRequest& built, Output& output) {
    asio::io_context io(1);
    asio::cancellation_signal cancel;
    int code = request_exit::error;
    int signal = 0;
    std::exception_ptr failure;
    Exchanger exchanger(call, options, built, output);
    {
        auto watch = std::make_unique<net::SignalWatch>(io.get_executor(), [&](int number) {
            signal = number;
            cancel.emit(asio::cancellation_type::terminal);
        });
        const auto ended = [&](std::exception_ptr error, int result) {
            failure = error;
            code = result;
            watch.reset();
        };
        asio::co_spawn(io, exchanger.run(), asio::bind_cancellation_slot(cancel.slot(), ended));
        io.run();
    }
    if (signal != 0) return exit_of_signal(signal);
    if (failure) std::rethrow_exception(failure);
    return code;
}

/// Closes what --output opened.
struct FileCloser {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

}  // namespace

int cmd_request(const Call& call) {
    const auto fail = [&](const std::string& text) {
        print_error(call.program, text);
        return request_exit::error;
    };
    std::string method = call.verb;
    for (char& c : method) c = static_cast<char>(c - 32);  // verbs are written in small letters
    RequestOptions options;
    const auto raw = parse_args(Verb::request, call.args);
    if (auto error = read_request_options(raw, method, call.program, call.terminal, options)) {
        const std::string verb = call.verb.empty() ? "" : ' ' + call.verb;
        return fail(*error + "\nusage: " + call.program.name + verb + (verb.empty() ? " [METHOD]" : "") +
                    " URL [ITEM...] [FLAG...]; more: " + call.program.name + verb + " --help");
    }
    BuiltRequest built;
    if (auto error = build_request(options, read_file, built)) return fail(*error);

    std::unique_ptr<std::FILE, FileCloser> file;
    if (!options.output_file.empty()) {
        file.reset(std::fopen(options.output_file.c_str(), "wb"));
        if (!file) return fail(escape_for_terminal(options.output_file) + ": " + std::strerror(errno));
    }
    Output output(file ? file.get() : stdout);
    int code = request_exit::ok;
    if (options.offline)
        Printer(options, output).request(built.request);
    else
        code = exchange(call, options, built, output);
    output.flush();
    if (output.failed()) {
        // `volley ... | head` ends so: nothing to complain about.
        if (output.error() == EPIPE) return code;
        return fail("cannot write the output: " + std::string(std::strerror(output.error())));
    }
    return code;
}

}  // namespace volley::cli
