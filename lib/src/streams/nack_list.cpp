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
        while (to > from) missing_.push_front({--to, now, {}, {}, 0});
        earliest_.note(missing_.front());
        return true;
    }
    for (; from < to; ++from) missing_.push_back({from, now, {}, {}, 0});
    earliest_.note(missing_.back());
    return true;
}

std::deque<NackList::Missing>::const_iterator NackList::find(std::uint64_t sequence) const noexcept {
    const auto at = std::lower_bound(missing_.begin(), missing_.end(), sequence,
                                     [](const Missing& missing, std::uint64_t wanted) { return missing.sequence < wanted; });
    return at != missing_.end() && at->sequence == sequence ? at : missing_.end();
}

void NackList::remove(std::uint64_t sequence) {
    if (const auto at = find(sequence); at != missing_.end()) missing_.erase(at);
    forget_earliest();
}

void NackList::remove_before(std::uint64_t sequence) {
    while (!missing_.empty() && missing_.front().sequence < sequence) missing_.pop_front();
    forget_earliest();
}

bool NackList::contains(std::uint64_t sequence) const noexcept { return find(sequence) != missing_.end(); }

std::optional<TimePoint> NackList::first_asked(std::uint64_t sequence) const noexcept {
    const auto at = find(sequence);
    if (at == missing_.end() || at->tries == 0) return std::nullopt;
    return at->first_asked;
}

TimePoint NackList::due_at(const Missing& missing, const Pace& pace) const noexcept {
    const TimePoint ask = missing.tries == 0 ? missing.since + pace.wait : missing.asked + pace.interval;
    // Of old age as well, so that nothing stays here that is never asked for.
    return std::min(ask, missing.since + most_age_);
}

NackList::Due NackList::take_due(TimePoint now, const Pace& pace) {
    Due out;
    if (const auto due = next(pace); !due || now < *due) return out;
    Earliest earliest;
    for (Missing& missing : missing_) {
        ++steps_;
        if (now < due_at(missing, pace)) {
            earliest.note(missing);
            continue;
        }
        if (missing.tries >= most_tries || now - missing.since >= most_age_) {
            out.given_up = missing.sequence;
            continue;
        }
        out.ask.push_back(static_cast<std::uint16_t>(missing.sequence));
        missing.asked = now;
        if (missing.tries == 0) missing.first_asked = now;
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

std::optional<TimePoint> NackList::next(const Pace& pace) const noexcept {
    if (missing_.empty()) return std::nullopt;
    TimePoint out = earliest_.since + most_age_;
    if (earliest_.fresh != TimePoint::max()) out = std::min(out, earliest_.fresh + pace.wait);
    if (earliest_.asked != TimePoint::max()) out = std::min(out, earliest_.asked + pace.interval);
    return out;
}

}  // namespace volley::streams
