// Which of the last packets of a source have been seen, and what a 16-bit sequence number stands for. Source: RFC 3711 section 3.3.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace volley::proto::srtp {

/// Remembers indices up to `size` behind the highest. Thread safety: as a plain value.
class ReplayWindow {
public:
    /// Video packets that were sent again may come some hundred behind: libwebrtc has 1024 too.
    static constexpr std::uint64_t size = 1024;

    [[nodiscard]] bool started() const noexcept { return started_; }
    [[nodiscard]] std::uint64_t highest() const noexcept { return highest_; }

    /// It was not seen, and is not so old that nobody knows.
    [[nodiscard]] bool is_new(std::uint64_t index) const noexcept {
        if (!started_ || index > highest_) return true;
        return highest_ - index < size && (word(index) & bit(index)) == 0;
    }

    /// It was seen, and is not so old that nobody knows.
    [[nodiscard]] bool has_seen(std::uint64_t index) const noexcept {
        return started_ && index <= highest_ && highest_ - index < size && (word(index) & bit(index)) != 0;
    }

    /// It is seen; only of a packet that was authenticated, and that is_new() or has been protected once more.
    void take(std::uint64_t index) noexcept {
        if (!started_) {
            started_ = true;
            highest_ = index;
        } else if (index > highest_) {
            forget(highest_, index);
            highest_ = index;
        }
        word(index) |= bit(index);
    }

private:
    static constexpr std::uint64_t word_bits = 64;

    [[nodiscard]] static std::uint64_t bit(std::uint64_t index) noexcept { return std::uint64_t{1} << (index % word_bits); }
    [[nodiscard]] std::uint64_t& word(std::uint64_t index) noexcept { return seen_[index / word_bits % seen_.size()]; }
    [[nodiscard]] const std::uint64_t& word(std::uint64_t index) const noexcept {
        return seen_[index / word_bits % seen_.size()];
    }

    // The places of the indices after `from` up to `to` were those of others, a window's size earlier.
    void forget(std::uint64_t from, std::uint64_t to) noexcept {
        if (to - from >= size) {
            seen_.fill(0);
            return;
        }
        for (std::uint64_t index = from + 1; index <= to; ++index) word(index) &= ~bit(index);
    }

    std::array<std::uint64_t, size / word_bits> seen_{};
    std::uint64_t highest_ = 0;
    bool started_ = false;
};

/// The 48-bit index that a sequence number most likely stands for: the nearest to the highest one. Source: RFC 3711 section 3.3.1.
/// A number that would belong before the very first rollover belongs into the first period, as nothing was sent before it.
/// @return nothing where the index would take more than 48 bits: the key is used up.
[[nodiscard]] inline std::optional<std::uint64_t> estimate_index(const ReplayWindow& window, std::uint16_t sequence) noexcept {
    constexpr std::uint64_t period = 1U << 16;
    constexpr std::uint64_t half = period / 2;
    constexpr std::uint64_t last_rollover = 0xffffffff;
    if (!window.started()) return sequence;
    std::uint64_t rollover = window.highest() / period;
    const std::uint64_t last = window.highest() % period;
    if (last < half) {
        if (sequence > last + half && rollover > 0) --rollover;
    } else if (sequence + half < last) {
        if (rollover == last_rollover) return std::nullopt;
        ++rollover;
    }
    return rollover * period + sequence;
}

}  // namespace volley::proto::srtp
