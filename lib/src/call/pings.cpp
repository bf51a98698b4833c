#include "call/pings.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace volley::call {
namespace {

/// Answered and lost pings that are remembered, so that what comes twice or late is known.
constexpr std::size_t most_remembered = 4096;

/// Back to back, after what the channel did not take.
constexpr Duration refused_pause = std::chrono::milliseconds(1);

}  // namespace

PingSeries::PingSeries(const PingPlan& plan, TimePoint start) : plan_(plan), start_(start), ready_(start) {}

TimePoint PingSeries::due(std::uint64_t sequence) const noexcept {
    if (back_to_back()) return ready_;
    return start_ + plan_.every * static_cast<std::int64_t>(sequence - 1);
}

bool PingSeries::all_planned() const noexcept {
    if (stopped_ || (plan_.count && next_ > *plan_.count)) return true;
    return plan_.length && due(next_) - start_ >= *plan_.length;
}

/// What stands behind `ping `.
std::string_view PingSeries::tail(std::uint64_t sequence) {
    text_ = "ping " + std::to_string(sequence);
    if (text_.size() + 1 < plan_.size) text_ += ' ' + std::string(plan_.size - text_.size() - 1, '.');
    return std::string_view(text_).substr(4);
}

void PingSeries::push(Slot slot) {
    slots_.push_back(slot);
    while (slots_.size() > most_remembered && first_ < oldest_) {
        slots_.pop_front();
        ++first_;
    }
}

std::optional<Ping> PingSeries::poll(TimePoint now) {
    if (back_to_back() && under_way_ > 0) return std::nullopt;
    while (!all_planned() && due(next_) <= now) {
        const auto sequence = next_++;
        const auto planned = due(sequence);
        if (now - planned > most_late && !back_to_back()) {
            ++missed_;
            push({planned, {}, Fate::unsent});
            // After a long standstill there are more than anybody could still hear of.
            if (under_way_ == 0 && slots_.size() > most_remembered) {
                slots_.pop_front();
                oldest_ = std::max(oldest_, ++first_);
            }
        } else if (under_way_ >= most_under_way) {
            ++saturated_;
            push({planned, {}, Fate::unsent});
        } else {
            (void)tail(sequence);
            return Ping{sequence, planned, text_};
        }
    }
    return std::nullopt;
}

void PingSeries::sent(TimePoint at) {
    push({due(next_ - 1), at, Fate::waiting});
    ++under_way_;
}

void PingSeries::refused() {
    slots_.back().fate = Fate::unsent;
    ready_ = slots_.back().sent + refused_pause;
    --under_way_;
    ++saturated_;
}

PingSeries::Round PingSeries::round_of(std::uint64_t sequence, const Slot& slot) const {
    Round round;
    round.sequence = sequence;
    auto& s = round.sample;
    s.planned = slot.planned;
    s.started = s.connected = s.sent = slot.sent;
    return round;
}

Answer PingSeries::handle_message(TimePoint at, std::string_view data) {
    if (!data.starts_with("pong ") && !data.starts_with("ping ")) return Answer::strange;
    std::uint64_t sequence = 0;
    const char* end = data.data() + data.size();
    const auto [stop, bad] = std::from_chars(data.data() + 5, end, sequence);
    if (bad != std::errc{} || sequence == 0 || sequence >= next_ || data.substr(4) != tail(sequence)) return Answer::strange;
    if (sequence < first_) return Answer::repeated;
    Slot& slot = slots_[sequence - first_];
    if (slot.fate == Fate::unsent) return Answer::strange;
    if (slot.fate == Fate::answered) return Answer::repeated;
    if (slot.fate == Fate::withdrawn) return Answer::withdrawn;
    if (slot.fate == Fate::lost) {
        slot.fate = Fate::answered;
        return Answer::late;
    }
    slot.fate = Fate::answered;
    --under_way_;
    ready_ = at;
    last_ = round_of(sequence, slot);
    last_.out_of_order = sequence < highest_;
    highest_ = std::max(highest_, sequence);
    last_.sample.first_byte = last_.sample.done = at;
    last_.sample.bytes = data.size();
    last_.sample.outcome = metrics::Outcome::ok;
    last_.sample.right = true;
    return Answer::pong;
}

PingSeries::Round PingSeries::lose(std::uint64_t sequence, Slot& slot, TimePoint now) {
    slot.fate = Fate::lost;
    --under_way_;
    ready_ = now;
    auto round = round_of(sequence, slot);
    round.sample.done = now;
    round.sample.outcome = metrics::Outcome::timeout;
    return round;
}

std::optional<PingSeries::Round> PingSeries::expire(TimePoint now) {
    for (; oldest_ - first_ < slots_.size(); ++oldest_) {
        Slot& slot = slots_[oldest_ - first_];
        if (slot.fate != Fate::waiting) continue;
        if (slot.sent + plan_.timeout > now) return std::nullopt;
        return lose(oldest_, slot, now);
    }
    return std::nullopt;
}

std::optional<PingSeries::Round> PingSeries::give_up(TimePoint now) {
    for (; oldest_ - first_ < slots_.size(); ++oldest_)
        if (Slot& slot = slots_[oldest_ - first_]; slot.fate == Fate::waiting) return lose(oldest_, slot, now);
    return std::nullopt;
}

std::uint64_t PingSeries::withdraw() {
    for (Slot& slot : slots_)
        if (slot.fate == Fate::waiting) slot.fate = Fate::withdrawn;
    return std::exchange(under_way_, 0);
}

std::optional<TimePoint> PingSeries::oldest_under_way() const {
    for (auto at = oldest_; at - first_ < slots_.size(); ++at)
        if (slots_[at - first_].fate == Fate::waiting) return slots_[at - first_].sent;
    return std::nullopt;
}

bool PingSeries::done() const noexcept { return all_planned() && under_way_ == 0; }

std::optional<TimePoint> PingSeries::next_timeout() const {
    std::optional<TimePoint> next;
    if (!all_planned() && !(back_to_back() && under_way_ > 0)) next = due(next_);
    if (under_way_ == 0) return next;
    const auto oldest = oldest_under_way();
    if (!oldest) return next;
    const auto over = *oldest + plan_.timeout;
    return next ? std::min(*next, over) : over;
}

}  // namespace volley::call
