#include "streams/reordering.hpp"

#include <algorithm>

namespace volley::streams {

void Reordering::note_missing(TimePoint now, std::uint64_t from, std::uint64_t to) {
    expire(now);
    // So many at once are no matter of order.
    if (to <= from || to - from > kept) return;
    for (; from < to && open_.size() < most_open; ++from) open_.push_back({from, now});
}

void Reordering::note_came(TimePoint now, std::uint64_t sequence) {
    expire(now);
    const auto at = std::find_if(open_.begin(), open_.end(), [sequence](const Open& open) { return open.sequence == sequence; });
    if (at == open_.end()) return;
    const auto late = static_cast<std::uint8_t>(std::min<Duration::rep>((now - at->since) / step, steps - 1));
    open_.erase(at);
    note_outcome(late);
}

void Reordering::expire(TimePoint now) {
    while (!open_.empty() && now >= open_.front().since + most_late) {
        open_.pop_front();
        note_outcome(lost);
    }
}

void Reordering::note_outcome(std::uint8_t outcome) noexcept {
    std::uint8_t& place = outcomes_[noted_ % kept];
    if (noted_ >= kept) --counts_[place];
    place = outcome;
    ++counts_[outcome];
    ++noted_;
    // One more is taken for lost, so that the first ones that come late prove nothing and the latest of many does not count.
    const std::size_t most_later = vain_for_one * (counts_[lost] + std::size_t{1});
    std::size_t later = 0;
    std::size_t until = steps;
    for (; until > 1 && later + counts_[until - 1] <= most_later; --until) later += counts_[until - 1];
    wait_ = std::max(least_wait, static_cast<Duration::rep>(until) * step);
}

}  // namespace volley::streams
