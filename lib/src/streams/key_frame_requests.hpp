// Requests for key frames: those that we send, and those that a peer sends.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <volley/time.hpp>

namespace volley::streams {

/// When a key frame is to be asked for: at once, again while none comes, and seldom of a peer that never answers.
class KeyFrameRequests {
public:
    static constexpr Duration interval = std::chrono::milliseconds(500);
    static constexpr Duration patient_interval = std::chrono::seconds(3);
    static constexpr std::uint64_t most_eager = 10;

    void want() noexcept { wanted_ = true; }
    /// A key frame has come.
    void answer() noexcept {
        wanted_ = false;
        unanswered_ = 0;
    }
    /// @return whether to ask now, which then counts as done.
    [[nodiscard]] bool take_due(TimePoint now) noexcept {
        const auto due = next();
        if (!due || now < *due) return false;
        asked_ = now;
        ++unanswered_;
        return true;
    }
    [[nodiscard]] std::optional<TimePoint> next() const noexcept {
        if (!wanted_) return std::nullopt;
        return asked_ ? *asked_ + (unanswered_ < most_eager ? interval : patient_interval) : TimePoint::min();
    }
    [[nodiscard]] bool wanted() const noexcept { return wanted_; }
    [[nodiscard]] std::uint64_t unanswered() const noexcept { return unanswered_; }

private:
    bool wanted_ = false;
    std::optional<TimePoint> asked_;
    std::uint64_t unanswered_ = 0;
};

/// Which requests of a peer are passed on: FIR once for each of its numbers (RFC 5104 section 4.3.1.2), and all of them at most every 300 ms;
/// one that comes earlier is passed on then.
class KeyFrameOrders {
public:
    static constexpr Duration interval = std::chrono::milliseconds(300);
    static constexpr std::size_t most_requesters = 8;

    void picture_loss() noexcept { pending_ = true; }
    void intra_request(std::uint32_t requester, std::uint8_t number) {
        for (auto& [ssrc, last] : numbers_) {
            if (ssrc != requester) continue;
            pending_ = pending_ || last != number;
            last = number;
            return;
        }
        if (numbers_.size() >= most_requesters) numbers_.erase(numbers_.begin());
        numbers_.emplace_back(requester, number);
        pending_ = true;
    }
    [[nodiscard]] bool take_due(TimePoint now) noexcept {
        const auto due = next();
        if (!due || now < *due) return false;
        pending_ = false;
        passed_ = now;
        return true;
    }
    [[nodiscard]] std::optional<TimePoint> next() const noexcept {
        if (!pending_) return std::nullopt;
        return passed_ ? *passed_ + interval : TimePoint::min();
    }

private:
    bool pending_ = false;
    std::optional<TimePoint> passed_;
    std::vector<std::pair<std::uint32_t, std::uint8_t>> numbers_;
};

}  // namespace volley::streams
