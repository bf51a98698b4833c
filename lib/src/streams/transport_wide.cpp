#include "streams/transport_wide.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "streams/sequence_tracker.hpp"

namespace volley::streams {
namespace {

using proto::rtp::TransportFeedback;

constexpr std::uint64_t begin = 65536;
// Packets that come later than those of the feedback before are told of once more, so far back.
constexpr std::uint64_t most_late = 256;
// Numbers that one feedback speaks of; a jump over more than half of them is no loss, but another numbering.
constexpr std::uint64_t most_statuses = 2048;
// How often feedback may speak of one packet: again with each one that was overtaken, as some receivers do.
constexpr std::size_t most_times_told = 8;
static_assert(most_statuses <= proto::rtp::most_transport_statuses);

}  // namespace

void ArrivalLog::add(TimePoint now, std::uint16_t number) {
    const std::uint64_t whole = highest_ ? unwrapped(number, *highest_) : begin + number;
    if (!highest_) told_ = whole;
    highest_ = std::max(highest_.value_or(whole), whole);
    if (whole + most_late < told_ || waiting_.size() >= most_packets) return;
    if (waiting_.empty()) due_ = last_ ? std::max(now + first_wait, *last_ + interval) : now + first_wait;
    const auto at = std::lower_bound(waiting_.begin(), waiting_.end(), whole,
                                     [](const Came& came, std::uint64_t wanted) { return came.number < wanted; });
    if (at != waiting_.end() && at->number == whole) return;
    waiting_.insert(at, {whole, now});
    if (waiting_.size() == most_packets) due_ = now;
}

std::optional<TimePoint> ArrivalLog::next() const noexcept {
    if (waiting_.empty()) return std::nullopt;
    return due_;
}

std::optional<TransportFeedback> ArrivalLog::take(TimePoint now) {
    if (waiting_.empty()) return std::nullopt;
    constexpr Duration tick = TransportFeedback::tick;
    constexpr Duration reference_tick = TransportFeedback::reference_tick;
    TransportFeedback out;
    std::uint64_t next = waiting_.front().number;
    // Those between the last feedback and this one did not come.
    if (next > told_ && next - told_ < most_statuses / 2) next = told_;
    out.base_sequence = static_cast<std::uint16_t>(next);
    out.count = count_++;
    const Duration::rep reference = waiting_.front().at.time_since_epoch() / reference_tick;
    // 24 bits with a sign.
    out.reference_time = static_cast<std::int32_t>(static_cast<std::uint32_t>(reference) << 8) >> 8;
    Duration before = reference * reference_tick;
    std::size_t told = 0;
    for (const Came& came : waiting_) {
        if (came.number - next >= most_statuses - out.deltas.size()) break;
        // It was late; what lies between it and those that nothing was said of is told already, and not to be called missing.
        if (next < told_ && came.number > next) break;
        const Duration::rep delta = (came.at.time_since_epoch() - before) / tick;
        if (delta < std::numeric_limits<std::int16_t>::min() || delta > std::numeric_limits<std::int16_t>::max()) break;
        for (; next < came.number; ++next) out.deltas.emplace_back();
        out.deltas.emplace_back(static_cast<std::int16_t>(delta));
        ++next;
        before += delta * tick;
        ++told;
    }
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(told));
    told_ = std::max(told_, next);
    last_ = now;
    due_ = now;  // of what is left
    return out;
}

std::uint16_t SendLog::add(TimePoint now, std::size_t bytes) {
    if (sent_.size() >= most_packets) {
        sent_.pop_front();
        ++first_;
    }
    sent_.push_back({now, bytes, false});
    credit_ = std::min(credit_ + most_times_told, most_times_told * most_packets);
    return static_cast<std::uint16_t>(first_ + sent_.size() - 1);
}

bool SendLog::admit(const proto::rtp::TransportFeedbackSpan& span) noexcept {
    if (sent_.empty() || span.count == 0 || span.count > most_packets || span.count > credit_) return false;
    const std::uint64_t last = first_ + sent_.size() - 1;
    const std::uint64_t from = unwrapped(span.base_sequence, last);
    const std::uint64_t to = from + span.count - 1;
    if (to > last || to < first_) return false;
    credit_ -= span.count;
    return true;
}

std::vector<PacketResult> SendLog::take(const TransportFeedback& feedback) {
    constexpr std::int32_t wrap = 1 << 24;
    const std::int32_t step = reference_ ? feedback.reference_time - *reference_ : 0;
    // The nearest of the values that look the same.
    reference_time_ = reference_ ? reference_time_ + (step > wrap / 2    ? step - wrap
                                                      : step < -wrap / 2 ? step + wrap
                                                                         : step)
                                 : feedback.reference_time;
    reference_ = feedback.reference_time;
    // Far beyond the age of any call, and within what nanoseconds hold.
    constexpr std::int64_t most_reference = std::int64_t{1} << 35;
    if (reference_time_ > most_reference || reference_time_ < -most_reference) reference_time_ = feedback.reference_time;
    std::vector<PacketResult> out;
    if (sent_.empty()) return out;
    Duration came = reference_time_ * Duration(TransportFeedback::reference_tick);
    std::uint64_t number = unwrapped(feedback.base_sequence, first_ + sent_.size() - 1);
    for (const auto& delta : feedback.deltas) {
        if (delta) came += *delta * Duration(TransportFeedback::tick);
        const std::uint64_t at = number++;
        if (at < first_ || at - first_ >= sent_.size()) continue;
        Sent& sent = sent_[static_cast<std::size_t>(at - first_)];
        if (sent.told) continue;
        sent.told = delta.has_value();
        out.push_back({sent.at, sent.bytes, delta ? std::optional<Duration>(came) : std::nullopt});
    }
    return out;
}

}  // namespace volley::streams
