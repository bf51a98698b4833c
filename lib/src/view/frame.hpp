// The executor that carries a request's context to wherever its coroutines are resumed.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/context.hpp>

#include <volley/view/context.hpp>

namespace volley::view {

class CallerQueue;

/// What code that runs now belongs to.
struct Frame {
    std::shared_ptr<Context> context;
    boost::asio::any_io_executor loop;              ///< where async_to_sync() runs coroutines; empty: on a loop of its own
    std::shared_ptr<CallerQueue> caller;            ///< of the innermost async_to_sync(): where thread-sensitive code runs
    std::shared_ptr<std::atomic<int>> outstanding;  ///< pieces of synchronous code that run or wait, for who must wait for them
};
using FramePtr = std::shared_ptr<const Frame>;

/// The frame of the code that runs on this thread; nullptr where there is none.
[[nodiscard]] FramePtr current_frame() noexcept;

/// Makes a frame current on this thread while it lives.
class FrameScope {
public:
    explicit FrameScope(const FramePtr& frame) noexcept;
    FrameScope(const FrameScope&) = delete;
    FrameScope& operator=(const FrameScope&) = delete;
    ~FrameScope();

private:
    const FramePtr* before_;
};

/// While it lives, code on this thread is synchronous and may block, even if an event loop runs further out on the stack: that loop
/// is a worker's own.
class SyncScope {
public:
    SyncScope() noexcept;
    SyncScope(const SyncScope&) = delete;
    SyncScope& operator=(const SyncScope&) = delete;
    ~SyncScope();

private:
    const void* before_;
};

/// True where blocking would block an event loop that others depend on.
[[nodiscard]] bool on_event_loop() noexcept;

/// An executor like another, under which every function runs with a frame current. Coroutines spawned on it hand it on through
/// this_coro::executor, and Asio resumes them through it.
/// One pointer, so that any_io_executor holds it without counting references: its own count (Boost 1.81) is right, but orders memory
/// by a fence, which the thread sanitizer cannot see.
class FrameExecutor {
public:
    FrameExecutor(boost::asio::any_io_executor inner, FramePtr frame)
        : parts_(std::make_shared<const Parts>(Parts{std::move(inner), std::move(frame)})) {}

    template <class Property>
    requires(boost::asio::can_query_v<const boost::asio::any_io_executor&, Property>) [[nodiscard]] decltype(auto)
        query(const Property& p) const {
        return boost::asio::query(parts_->inner, p);
    }
    template <class Property>
    requires(boost::asio::can_require_v<const boost::asio::any_io_executor&, Property>) [[nodiscard]] FrameExecutor
        require(const Property& p) const {
        return {boost::asio::require(parts_->inner, p), parts_->frame};
    }
    template <class Property>
    requires(boost::asio::can_prefer_v<const boost::asio::any_io_executor&, Property>) [[nodiscard]] FrameExecutor
        prefer(const Property& p) const {
        return {boost::asio::prefer(parts_->inner, p), parts_->frame};
    }
    template <class Function>
    void execute(Function&& f) const {
        parts_->inner.execute(Framed<std::decay_t<Function>>{parts_->frame, std::forward<Function>(f)});
    }
    bool operator==(const FrameExecutor& other) const noexcept {
        return parts_ == other.parts_ || (parts_->frame == other.parts_->frame && parts_->inner == other.parts_->inner);
    }

    [[nodiscard]] const FramePtr& frame() const noexcept { return parts_->frame; }

private:
    template <class Function>
    struct Framed {
        FramePtr frame;
        Function f;
        void operator()() {
            const FrameScope scope(frame);
            std::move(f)();
        }
    };
    struct Parts {
        boost::asio::any_io_executor inner;
        FramePtr frame;
    };
    std::shared_ptr<const Parts> parts_;
};

}  // namespace volley::view
