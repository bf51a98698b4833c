#include "streams/jitter_buffer.hpp"

#include <algorithm>
#include <utility>

namespace volley::streams {
bool JitterBuffer::put(std::uint64_t sequence, BufferedPacket packet) {
    const TimePoint now = packet.arrival;
    if (slots_.empty() && untouched_) next_ = sequence;
    while (untouched_ && sequence < next_ && next_ - sequence <= most_before_first && slots_.size() < most_packets) {
        slots_.push_front({false, now, {}});
        --next_;
        scanned_ = 0;
        scanned_key_ = false;
    }
    if (sequence < next_) {
        ++packets_discarded_;
        return false;
    }
    if (sequence - next_ >= most_packets || bytes_ + packet.payload.size() > most_bytes) {
        // Whatever is missing there, it takes too long.
        drop(slots_.size());
        if (sequence > next_) {
            missing_ += sequence - next_;
            next_ = sequence;
        }
        boundary_ = false;
        cut_ = true;
        await_key();
        dropped_for_key_ = awaits_key_;
        if (sequence < next_) {
            ++packets_discarded_;
            return false;
        }
    }
    const auto at = static_cast<std::size_t>(sequence - next_);
    while (slots_.size() <= at) slots_.push_back({false, now, {}});
    Slot& slot = slots_[at];
    if (slot.present) return false;
    bytes_ += packet.payload.size();
    key_ahead_ = key_ahead_ || packet.shape.key;
    slot = {true, now, std::move(packet)};
    return true;
}

// Looks from slot `at` on for the end of its frame, of which `known` slots were looked at before.
JitterBuffer::Scan JitterBuffer::scan_from(std::size_t at, std::size_t known, bool key) const noexcept {
    Scan out{known, false, key, std::nullopt};
    const std::uint32_t timestamp = slots_[at].packet.timestamp;
    for (; at + out.slots < slots_.size(); ++out.slots) {
        const Slot& slot = slots_[at + out.slots];
        if (!slot.present) {
            out.gap = slot.since;
            return out;
        }
        if (slot.packet.payload.empty()) continue;
        if (slot.packet.timestamp != timestamp) {
            out.complete = true;
            return out;
        }
        out.key = out.key || slot.packet.shape.key;
        if (slot.packet.marker || slot.packet.shape.ends_frame) {
            ++out.slots;
            out.complete = true;
            return out;
        }
    }
    return out;
}

// By what its packets say.
bool JitterBuffer::starts_at(std::size_t at) const noexcept {
    constexpr std::size_t most_leading = 16;
    const std::uint32_t timestamp = slots_[at].packet.timestamp;
    for (const std::size_t end = std::min(slots_.size(), at + most_leading); at < end && slots_[at].present; ++at) {
        const BufferedPacket& packet = slots_[at].packet;
        if (packet.payload.empty()) continue;
        if (packet.timestamp != timestamp) return false;
        if (packet.shape.starts_frame) return true;
        if (!packet.shape.leads) return false;
    }
    return false;
}

std::optional<std::size_t> JitterBuffer::complete_key_ahead() const noexcept {
    for (std::size_t at = 1; at < slots_.size();) {
        const Slot& slot = slots_[at];
        const Slot& before = slots_[at - 1];
        const bool follows = before.present && !before.packet.payload.empty() &&
                             (before.packet.marker || before.packet.timestamp != slot.packet.timestamp);
        if (!slot.present || slot.packet.payload.empty() || !(starts_at(at) || follows)) {
            ++at;
            continue;
        }
        const Scan scan = scan_from(at, 0, false);
        if (scan.complete && scan.key) return at;
        at += std::max<std::size_t>(scan.slots, 1);
    }
    return std::nullopt;
}

bool JitterBuffer::jump_to_key() {
    if (!key_ahead_ || !options_.needs_key) return false;
    if (const auto at = complete_key_ahead()) {
        drop(*at);
        boundary_ = true;
        awaits_key_ = true;  // which the frame at the front ends
        return true;
    }
    look_for_key();
    return false;
}

void JitterBuffer::look_for_key() noexcept {
    key_ahead_ =
        std::any_of(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.present && slot.packet.shape.key; });
}

// A gap is passed over when it is too old, or when what follows needs nothing of it.
bool JitterBuffer::skip_gap(TimePoint now, TimePoint since) {
    const TimePoint key_may_jump = since + options_.wait_before_key;
    if (options_.video && (awaits_key_ || now >= key_may_jump) && jump_to_key()) return true;
    if (now >= since + options_.wait) {
        std::size_t gap = 0;
        while (gap < slots_.size() && slots_[gap].present) ++gap;
        give_up(next_ + gap);
        return true;
    }
    deadline_ = since + options_.wait;
    if (options_.video && key_ahead_ && now < key_may_jump) deadline_ = std::min(*deadline_, key_may_jump);
    return false;
}

