#include "streams/sequence_tracker.hpp"

#include <algorithm>

namespace volley::streams {
namespace {

// RFC 3550 appendix A.1: what may be a gap or a late packet; what is further off is another numbering.
constexpr std::uint64_t most_ahead = 3000;
constexpr std::uint64_t most_behind = 1000;

constexpr std::size_t bits = 64;
std::size_t word_of(std::uint64_t sequence) noexcept {
    return static_cast<std::size_t>(sequence % SequenceTracker::window / bits);
}
std::uint64_t bit_of(std::uint64_t sequence) noexcept { return std::uint64_t{1} << sequence % bits; }

}  // namespace

void SequenceTracker::begin(std::uint64_t sequence) noexcept {
    started_ = true;
    base_ = sequence;
    highest_ = sequence;
    received_ = 0;
    fresh_ = 1;
    expected_prior_ = 0;
    received_prior_ = 0;
    seen_.fill(0);
    seen_[word_of(sequence)] |= bit_of(sequence);
}

Arrival SequenceTracker::mark(std::uint64_t sequence) noexcept {
    if (sequence + window <= highest_) return Arrival::duplicate;
    // Numbers between were not seen; the places are those of older ones.
    const std::uint64_t steps = sequence > highest_ ? sequence - highest_ : 0;
    if (steps >= window) {
        seen_.fill(0);
    } else {
        for (std::uint64_t i = highest_ + 1; i <= highest_ + steps; ++i) seen_[word_of(i)] &= ~bit_of(i);
    }
    highest_ = std::max(highest_, sequence);
    std::uint64_t& word = seen_[word_of(sequence)];
    if ((word & bit_of(sequence)) != 0) return Arrival::duplicate;
    word |= bit_of(sequence);
    if (sequence >= base_) ++fresh_;
    return Arrival::fresh;
}

SequenceTracker::Numbered SequenceTracker::take(std::uint16_t number) noexcept {
    constexpr std::uint64_t rollover = 65536;
    if (!started_) {
        begin(rollover + number);
        ++received_;
        return {highest_, Arrival::fresh};
    }
    const std::uint64_t sequence = unwrapped(number, highest_);
    if (sequence > highest_ + most_ahead || sequence + most_behind < highest_) {
        if (stray_next_ != number) {
            stray_next_ = static_cast<std::uint16_t>(number + 1);
            return {sequence, Arrival::stray};
        }
        lost_before_ = lost();
        missing_before_ = missing();
        begin((highest_ / rollover + 1) * rollover + number);
        ++received_;
        stray_next_.reset();
        return {highest_, Arrival::restart};
    }
    stray_next_.reset();
    ++received_;
    // What came before the first one is expected as well.
    if (sequence < base_) base_ = sequence;
    return {sequence, mark(sequence)};
}

std::optional<SequenceTracker::Numbered> SequenceTracker::take_resent(std::uint16_t number) noexcept {
    if (!started_) return std::nullopt;
    const std::uint64_t sequence = unwrapped(number, highest_);
    if (sequence > highest_ + most_ahead || sequence + most_behind < highest_) return Numbered{sequence, Arrival::stray};
    return Numbered{sequence, mark(sequence)};
}

std::int64_t SequenceTracker::lost() const noexcept {
    if (!started_) return 0;
    const std::uint64_t expected = highest_ - base_ + 1;
    return lost_before_ + static_cast<std::int64_t>(expected) - static_cast<std::int64_t>(received_);
}

std::uint64_t SequenceTracker::missing() const noexcept {
    if (!started_) return 0;
    const std::uint64_t expected = highest_ - base_ + 1;
    return missing_before_ + (expected > fresh_ ? expected - fresh_ : 0);
}

std::uint8_t SequenceTracker::take_fraction_lost() noexcept {
    if (!started_) return 0;
    const std::uint64_t expected = highest_ - base_ + 1;
    const auto expected_now = static_cast<std::int64_t>(expected - expected_prior_);
    const auto lost_now = expected_now - static_cast<std::int64_t>(received_ - received_prior_);
    expected_prior_ = expected;
    received_prior_ = received_;
    if (expected_now <= 0 || lost_now <= 0) return 0;
    return static_cast<std::uint8_t>(std::min<std::int64_t>(lost_now * 256 / expected_now, 255));
}

}  // namespace volley::streams
