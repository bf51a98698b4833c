#include "streams/nack_list.hpp"

#include <algorithm>

namespace volley::streams {

void NackList::Earliest::note(const Missing& missing) noexcept {
    since = std::min(since, missing.since);
    TimePoint& of_kind = missing.tries == 0 ? fresh : asked;
    of_kind = std::min(of_kind, missing.tries == 0 ? missing.since : missing.asked);
}

void NackList::clear() noexcept {
    missing_.clear();
    earliest_ = {};
}

void NackList::forget_earliest() noexcept {
    if (missing_.empty()) earliest_ = {};
}

bool NackList::add(TimePoint now, std::uint64_t from, std::uint64_t to) {
    if (to <= from) return true;
    if (to - from > most_missing - std::min(most_missing, missing_.size())) {
        clear();
        return false;
    }
    if (!missing_.empty() && to <= missing_.front().sequence) {
        while (to > from) missing_.push_front({--to, now, {}, 0});
        earliest_.note(missing_.front());
        return true;
    }
    for (; from < to; ++from) missing_.push_back({from, now, {}, 0});
    earliest_.note(missing_.back());
    return true;
}

void NackList::remove(std::uint64_t sequence) {
    const auto at = std::lower_bound(missing_.begin(), missing_.end(), sequence,
                                     [](const Missing& missing, std::uint64_t wanted) { return missing.sequence < wanted; });
    if (at != missing_.end() && at->sequence == sequence) missing_.erase(at);
    forget_earliest();
}

void NackList::remove_before(std::uint64_t sequence) {
    while (!missing_.empty() && missing_.front().sequence < sequence) missing_.pop_front();
    forget_earliest();
}

bool NackList::contains(std::uint64_t sequence) const noexcept {
    return std::binary_search(missing_.begin(), missing_.end(), Missing{sequence, {}, {}, 0},
                              [](const Missing& a, const Missing& b) { return a.sequence < b.sequence; });
}

TimePoint NackList::due_at(const Missing& missing, Duration interval) const noexcept {
    // Of old age as well, so that nothing stays here that is never asked for.
    return std::min(missing.tries == 0 ? missing.since + first_wait : missing.asked + interval, missing.since + most_age_);
}

NackList::Due NackList::take_due(TimePoint now, Duration interval) {
    Due out;
    if (const auto due = next(interval); !due || now < *due) return out;
    Earliest earliest;
    for (Missing& missing : missing_) {
        ++steps_;
        if (now < due_at(missing, interval)) {
            earliest.note(missing);
            continue;
        }
        if (missing.tries >= most_tries || now - missing.since >= most_age_) {
            out.given_up = missing.sequence;
            continue;
        }
        out.ask.push_back(static_cast<std::uint16_t>(missing.sequence));
        missing.asked = now;
        ++missing.tries;
        earliest.note(missing);
    }
    earliest_ = earliest;
    // What is before one that was given up is of no use without it.
    if (out.given_up) {
        remove_before(*out.given_up + 1);
        out.ask.clear();
        for (Missing& missing : missing_)
            if (missing.tries > 0 && missing.asked == now) out.ask.push_back(static_cast<std::uint16_t>(missing.sequence));
    }
    return out;
}

std::optional<TimePoint> NackList::next(Duration interval) const noexcept {
    if (missing_.empty()) return std::nullopt;
    TimePoint out = earliest_.since + most_age_;
    if (earliest_.fresh != TimePoint::max()) out = std::min(out, earliest_.fresh + first_wait);
    if (earliest_.asked != TimePoint::max()) out = std::min(out, earliest_.asked + interval);
    return out;
}

}  // namespace volley::streams
