// Whether the peer still wants what we send. Source: RFC 7675 section 5.1.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include <volley/time.hpp>

#include "base/random.hpp"
#include "proto/stun/message.hpp"

namespace volley::proto::ice {

struct ConsentPlan {
    Duration interval = std::chrono::seconds(5);  ///< from an answer to the next check, times 0.8 to 1.2 at random
    Duration retry = std::chrono::seconds(1);     ///< from a check without an answer to the next one, likewise
    Duration overdue = std::chrono::seconds(10);  ///< without an answer the peer is called out of reach
    Duration expiry = std::chrono::seconds(30);   ///< without an answer nothing may be sent any longer
};

/// The consent for one path. A check has a transaction of its own and is not repeated; the answer to any of them renews consent. Where one
/// is missing the next check comes sooner, or the few of 30 s would all be lost now and then on a bad network.
/// Thread safety: as a plain value.
class Consent {
public:
    /// A check was answered just now.
    void start(TimePoint now, const ConsentPlan& plan, RandomSource& random) {
        confirmed_at_ = now;
        schedule(now, plan.interval, random);
    }
    /// A consent check leaves.
    void sent(TimePoint now, const stun::TransactionId& id, const ConsentPlan& plan, RandomSource& random) {
        ids_[next_id_++ % ids_.size()] = id;
        schedule(now, plan.retry, random);
    }
    [[nodiscard]] bool is_ours(const stun::TransactionId& id) const noexcept {
        const auto end = ids_.begin() + static_cast<std::ptrdiff_t>(std::min(next_id_, ids_.size()));
        return std::find(ids_.begin(), end, id) != end;
    }
    void hurry(TimePoint now) noexcept { due_ = now; }

    [[nodiscard]] TimePoint due() const noexcept { return due_; }
    [[nodiscard]] TimePoint confirmed_at() const noexcept { return confirmed_at_; }

private:
    void schedule(TimePoint now, Duration wait, RandomSource& random) {
        due_ = now + std::chrono::duration_cast<Duration>(wait * (0.8 + 0.4 * random.uniform()));
    }

    std::array<stun::TransactionId, 8> ids_{};  // the latest
    std::size_t next_id_ = 0;
    TimePoint due_{};
    TimePoint confirmed_at_{};
};

}  // namespace volley::proto::ice
