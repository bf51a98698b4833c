// One view at work, on the loop or on a worker thread.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <volley/view.hpp>

namespace volley::server {

/// Runs a handler on `where` and brings what it makes back to `loop`. The two may be the same thread; what crosses between them
/// crosses by posting, and everything below that is marked *loop* is touched by the loop's thread alone.
/// Lifetime: handler and request must outlive done(). The owner must wait for done().
class ViewJob final : public std::enable_shared_from_this<ViewJob>, private view::Writer {
public:
    /// @param wake  called on the loop when one of the things below has come.
    ViewJob(boost::asio::any_io_executor loop, boost::asio::any_io_executor where, std::function<void()> wake);

    void start(const view::Handler& handler, const view::Request& request);
    /// Whose end it is that a view is to end with.
    enum class Reason { client, server };
    /// Loop. Asks an asynchronous handler or a stream to end; they end with an exception. A synchronous handler does not notice.
    /// Emits a terminal cancellation, for the end of the server a partial one with it: so a view can tell them apart.
    void cancel(Reason reason);

    /// Loop. A response whose body is a stream, once; the view waits for go_on().
    [[nodiscard]] std::optional<view::Response> take_stream_head();
    /// Loop. The stream's next chunk, once; the producer waits for go_on().
    [[nodiscard]] std::optional<std::string> take_chunk();
    /// Loop. Lets the producer continue, or (`false`) tells it that nobody listens.
    void go_on(bool wanted);

    [[nodiscard]] bool done() const noexcept { return done_; }
    [[nodiscard]] bool cancelled() const noexcept { return cancelled_.has_value(); }
    /// After done(): the response of a view that does not stream.
    [[nodiscard]] std::optional<view::Response> take_result();
    /// After done(): the exception that ended the view, or nothing.
    [[nodiscard]] const std::exception_ptr& error() const noexcept { return error_; }

private:
    struct Reply {
        explicit Reply(const boost::asio::any_io_executor& where)
            : arrived(where, boost::asio::steady_timer::time_point::max()) {}
        boost::asio::steady_timer arrived;
        bool answered = false;
        bool wanted = false;
    };
    view::awaitable<void> run(const view::Handler& handler, const view::Request& request);
    view::awaitable<bool> write(std::string chunk) override;
    view::awaitable<bool> hand_over(std::optional<view::Response> response, std::optional<std::string> chunk);

    boost::asio::any_io_executor loop_;
    boost::asio::any_io_executor where_;
    std::function<void()> wake_;
    boost::asio::cancellation_signal signal_;  // where_'s thread only
    std::optional<view::Response> result_;     // loop, as is all below
    std::optional<view::Response> stream_head_;
    std::optional<std::string> chunk_;
    std::shared_ptr<Reply> reply_;
    std::exception_ptr error_;
    bool done_ = false;
    std::optional<Reason> cancelled_;
};

}  // namespace volley::server
