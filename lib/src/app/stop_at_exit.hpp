// Tells blocking code that the coroutine which awaited it has gone.
#pragma once

#include <stop_token>

namespace volley::app {

/// Stands in a coroutine beside `co_await view::sync_to_async(...)`, which throws at once when it is cancelled while the code runs on.
class StopAtExit {
public:
    StopAtExit() = default;
    StopAtExit(const StopAtExit&) = delete;
    StopAtExit& operator=(const StopAtExit&) = delete;
    ~StopAtExit() { source_.request_stop(); }
    [[nodiscard]] std::stop_token token() const noexcept { return source_.get_token(); }

private:
    std::stop_source source_;
};

}  // namespace volley::app
