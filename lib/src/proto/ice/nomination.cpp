// Which pair the agent uses, and whether the peer still wants it to. Source: RFC 8445 section 8; RFC 7675.
#include <algorithm>
#include <utility>

#include "proto/ice/agent.hpp"

namespace volley::proto::ice {
namespace {

using namespace std::chrono_literals;

// RFC 8445 section 8.3: candidates that were not chosen are kept for that long, since packets may still come to them.
constexpr Duration release_delay = 3s;
// A peer that nominates aggressively does so within its first checks. Whoever nominates something worse after that long has moved.
constexpr Duration nomination_settles = 5s;

constexpr Duration check_is_fresh = 1s;

}  // namespace

bool IceAgent::is_path_current() const noexcept { return path_ && path_->local_credentials == local_; }

bool IceAgent::is_path(const Pair& pair) const noexcept {
    return is_path_current() && path_->base == pair.base && path_->remote == remotes_[pair.remote].candidate.endpoint;
}

void IceAgent::use(TimePoint now, const Pair& pair, bool nominated) {
    const Remote& remote = remotes_[pair.remote];
    const bool same = is_path(pair);
    if (!same) {
        path_ = Path{pair.base, remote.candidate.endpoint, local_, *remote_, nominated, {}};
        path_->consent.start(now, config_.consent, random_);
    }
    if (!same || path_->nominated != nominated)
        events_.emplace_back(PathChanged{gatherer_.candidates()[pair.local].candidate, remote.candidate, nominated});
    path_->nominated = nominated;
    set_state(nominated ? State::completed : State::connected);
    if (nominated) gatherer_.bind_channel(now, pair.base, path_->remote);
}

// Until the controlling side has chosen, data takes the best way that there is.
void IceAgent::use_best(TimePoint now) {
    if (chosen_) return;
    if (const Pair* const best = list_.best_valid()) {
        if (!is_path(*best) || state_ != State::connected) use(now, *best, false);
        return;
    }
    if (!is_path_current()) return;
    path_.reset();
    set_state(State::checking);
}

Duration IceAgent::patience_for(const Pair& pair) const noexcept {
    const CandidateType local = gatherer_.candidates()[pair.local].candidate.type;
    const CandidateType remote = remotes_[pair.remote].candidate.type;
    if (local == CandidateType::relayed || remote == CandidateType::relayed) return config_.relayed_patience;
    if (local != CandidateType::host || remote != CandidateType::host) return config_.reflexive_patience;
    return Duration::zero();
}

// Regular nomination, section 8.1.1: when the best that is valid is likely to remain the best.
void IceAgent::consider_nomination(TimePoint now) {
    nominate_at_.reset();
    if (role_ != Role::controlling || chosen_ || !remote_ || state_ == State::closed) return;
    const auto& pairs = list_.pairs();
    if (std::any_of(pairs.begin(), pairs.end(), [](const Pair& p) { return p.is_being_nominated(); })) return;
    Pair* const best = list_.best_valid();
    if (best == nullptr) return;
    const bool better_is_open = std::any_of(pairs.begin(), pairs.end(), [&](const Pair& p) {
        return (p.state == PairState::waiting || p.state == PairState::in_progress) && p.priority > best->valid_priority;
    });
    const bool more_may_come = !remotes_complete_ || !gatherer_.done();
    const TimePoint due = started_at_ + patience_for(*best);
    if ((better_is_open || more_may_come) && now < due) {
        nominate_at_ = due;
        return;
    }
    send_check(now, *best, true);
}

// The peer's, of a pair that is valid.
void IceAgent::handle_nomination(TimePoint now, Pair& pair) {
    pair.nominated = true;
    pair.last_nominated = now;
    if (chosen_ && is_path(pair)) return;
    const auto& pairs = list_.pairs();
    const auto current = std::find_if(pairs.begin(), pairs.end(), [&](const Pair& p) { return is_path(p); });
    if (chosen_ && current != pairs.end() && current->valid_priority > pair.valid_priority &&
        now - current->last_nominated < nomination_settles)
        return;
    choose(now, pair);
    // The check that made it valid may be long ago.
    if (now - pair.validated_at < check_is_fresh) return;
    path_->consent.hurry(now);
    check_consent(now);
}

void IceAgent::choose(TimePoint now, Pair& pair) {
    pair.nominated = true;
    pair.last_nominated = now;
    chosen_ = true;
    nominate_at_.reset();
    use(now, pair, true);
    // Section 8.1.2, and for a peer that nominates aggressively RFC 5245 section 8.1.2: what is better may still come to be.
    for (auto& other : list_.pairs()) {
        if (&other == &pair || other.valid() || other.state == PairState::failed) continue;
        if (role_ == Role::controlled && other.priority > pair.valid_priority && other.state == PairState::in_progress) continue;
        other.stop_checks();
        other.state = PairState::failed;
    }
    if (!release_at_) release_at_ = now + release_delay;
}

// --- consent ---------------------------------------------------------------------------------------------------------------------

void IceAgent::check_consent(TimePoint now) {
    if (!path_) return;
    const Duration age = now - path_->consent.confirmed_at();
    if (age >= config_.consent.expiry || !gatherer_.is_alive(path_->base)) {
        const bool was_current = is_path_current();
        path_.reset();
        if (!was_current) return;
        // Consent that ran out is given anew by a restart alone (RFC 7675 section 5.1), so nothing more is checked.
        remote_.reset();
        list_.clear();
        chosen_ = false;
        nominate_at_.reset();
        return set_state(State::failed);
    }
    if (age >= config_.consent.overdue && (state_ == State::connected || state_ == State::completed))
        set_state(State::disconnected);
    if (now >= path_->consent.due()) send_consent_check(now);
}

void IceAgent::send_consent_check(TimePoint now) {
    stun::TransactionId id{};
    random_.fill(id);
    std::uint32_t priority = 0;
    const bool use_candidate = role_ == Role::controlling && path_->nominated && is_path_current();
    Bytes bytes =
        start_request(id, path_->base, path_->local_credentials, path_->remote_credentials, priority, use_candidate).finish();
    path_->consent.sent(now, id, config_.consent, random_);
    transmit(now, path_->base, path_->remote, std::move(bytes));
}

}  // namespace volley::proto::ice
