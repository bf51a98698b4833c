// One request under way, told of by calls back: the load path's form of an exchange, without a coroutine or an allocation of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>

#include <volley/client/transport.hpp>

namespace volley::proto::http {
class ResponseParser;
}

namespace volley::client {

/// A request as bytes: what is sent is `head`, then `body`.
struct RequestBytes {
    std::string_view head;   ///< request line and fields, with the empty line; read only until bytes() returns the next time
    std::string_view body;   ///< must stay where it is until the exchange ends
    bool to_head = false;    ///< HEAD: the answer has no body
    bool repeatable = true;  ///< may be sent again when an idle connection proves closed (RFC 9110 section 9.2.2)
};

/// The head of an answer, wherever it lies.
class AnswerHead {
public:
    explicit AnswerHead(proto::http::ResponseParser& parser) noexcept : parser_(&parser) {}
    explicit AnswerHead(const http::Response& response) noexcept : response_(&response) {}
    [[nodiscard]] int status() const noexcept;
    /// Status, reason, version and fields; the body is left alone.
    void copy_to(http::Response& out) const;

private:
    proto::http::ResponseParser* parser_ = nullptr;
    const http::Response* response_ = nullptr;
};

/// One request and what becomes of it; owned by whoever fires it, until on_done() is called.
class Call {
public:
    metrics::Sample sample;  ///< `planned` and `started` are the owner's to set; all later instants are filled in
    TimePoint deadline = TimePoint::max();
    Diagnostics why;

    /// The bytes to send; asked for each time that they are sent.
    virtual RequestBytes bytes() = 0;
    /// The same as a request, for carriers that render it themselves. Must stay where it is until the exchange ends.
    virtual const http::Request& request() = 0;
    /// Whether of the answer only `sample.status` is looked at: then on_head() and on_body() may be left out.
    [[nodiscard]] virtual bool looks_at_status_only() const { return false; }
    /// The longest body that is taken, beside the target's own limit: a longer one ends the exchange with NetErrc::body_too_large, and
    /// `why` tells the limit.
    [[nodiscard]] virtual std::uint64_t longest_body() const { return std::numeric_limits<std::uint64_t>::max(); }
    /// The head of the answer has come. @return false to end the exchange: it is done with NetErrc::cancelled.
    virtual bool on_head(const AnswerHead& head) = 0;
    /// A piece of the body, decoded. @return as on_head().
    virtual bool on_body(std::string_view piece) = 0;
    /// Over; the last that is called. `sample.done`, `bytes` and `status` are set. A new call may be fired from in here.
    virtual void on_done(error_code error) = 0;

protected:
    Call() = default;
    Call(const Call&) = default;
    Call& operator=(const Call&) = default;
    ~Call() = default;

private:
    friend class Http1Connection;
    friend class Http1Pool;
    friend class CurlCarrier;
    class Http1Connection* connection_ = nullptr;
    void* transfer_ = nullptr;
};

/// A limit in words, for Call::why.
[[nodiscard]] inline std::string limit_text(std::uint64_t bytes) { return std::to_string(bytes) + " bytes"; }

/// Carries calls to one origin. One behaviour, two implementations; one set of tests runs against both.
/// Thread safety: none; all calls on the executor's thread, the destructor too.
class Carrier {
public:
    Carrier() = default;
    Carrier(const Carrier&) = delete;
    Carrier& operator=(const Carrier&) = delete;
    /// Closes every connection; calls that are under way hear nothing more.
    virtual ~Carrier() = default;

    /// Sends a call; `call.sample.started` is set by the caller. Call::on_done may come from within.
    virtual void fire(Call& call) = 0;
    /// Ends a call that was fired: Call::on_done with NetErrc::cancelled, maybe from within. Nothing where it is over.
    virtual void cancel(Call& call) = 0;

    /// What came of preparing.
    struct Prepared {
        std::size_t held = 0;  ///< idle connections that are open, looked at now: of this preparation and from before
        error_code error;      ///< of the first that failed
        Diagnostics why;
    };
    /// Opens n connections that wait idle, until one fails. One preparation at a time. A carrier that cannot hold connections (libcurl)
    /// holds none, without an error.
    /// @param n     0: only looks at those that are there; then `done` is called from within.
    /// @param done  called once, maybe from within.
    virtual void prepare(std::size_t n, TimePoint deadline, std::function<void(Prepared)> done) = 0;
    /// Ends a preparation with what there is.
    virtual void cancel_preparation() = 0;

    /// Connections that were opened so far.
    [[nodiscard]] virtual std::uint64_t opened() const noexcept = 0;
};

/// HTTP/1.1 of our own, lightest in what it costs; see Http1Pool. Keeps the event loop running as long as it has connections.
[[nodiscard]] std::unique_ptr<Carrier> make_fast_carrier(const boost::asio::any_io_executor& executor, Target target);

/// libcurl: HTTP/2 (streams of one connection), proxies, digest.
[[nodiscard]] std::unique_ptr<Carrier> make_curl_carrier(const boost::asio::any_io_executor& executor, Target target,
                                                         CurlOptions options);

}  // namespace volley::client
