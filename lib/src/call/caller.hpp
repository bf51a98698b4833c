// Calls of one plan, each made when somebody says so, all on one loop.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <volley/call/offer.hpp>

#include "call/loop.hpp"
#include "call/one_call.hpp"
#include "call/signalling.hpp"

namespace volley::call {

/// When calls begin and how many there are is its owner's affair. Thread safety: none; all on the executor's thread.
/// Cancellation (terminal) of one of its coroutines ends it by an exception of operation_aborted, but for make().
class Caller {
public:
    /// @param use_curl  for the offers, see Signaller.
    /// Throws as offer() does.
    Caller(boost::asio::any_io_executor executor, const CallPlan& plan, const OfferObserver& observer, bool use_curl);
    Caller(const Caller&) = delete;
    Caller& operator=(const Caller&) = delete;

    /// Finds what can be known before the first call. What is amiss stands in result().never_worked then.
    [[nodiscard]] boost::asio::awaitable<void> prepare();
    /// What the figures' own clock starts from; before the first call.
    void begin(TimePoint now);
    /// One call from its planned start, which has come, until it is hung up; at once where it is cancelled.
    [[nodiscard]] boost::asio::awaitable<CallSeen> make(CallNumber number, TimePoint planned);
    /// A call that went well, and was not what somebody expects.
    void fail(CallNumber number, const Failure& failure, const CallSeen& seen) {
        common_.tell_failure(number.call, failure, seen);
    }
    void keep_round_trips() { common_.keep_round_trips = true; }
    void look_at_pictures() { common_.look_at_pictures = true; }

    [[nodiscard]] std::size_t open() const noexcept { return common_.open; }
    [[nodiscard]] OfferResult& result() noexcept { return result_; }
    /// Fills in what is known at the end. Nothing has worked where no call was set up, or no ping came back.
    void finish(TimePoint now);

private:
    [[nodiscard]] boost::asio::awaitable<void> prepare_media();

    Loop loop_;
    Signaller signaller_;
    bool use_curl_;
    OfferResult result_;
    CallsInCommon common_;
    Duration cpu_before_{};
};

/// Whether offers go by libcurl, whatever the number of calls.
[[nodiscard]] bool needs_curl(const CallPlan& plan);

}  // namespace volley::call
