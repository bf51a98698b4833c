#include "call/frame_trips.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

namespace volley::call {
namespace {

constexpr Duration remembered_longer = std::chrono::seconds(5);  // than the timeout, so that what comes late is known
constexpr std::size_t most_waiting_back = 1024;
constexpr std::size_t most_seen = 512;
/// From one picture to the next the way changes by no more, most of the time.
constexpr Duration most_change = std::chrono::seconds(1);
/// Ways that differ by less are alike: it is less than from one frame to the next.
constexpr Duration like = std::chrono::milliseconds(10);
// Times the usual change; more where there is nothing behind it to compare with.
constexpr double changes_unlike = 3;
constexpr double changes_unlike_alone = 6;
constexpr std::size_t changes_to_know = 8;
constexpr std::size_t changes_averaged = 16;
/// Rings of a code, at most.
constexpr int most_rings = 16;

/// The code that is read where one ring of this one's, which show its Gray code, is read wrongly.
std::uint32_t with_ring_changed(std::uint32_t code, int ring) noexcept {
    std::uint32_t out = (code ^ (code >> 1)) ^ (std::uint32_t{1} << ring);
    for (int shift = 1; shift < most_rings; shift *= 2) out ^= out >> shift;
    return out;
}

}  // namespace

std::uint32_t timestamp_dither(std::uint64_t seed, std::uint64_t index) noexcept {
    // SplitMix64.
    std::uint64_t z = seed + (index + 1) * 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return static_cast<std::uint32_t>((z ^ (z >> 31)) & 63U);
}

std::string_view to_string(KnownBy by) noexcept {
    switch (by) {
        case KnownBy::timestamp:
            return "timestamp";
        case KnownBy::code:
            return "code";
        case KnownBy::both:
            return "both";
    }
    return "unknown";
}

void TripTimes::record(const FrameTrip& trip) noexcept {
    network.record(trip.network());
    assembly.record(trip.assembly());
    if (trip.decoded) decoding.record(trip.decoding());
    whole.record(trip.whole());
}

void TripTimes::merge(const TripTimes& other) noexcept {
    network.merge(other.network);
    assembly.merge(other.assembly);
    decoding.merge(other.decoding);
    whole.merge(other.whole);
}

void FrameTrips::note_sent(const SentFrame& frame) {
    if (frame.counted) ++counts_.sent;
    if (!first_sent_) first_sent_ = frame.sent;
    codes_sent_ = codes_sent_ || frame.code.has_value();
    stamp_.insert_or_assign(frame.rtp_timestamp, first_number_ + sent_.size());
    sent_.push_back({frame, Fate::waiting});
    if (frame.counted) ++waiting_;
    forget_sent(frame.sent);
}

/// The frame sent before an instant with an RTP timestamp.
std::optional<std::uint64_t> FrameTrips::sent_with(std::uint32_t rtp_timestamp, TimePoint before) const {
    const auto found = stamp_.find(rtp_timestamp);
    if (found == stamp_.end() || sent_at(found->second).frame.sent > before) return std::nullopt;
    return found->second;
}

/// The frame that was sent within some time before an instant and shows a code; of several the one whose way is like the newest, where the
/// others' are twice as unlike.
std::optional<std::uint64_t> FrameTrips::sent_showing(std::uint32_t code, TimePoint before, Duration within) const {
    std::optional<std::uint64_t> out;
    Duration nearest{};
    Duration next = Duration::max();
    for (std::size_t i = sent_.size(); i-- > 0;) {
        const SentFrame& frame = sent_[i].frame;
        if (frame.sent > before) continue;
        if (before - frame.sent > within) break;
        if (frame.code != code) continue;
        if (out && !newest_way_) return std::nullopt;
        const Duration unlike = newest_way_ ? std::chrono::abs(before - frame.sent - *newest_way_) : Duration{};
        if (out) next = std::min(next, std::max(unlike, nearest));
        if (out && unlike >= nearest) continue;
        out = first_number_ + i;
        nearest = unlike;
    }
    if (next != Duration::max() && next < 2 * nearest) return std::nullopt;
    return out;
}

/// One of them may have come back, and nobody knows which.
void FrameTrips::doubt_those_showing(std::uint32_t code, TimePoint before) noexcept {
    for (std::size_t i = sent_.size(); i-- > 0;) {
        const SentFrame& frame = sent_[i].frame;
        if (frame.sent > before) continue;
        if (before - frame.sent > plan_.timeout) break;
        if (frame.code == code) sent_[i].doubted = true;
    }
}

void FrameTrips::lose(Sent& sent) noexcept {
    if (!sent.frame.counted) {
        sent.fate = Fate::lost;
        return;
    }
    // Frames came back, but nothing says which: it may have been among them.
    const bool blind = counts_.received > 0 && stamps_ != Stamps::kept && (!codes_believed_ || sent.doubted);
    sent.fate = blind ? Fate::untold : Fate::lost;
    ++(blind ? counts_.untold : counts_.lost);
    --waiting_;
}

void FrameTrips::forget_sent(TimePoint now) {
    while (!sent_.empty()) {
        Sent& oldest = sent_.front();
        if (sent_.size() <= most_remembered && now - oldest.frame.sent <= plan_.timeout + remembered_longer) break;
        if (held_ && held_->number == first_number_) release_held();
        if (oldest.fate == Fate::waiting) lose(oldest);
        const auto stamp = stamp_.find(oldest.frame.rtp_timestamp);
        if (stamp != stamp_.end() && stamp->second == first_number_) stamp_.erase(stamp);
        sent_.pop_front();
        ++first_number_;
    }
    oldest_waiting_ = std::max(oldest_waiting_, first_number_);
}

void FrameTrips::expire(TimePoint now) {
    for (; oldest_waiting_ < first_number_ + sent_.size(); ++oldest_waiting_) {
        Sent& sent = sent_at(oldest_waiting_);
        if (sent.fate != Fate::waiting) continue;
        // What came at the last moment may wait so long to be judged or borne out.
        if (now - sent.frame.sent < plan_.timeout + hold) break;
        lose(sent);
    }
}

void FrameTrips::note_returned(const ReturnedFrame& frame) {
    const Back back{frame, std::nullopt};
    count(&TripCounts::received, back);
    over_ = over_ || frame.uncalled_for;
    if (!plan_.decoded && !frame.uncalled_for) {
        if (!first_frame_) first_frame_ = frame.assembled;
        freezes_.shown(frame.assembled);
    }
    if (std::find(seen_.begin(), seen_.end(), frame.rtp_timestamp) != seen_.end()) {
        count(&TripCounts::repeated, back);
        return;
    }
    seen_.push_back(frame.rtp_timestamp);
    if (seen_.size() > most_seen) seen_.pop_front();
    back_.push_back(back);
    if (!frame.uncalled_for) {
        recent_.push_back({frame.rtp_timestamp, frame.last_packet, std::nullopt});
        if (recent_.size() > frames_to_believe) recent_.pop_front();
        ++searched_;
    }
    if (stamps_ == Stamps::searching || (stamps_ != Stamps::kept && searched_ % search_again_every == 0)) search_offset(false);
    if (back_.size() > most_waiting_back) {
        const Back oldest = back_.front();
        back_.pop_front();
        judge(oldest);
    }
    settle(std::max(frame.assembled, frame.last_packet), false);
}

void FrameTrips::note_decoded(const DecodedFrame& frame) {
    const auto back = std::find_if(back_.rbegin(), back_.rend(), [&frame](const Back& b) {
        return b.frame.rtp_timestamp == frame.rtp_timestamp && !b.decoded;
    });
    // Of one that came before it was all over, and is no longer waited for, that is known no more then.
    if (back == back_.rend() ? !over_ : !back->frame.uncalled_for) {
        count_decoded(frame);
        if (!first_frame_) first_frame_ = frame.decoded;
        freezes_.shown(frame.decoded);
    }
    if (back == back_.rend()) return;
    back->decoded = frame;
    const auto stamp = std::find_if(recent_.rbegin(), recent_.rend(),
                                    [&frame](const Stamp& s) { return s.rtp_timestamp == frame.rtp_timestamp; });
    if (stamp != recent_.rend()) stamp->code = frame.code;
    if (stamps_ == Stamps::searching) search_offset(false);
    settle(frame.decoded, false);
}

/// Whether the last frames are as far apart as if they came off a clock: then a wrong offset fits as well as the right one, and a server's
/// own clock as well as ours.
bool FrameTrips::steps_are_alike() const noexcept {
    std::array<std::int32_t, frames_to_believe> places{};  // after the first that came: they may have overtaken each other
    const auto end = std::transform(recent_.begin(), recent_.end(), places.begin(), [this](const Stamp& stamp) {
        return static_cast<std::int32_t>(stamp.rtp_timestamp - recent_.front().rtp_timestamp);
    });
    std::sort(places.begin(), end);
    std::adjacent_difference(places.begin(), end, places.begin());
    const auto first = places.begin() + 1;  // before it stands no step
    const std::int32_t smallest = *std::min_element(first, end);
    return smallest <= 0 || std::all_of(first, end, [smallest](std::int32_t step) { return step % smallest == 0; });
}

void FrameTrips::search_offset(bool last_chance) {
    if (drifts_ >= drifts_to_disbelieve || recent_.size() < (last_chance ? frames_at_the_end : codes_to_believe)) return;
    const Stamp& newest = recent_.back();
    std::size_t fitting = 0;
    std::size_t borne_out = 0;
    std::uint32_t fits = 0;
    std::uint32_t is_borne_out = 0;
    for (std::size_t i = 0; i < sent_.size(); ++i) {
        const SentFrame& frame = sent_[i].frame;
        if (frame.sent > newest.at) break;
        if (sent_with(frame.rtp_timestamp, newest.at) != first_number_ + i) continue;
        const std::uint32_t offset = newest.rtp_timestamp - frame.rtp_timestamp;
        std::size_t agreeing = 0;
        std::size_t clashing = 0;
        const bool all = std::all_of(recent_.rbegin(), recent_.rend(), [&](const Stamp& stamp) {
            const auto number = sent_with(stamp.rtp_timestamp - offset, stamp.at);
            if (!number) return false;
            const auto& code = sent_at(*number).frame.code;
            if (stamp.code && code) ++(*stamp.code == *code ? agreeing : clashing);
            return true;
        });
        if (!all) continue;
        ++fitting;
        fits = offset;
        if (agreeing < codes_to_believe || clashing > 0) continue;
        ++borne_out;
        is_borne_out = offset;
    }
    const bool alike = steps_are_alike();
    const bool enough = recent_.size() >= (last_chance ? frames_at_the_end : frames_to_believe);
    if (fitting == 1 && enough && !alike)
        offset_found(fits);
    else if (borne_out == 1)
        offset_found(is_borne_out);
    else if (searched_ >= frames_to_give_up || last_chance)
        stamps_ = fitting > 0 ? Stamps::ambiguous : Stamps::restamped;
}

void FrameTrips::offset_found(std::uint32_t offset) {
    stamps_ = Stamps::kept;
    offset_ = offset;
    strays_.clear();
    clashes_ = 0;
    if (!held_) return;
    const Back back = held_->back;
    held_.reset();
    judge_by_stamp(back);
}

void FrameTrips::doubt_offset() {
    stamps_ = Stamps::searching;
    searched_ = 0;
    recent_.clear();
}

void FrameTrips::note_stray(bool stray) {
    strays_.push_back(stray);
    if (strays_.size() > frames_to_believe) strays_.pop_front();
    if (static_cast<std::size_t>(std::count(strays_.begin(), strays_.end(), true)) >= strays_to_doubt) doubt_offset();
}

void FrameTrips::note_drift() {
    if (++drifts_ >= drifts_to_disbelieve) stamps_ = Stamps::restamped;
}

void FrameTrips::settle(TimePoint now, bool all) {
    while (!back_.empty()) {
        const Back& oldest = back_.front();
        const Duration waited = now - oldest.frame.last_packet;
        const bool stamps_known = stamps_ != Stamps::searching || waited >= hold;
        const bool picture_known = oldest.decoded || !plan_.decoded || waited >= decode_hold;
        if (!all && !(stamps_known && picture_known)) break;
        const Back back = oldest;
        back_.pop_front();
        judge(back);
    }
    if (held_ && (all || now - held_->back.frame.last_packet >= hold)) release_held();
}

void FrameTrips::judge(const Back& back) {
    if (stamps_ == Stamps::kept)
        judge_by_stamp(back);
    else
        judge_by_code(back);
}

void FrameTrips::judge_by_stamp(const Back& back) {
    const std::optional<std::uint32_t> unread;
    const auto& code = back.decoded ? back.decoded->code : unread;
    const auto number = sent_with(back.frame.rtp_timestamp - offset_, back.frame.last_packet);
    if (!number) {
        if (back.frame.uncalled_for) return;
        const auto shown = code ? sent_showing(*code, back.frame.last_packet, plan_.timeout) : std::nullopt;
        if (shown && sent_at(*shown).fate == Fate::returned)
            ++counts_.repeated;
        else
            ++(code ? counts_.mismatched : counts_.unknown);
        note_stray(true);
        if (shown) note_drift();
        return;
    }
    note_stray(false);
    const auto& ours = sent_at(*number).frame.code;
    if (!code || !ours) {
        match(back, *number, KnownBy::timestamp);
    } else if (*code == *ours) {
        clashes_ = 0;
        match(back, *number, KnownBy::both);
    } else if (!back.frame.uncalled_for) {
        ++counts_.mismatched;
        if (++clashes_ >= clashes_to_doubt) doubt_offset();
    }
}

void FrameTrips::judge_by_code(const Back& back) {
    if (!back.decoded) {
        count(&TripCounts::unknown, back);
        return;
    }
    if (!back.frame.uncalled_for) note_reading(back);
    const std::size_t in_order = readings_in_order();
    if (codes_believed_ && readings_.size() == readings_kept && in_order < codes_to_doubt) {
        release_held();
        codes_believed_ = false;
    }
    if (codes_believed_) {
        take_code(back);
        return;
    }
    unproven_.push_back(back);
    if (in_order >= codes_to_believe) {
        believe_codes();
    } else if (unproven_.size() > readings_kept) {
        give_up_code(unproven_.front());
        unproven_.pop_front();
    }
}

void FrameTrips::give_up_code(const Back& back) noexcept {
    if (const auto code = back.decoded->code) doubt_those_showing(*code, back.frame.last_packet);
    count(&TripCounts::unknown, back);
}

void FrameTrips::note_reading(const Back& back) {
    std::optional<Reading> reading;
    if (const auto code = back.decoded->code) {
        const TimePoint at = back.frame.last_packet;
        auto shown = sent_showing(*code, at, plan_.timeout);
        // What comes too late is ours all the same.
        if (!shown) shown = sent_showing(*code, at, plan_.timeout + remembered_longer);
        if (shown) reading = Reading{*shown, at - sent_at(*shown).frame.sent};
    }
    readings_.push_back(reading);
    if (readings_.size() > readings_kept) readings_.pop_front();
}

/// The most of them that show one frame after the other, with about the same way.
std::size_t FrameTrips::readings_in_order() const noexcept {
    std::array<std::size_t, readings_kept> up_to{};  // each, as the last one
    std::size_t most = 0;
    for (std::size_t i = 0; i < readings_.size(); ++i) {
        const auto& mine = readings_[i];
        if (!mine) continue;
        up_to[i] = 1;
        for (std::size_t k = 0; k < i; ++k) {
            const auto& other = readings_[k];
            if (!other || other->number >= mine->number || std::chrono::abs(other->way - mine->way) > most_change) continue;
            up_to[i] = std::max(up_to[i], up_to[k] + 1);
        }
        most = std::max(most, up_to[i]);
    }
    return most;
}

void FrameTrips::believe_codes() {
    codes_believed_ = true;
    const auto proven = std::exchange(unproven_, {});
    for (const Back& back : proven) take_code(back);
}

void FrameTrips::judge_unproven_at_the_end() {
    const std::size_t in_order = readings_in_order();
    if (in_order >= codes_at_the_end && 2 * in_order >= readings_.size()) {
        believe_codes();
        return;
    }
    for (const Back& back : unproven_) give_up_code(back);
    unproven_.clear();
}

void FrameTrips::take_code(const Back& back) {
    const auto code = back.decoded->code;
    const auto shown = code ? sent_showing(*code, back.frame.last_packet, plan_.timeout) : std::nullopt;
    if (!shown) {
        give_up_code(back);
        return;
    }
    if (held_ && *shown == held_->number) {
        count(&TripCounts::repeated, back);
        release_held();
        return;
    }
    const Fate fate = sent_at(*shown).fate;
    if (fate == Fate::returned || fate == Fate::late) {
        count(&TripCounts::repeated, back);
        return;
    }
    if (newest_by_code_ && *shown < *newest_by_code_) {
        count(&TripCounts::unknown, back);
        return;
    }
    if (held_ && *shown < held_->number) {
        // One of the two was read wrongly, and nobody knows which.
        count(&TripCounts::unknown, back);
        count(&TripCounts::unknown, held_->back);
        held_.reset();
        return;
    }
    const Held next{back, *shown};
    release_held(&next);
    held_ = next;
}

Duration FrameTrips::way_of(const Held& held) const { return held.back.frame.last_packet - sent_at(held.number).frame.sent; }

/// The frame that it rather is, with one ring of its code read wrongly: one that did not come by itself up to the next.
std::optional<std::uint64_t> FrameTrips::rather_than(const Held& held, const Held* next) const {
    if (!newest_way_ || way_changes_ < changes_to_know) return std::nullopt;
    const Duration next_way = next != nullptr ? way_of(*next) : *newest_way_;
    const Duration shortest = std::min(*newest_way_, next_way);
    const Duration longest = std::max(*newest_way_, next_way);
    const Duration unlike = std::max(like, from_seconds((next != nullptr ? changes_unlike : changes_unlike_alone) * way_change_));
    const TimePoint came = held.back.frame.last_packet;
    const SentFrame& shown = sent_at(held.number).frame;
    if (!shown.code || came - shown.sent <= longest + unlike) return std::nullopt;
    for (int ring = 0; ring < most_rings; ++ring) {
        const auto other = sent_showing(with_ring_changed(*shown.code, ring), came, plan_.timeout);
        if (!other || *other <= held.number || (next != nullptr && *other >= next->number)) continue;
        const Duration way = came - sent_at(*other).frame.sent;
        if (way >= shortest - like && way <= longest + like) return other;
    }
    return std::nullopt;
}

/// @param next  what bears it out, where something does.
void FrameTrips::release_held(const Held* next) {
    if (!held_) return;
    const Held held = *held_;
    held_.reset();
    if (const auto other = rather_than(held, next)) {
        sent_at(held.number).doubted = true;
        sent_at(*other).doubted = true;
        count(&TripCounts::unknown, held.back);
        return;
    }
    newest_by_code_ = held.number;
    match(held.back, held.number, KnownBy::code);
}

void FrameTrips::match(const Back& back, std::uint64_t number, KnownBy by) {
    Sent& sent = sent_at(number);
    if (sent.fate == Fate::returned || sent.fate == Fate::late) {
        count(&TripCounts::repeated, back);
        return;
    }
    if (!sent.frame.counted) {
        sent.fate = Fate::returned;
        if (!back.frame.uncalled_for) forget_uncounted(back);
        return;
    }
    if (back.frame.uncalled_for) {
        ++counts_.received;
        if (back.decoded) count_decoded(*back.decoded);
    }
    if (sent.fate == Fate::waiting)
        --waiting_;
    else
        --(sent.fate == Fate::lost ? counts_.lost : counts_.untold);
    if (back.frame.last_packet - sent.frame.sent > plan_.timeout) {
        sent.fate = Fate::late;
        ++counts_.late;
        ++counts_.lost;
        return;
    }
    sent.fate = Fate::returned;
    ++counts_.returned;
    const Duration way = back.frame.last_packet - sent.frame.sent;
    if (newest_way_) {
        way_changes_ = std::min(way_changes_ + 1, changes_averaged);
        const double change = std::abs(to_seconds(way - *newest_way_));
        way_change_ += (change - way_change_) / static_cast<double>(way_changes_);
    }
    newest_way_ = way;
    FrameTrip trip;
    trip.index = sent.frame.index;
    trip.by = by;
    trip.captured = sent.frame.captured;
    trip.sent = sent.frame.sent;
    trip.last_packet = back.frame.last_packet;
    trip.assembled = back.frame.assembled;
    if (back.decoded) trip.decoded = back.decoded->decoded;
    trips_.push_back(trip);
}

void FrameTrips::forget_uncounted(const Back& back) noexcept {
    --counts_.received;
    if (!back.decoded) return;
    --counts_.decoded;
    if (codes_sent_ && !back.decoded->code) --counts_.unreadable;
}

void FrameTrips::count(std::uint64_t TripCounts::*what, const Back& back) noexcept {
    if (!back.frame.uncalled_for) ++(counts_.*what);
}

void FrameTrips::count_decoded(const DecodedFrame& frame) noexcept {
    ++counts_.decoded;
    if (codes_sent_ && !frame.code) ++counts_.unreadable;
}

void FrameTrips::advance(TimePoint now) {
    settle(now, false);
    expire(now);
    forget_sent(now);
}

std::optional<TimePoint> FrameTrips::next_timeout() const {
    std::optional<TimePoint> next;
    const auto at_latest = [&next](TimePoint at) { next = next ? std::min(*next, at) : at; };
    if (!back_.empty()) {
        // It waits for the offset, for its picture, or for both.
        const Back& oldest = back_.front();
        const bool picture_known = oldest.decoded || !plan_.decoded;
        at_latest(oldest.frame.last_packet + (stamps_ == Stamps::searching || picture_known ? hold : decode_hold));
    }
    if (held_) at_latest(held_->back.frame.last_packet + hold);
    for (auto number = oldest_waiting_; number < first_number_ + sent_.size(); ++number) {
        if (sent_at(number).fate != Fate::waiting) continue;
        at_latest(sent_at(number).frame.sent + plan_.timeout + hold);
        break;
    }
    return next;
}

void FrameTrips::finish(TimePoint now) {
    if (stamps_ == Stamps::searching) search_offset(true);
    settle(now, true);
    if (!unproven_.empty()) judge_unproven_at_the_end();
    release_held();
    expire(now + hold);  // nothing is being judged any more
    forget_sent(now);
}

std::optional<TimePoint> FrameTrips::oldest_under_way() const {
    const auto at = std::ranges::find(sent_, Fate::waiting, &Sent::fate);
    if (waiting_ == 0 || at == sent_.end()) return std::nullopt;
    return at->frame.sent;
}

std::optional<FrameTrip> FrameTrips::poll() {
    if (trips_.empty()) return std::nullopt;
    const FrameTrip out = trips_.front();
    trips_.pop_front();
    return out;
}

}  // namespace volley::call