std::optional<BufferedFrame> JitterBuffer::pop(TimePoint now) {
    deadline_.reset();
    while (!slots_.empty()) {
        const Slot& front = slots_.front();
        if (!front.present) {
            if (!skip_gap(now, front.since)) return std::nullopt;
            continue;
        }
        if (front.packet.payload.empty()) {
            drop_front();
            continue;
        }
        if (!options_.video) {
            ++frames_complete_;
            return take(1);
        }
        if (!boundary_ && !starts_at(0)) {
            if (awaits_key_ && jump_to_key()) continue;
            if (!cut_ && now < front.since + options_.start_wait) {
                deadline_ = front.since + options_.start_wait;
                return std::nullopt;
            }
            // The rest of a frame whose start nobody has.
            dropped_for_key_ = dropped_for_key_ || awaits_key_;
            cut_ = true;
            const std::uint32_t timestamp = front.packet.timestamp;
            const bool ended = front.packet.marker || front.packet.shape.ends_frame;
            drop(1);
            boundary_ = ended || (!slots_.empty() && slots_.front().present && !slots_.front().packet.payload.empty() &&
                                  slots_.front().packet.timestamp != timestamp);
            continue;
        }
        const Scan scan = scan_from(0, scanned_, scanned_key_);
        scanned_ = scan.slots;
        scanned_key_ = scan.key;
        if (scan.gap) {
            if (!skip_gap(now, *scan.gap)) return std::nullopt;
            continue;
        }
        if (!scan.complete) return std::nullopt;
        if (awaits_key_ && !scan.key && untouched_ && now < front.since + options_.start_wait) {
            // The key frame that it is made from may have been overtaken.
            if (jump_to_key()) continue;
            deadline_ = front.since + options_.start_wait;
            return std::nullopt;
        }
        ++frames_complete_;
        if (awaits_key_ && !scan.key) {
            ++frames_dropped_;
            dropped_for_key_ = true;
            drop(scan.slots);
            boundary_ = true;
            cut_ = false;
            continue;
        }
        return take(scan.slots);
    }
    return std::nullopt;
}

void JitterBuffer::give_up(std::uint64_t sequence) {
    if (sequence < next_) return;
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(sequence - next_ + 1, slots_.size()));
    drop(count);
    if (sequence >= next_) {
        missing_ += sequence - next_ + 1;
        next_ = sequence + 1;
    }
    boundary_ = false;
    cut_ = true;
    if (!awaits_key_) {
        await_key();
        dropped_for_key_ = false;
    }
    dropped_for_key_ = dropped_for_key_ || awaits_key_;
}

void JitterBuffer::restart() {
    drop(slots_.size());
    untouched_ = true;
    boundary_ = !options_.needs_key;
    cut_ = false;
    key_ahead_ = false;
    await_key();
    dropped_for_key_ = false;
}

BufferedFrame JitterBuffer::take(std::size_t slots) {
    BufferedFrame out;
    const BufferedPacket& first = slots_.front().packet;
    out.timestamp = first.timestamp;
    out.codec = first.codec;
    out.first_sequence = next_;
    out.first_arrival = first.arrival;
    out.packets_missing = std::exchange(missing_, 0);
    out.key = !options_.video || scanned_key_;
    out.payloads.reserve(slots);
    for (std::size_t i = 0; i < slots; ++i) {
        BufferedPacket& packet = slots_.front().packet;
        if (!packet.payload.empty()) {
            out.first_arrival = std::min(out.first_arrival, packet.arrival);
            out.last_arrival = std::max(out.last_arrival, packet.arrival);
            out.marker = packet.marker;
            out.resent = out.resent || packet.resent;
            bytes_ -= packet.payload.size();
            out.payloads.push_back(std::move(packet.payload));
        }
        slots_.pop_front();
        ++next_;
    }
    if (scanned_key_) look_for_key();
    scanned_ = 0;
    scanned_key_ = false;
    untouched_ = false;
    boundary_ = true;
    cut_ = false;
    awaits_key_ = false;
    dropped_for_key_ = false;
    return out;
}

void JitterBuffer::drop_front() noexcept {
    Slot& front = slots_.front();
    if (front.present)
        bytes_ -= front.packet.payload.size();
    else
        ++missing_;
    slots_.pop_front();
    ++next_;
    scanned_ = 0;
    scanned_key_ = false;
    untouched_ = false;
}

void JitterBuffer::drop(std::size_t slots) noexcept {
    for (; slots > 0; --slots) {
        const Slot& front = slots_.front();
        if (front.present && !front.packet.payload.empty()) ++packets_discarded_;
        drop_front();
    }
}

}  // namespace volley::streams
