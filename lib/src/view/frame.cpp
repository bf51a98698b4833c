#include "view/frame.hpp"

#include <boost/asio/detail/thread_context.hpp>

namespace volley::view {
namespace {

thread_local const FramePtr* frame_now = nullptr;
// The event loop below which this thread's code became synchronous.
thread_local const void* loop_of_sync_code = nullptr;

// Asio keeps a stack of the loops that run on a thread; its top is the innermost. There is no public way to ask "does this thread run
// a loop?" without knowing which.
const void* innermost_loop() noexcept { return boost::asio::detail::thread_context::top_of_thread_call_stack(); }

}  // namespace

std::string Context::get(std::string_view name) const {
    const std::scoped_lock lock(mutex_);
    const auto it = values_.find(name);
    return it == values_.end() ? std::string() : it->second;
}

void Context::set(std::string_view name, std::string value) {
    const std::scoped_lock lock(mutex_);
    values_.insert_or_assign(std::string(name), std::move(value));
}

std::shared_ptr<Context> current_context() noexcept { return frame_now && *frame_now ? (*frame_now)->context : nullptr; }

FramePtr current_frame() noexcept { return frame_now ? *frame_now : nullptr; }

FrameScope::FrameScope(const FramePtr& frame) noexcept : before_(std::exchange(frame_now, &frame)) {}
FrameScope::~FrameScope() { frame_now = before_; }

SyncScope::SyncScope() noexcept : before_(std::exchange(loop_of_sync_code, innermost_loop())) {}
SyncScope::~SyncScope() { loop_of_sync_code = before_; }

bool on_event_loop() noexcept {
    const void* const loop = innermost_loop();
    return loop != nullptr && loop != loop_of_sync_code;
}

}  // namespace volley::view
