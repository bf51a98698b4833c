// The pairs of one agent and their states. Source: RFC 8445 sections 6.1.2 and 7.2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <volley/time.hpp>

#include "proto/ice/candidate.hpp"
#include "proto/stun/message.hpp"
#include "proto/stun/retransmission.hpp"

namespace volley::proto::ice {

/// One connectivity check on its way.
struct Check {
    stun::TransactionId id{};
    stun::Retransmission timer;
    TimePoint sent_at{};  ///< for the first time
    Bytes bytes;
    std::uint32_t priority = 0;  ///< what it said
    bool controlling = false;    ///< the role that it said
    bool use_candidate = false;
    bool repeated = true;  ///< false: taken over by a later one, but its answer is still good
};

/// There is no frozen state: with one component and one check list it would hold nothing back that matters.
enum class PairState : std::uint8_t { waiting, in_progress, succeeded, failed };

/// A base of ours and a candidate of the peer. Checks leave from bases, so a server-reflexive candidate is in no pair: it would be pruned
/// for its base (section 6.1.2.4). The pair that a check makes valid is this same one, with `local` being the address that the peer saw.
struct Pair {
    std::size_t base = 0;    ///< index among the agent's bases
    std::size_t remote = 0;  ///< index among the peer's candidates
    std::uint64_t priority = 0;
    PairState state = PairState::waiting;
    bool heard = false;      ///< a genuine check of the peer came on it
    bool nominated = false;  ///< by USE-CANDIDATE of either side, and valid
    bool nominate_when_valid = false;
    TimePoint last_nominated{};
    TimePoint validated_at{};
    std::size_t local = 0;  ///< index among our candidates; once succeeded
    std::uint64_t valid_priority = 0;
    std::vector<Check> checks;  ///< the newest last, at most most_checks

    static constexpr std::size_t most_checks = 8;

    [[nodiscard]] bool valid() const noexcept { return state == PairState::succeeded; }
    /// The check that is sent again until it is answered.
    [[nodiscard]] Check* current() noexcept { return !checks.empty() && checks.back().repeated ? &checks.back() : nullptr; }
    [[nodiscard]] const Check* current() const noexcept {
        return !checks.empty() && checks.back().repeated ? &checks.back() : nullptr;
    }
    [[nodiscard]] bool is_being_nominated() const noexcept { return current() != nullptr && current()->use_candidate; }
    void stop_checks() noexcept {
        for (auto& check : checks) check.repeated = false;
    }
};

/// Thread safety: as a plain value. References to pairs are good until the next add().
class CheckList {
public:
    /// Section 6.1.2.5 has 100.
    explicit CheckList(std::size_t most_pairs = 100) noexcept : most_pairs_(most_pairs) {}

    /// Adds a pair unless it is there. When the list is full the waiting or failed pair of lowest priority makes room, if its is lower or
    /// `must` is set. Nothing: there was no room.
    Pair* add(std::size_t base, std::size_t remote, std::uint64_t priority, bool must);
    [[nodiscard]] Pair* find(std::size_t base, std::size_t remote) noexcept;
    [[nodiscard]] Pair* find(std::size_t base, const stun::TransactionId& id) noexcept;

    /// Of highest priority; nothing if none waits.
    [[nodiscard]] Pair* next_waiting() noexcept;
    [[nodiscard]] Pair* best_valid() noexcept;

    [[nodiscard]] std::vector<Pair>& pairs() noexcept { return pairs_; }
    [[nodiscard]] const std::vector<Pair>& pairs() const noexcept { return pairs_; }
    void clear() noexcept { pairs_.clear(); }

private:
    std::size_t most_pairs_;
    std::vector<Pair> pairs_;
};

}  // namespace volley::proto::ice
