// The agent's connectivity checks: those that it makes, and those that it answers. Source: RFC 8445 section 7.
#include <algorithm>
#include <utility>

#include "proto/ice/agent.hpp"
#include "proto/stun/integrity.hpp"

namespace volley::proto::ice {
namespace {

using stun::Attribute;
using stun::MessageClass;
using stun::Method;

constexpr int role_conflict = 487;  // RFC 8445 section 16.2

// Each check of the peer brings one of ours, at once, since it may be the one that a NAT lets through. But the transactions that are
// remembered must be enough for the time that an answer takes: after the first few, they come no closer than this.
constexpr std::size_t eager_checks = 3;
constexpr Duration between_triggered_checks = std::chrono::milliseconds(500);

}  // namespace

std::optional<std::string_view> ufrag_of_check(const stun::MessageView& message) noexcept {
    const auto username = message.text(Attribute::username);
    if (!username || message.method() != Method::binding || message.message_class() != MessageClass::request) return std::nullopt;
    return username->substr(0, username->find(':'));
}

// --- ours ------------------------------------------------------------------------------------------------------------------------

void IceAgent::pump(TimePoint now) {
    if (!remote_ || state_ == State::closed || now < next_check_at_) return;
    Pair* const pair = list_.next_waiting();
    if (pair == nullptr) return;
    send_check(now, *pair, false);
    next_check_at_ = now + config_.pace;
}

stun::MessageBuilder IceAgent::start_request(const stun::TransactionId& id, std::size_t base, const Credentials& local,
                                             const Credentials& remote, std::uint32_t& priority, bool use_candidate) const {
    // Section 7.1.1: the priority that our candidate will have for the peer if the check shows an address that it does not know.
    priority = candidate_priority(CandidateType::peer_reflexive, gatherer_.bases()[base].local_preference);
    stun::MessageBuilder out(MessageClass::request, Method::binding, id);
    out.text(Attribute::username, remote.ufrag + ':' + local.ufrag).u32(Attribute::priority, priority);
    out.u64(role_ == Role::controlling ? Attribute::ice_controlling : Attribute::ice_controlled, tie_breaker_);
    if (use_candidate) out.flag(Attribute::use_candidate);
    out.integrity(bytes_of(remote.password)).fingerprint();
    return out;
}

void IceAgent::send_check(TimePoint now, Pair& pair, bool use_candidate) {
    Check check;
    random_.fill(check.id);
    check.controlling = role_ == Role::controlling;
    check.use_candidate = use_candidate;
    check.bytes = start_request(check.id, pair.base, local_, *remote_, check.priority, use_candidate).finish();
    check.sent_at = now;
    check.timer.start(now, config_.checks);
    // An earlier check is not sent again, but its answer is as good (section 7.3.1.4).
    pair.stop_checks();
    if (pair.checks.size() >= Pair::most_checks) pair.checks.erase(pair.checks.begin());
    if (!pair.valid()) pair.state = PairState::in_progress;
    transmit_check(now, pair.base, remotes_[pair.remote].candidate.endpoint, check.bytes);
    pair.checks.push_back(std::move(check));
}

void IceAgent::trigger(TimePoint now, Pair& pair) {
    // Without the peer's credentials the pair waits for start_checks(). A lite peer makes no checks, so none is triggered.
    if (!remote_ || remote_lite_ || pair.valid() || !gatherer_.is_alive(pair.base)) return;
    const bool eager = pair.checks.size() < eager_checks;
    if (!eager && pair.current() != nullptr && now - pair.current()->sent_at < between_triggered_checks) return;
    send_check(now, pair, false);
}

void IceAgent::fail_pair(TimePoint now, Pair& pair) {
    pair.checks.clear();
    pair.state = PairState::failed;
    pair.nominate_when_valid = false;
    if (is_path(pair)) use_best(now);
    consider_nomination(now);
}

// --- the peer's ------------------------------------------------------------------------------------------------------------------

void IceAgent::handle_request(TimePoint now, std::size_t base, const Endpoint& remote, const stun::MessageView& request) {
    const auto ours = ufrag_of_check(request);
    const bool sealed = request.has(Attribute::message_integrity) || request.has(Attribute::message_integrity_sha256);
    if (!ours || !sealed) {
        // Whoever sends us anything at all is not to get answers for it: only what is STUN for certain.
        if (request.has(Attribute::fingerprint)) reject(now, base, remote, request, 400, "Bad Request", {});
        return;
    }
    const bool is_current = *ours == local_.ufrag;
    const Credentials* const credentials = is_current ? &local_ : earlier_ && *ours == earlier_->ufrag ? &*earlier_ : nullptr;
    if (credentials == nullptr || stun::check_integrity(request, bytes_of(credentials->password)) != stun::Integrity::right) {
        if (request.has(Attribute::fingerprint)) reject(now, base, remote, request, 401, "Unauthorized", {});
        return;
    }
    const std::string& password = credentials->password;
    if (!request.unknown_required().empty()) return reject(now, base, remote, request, 420, "Unknown Attribute", password);
    // What an old description let in is answered as long as data may go that way, and means nothing for the new one.
    if (!is_current) return answer(now, base, remote, request, password);
    if (!resolve_conflict(request)) return reject(now, base, remote, request, role_conflict, "Role Conflict", password);
    answer(now, base, remote, request, password);
    proven_ = true;

    const auto priority = request.u32(Attribute::priority);
    Pair* const pair = pair_of(base, remote, priority.value_or(0));
    if (pair == nullptr) return;
    pair->heard = true;
    const bool nominated = role_ == Role::controlled && request.has(Attribute::use_candidate);
    if (pair->valid()) {
        if (nominated) handle_nomination(now, *pair);
        return;
    }
    pair->nominate_when_valid = pair->nominate_when_valid || nominated;
    trigger(now, *pair);
}

void IceAgent::answer(TimePoint now, std::size_t base, const Endpoint& remote, const stun::MessageView& request,
                      std::string_view password) {
    transmit(now, base, remote,
             stun::MessageBuilder(MessageClass::success, Method::binding, request.transaction_id())
                 .address(Attribute::xor_mapped_address, remote)
                 .integrity(bytes_of(password))
                 .fingerprint()
                 .finish());
}

// @param password  empty: it is not known who asked, and nothing to show who answers.
void IceAgent::reject(TimePoint now, std::size_t base, const Endpoint& remote, const stun::MessageView& request, int code,
                      std::string_view reason, std::string_view password) {
    stun::MessageBuilder out(MessageClass::error, Method::binding, request.transaction_id());
    out.error(code, reason);
    if (code == 420) out.unknown_attributes(request.unknown_required());
    if (!password.empty()) out.integrity(bytes_of(password));
    transmit(now, base, remote, out.fingerprint().finish());
}

// Section 7.3.1.1. False: the peer is to change its role.
bool IceAgent::resolve_conflict(const stun::MessageView& request) {
    const auto theirs = request.u64(role_ == Role::controlling ? Attribute::ice_controlling : Attribute::ice_controlled);
    if (!theirs) return true;
    const bool stay_or_become_controlling = tie_breaker_ >= *theirs;
    if (role_ == Role::controlling) {
        if (stay_or_become_controlling) return false;
        switch_role(Role::controlled);
        return true;
    }
    if (!stay_or_become_controlling) return false;
    switch_role(Role::controlling);
    return true;
}

// The pair that a check came on; made if need be (sections 7.3.1.3 and 7.3.1.4). Nothing: there is no room.
Pair* IceAgent::pair_of(std::size_t base, const Endpoint& remote, std::uint32_t priority) {
    const auto known =
        std::find_if(remotes_.begin(), remotes_.end(), [&](const Remote& r) { return r.candidate.endpoint == remote; });
    auto index = static_cast<std::size_t>(known - remotes_.begin());
    if (known == remotes_.end()) {
        Remote found;
        found.candidate.foundation = "prflx" + std::to_string(index);
        found.candidate.priority = priority;
        found.candidate.endpoint = remote;
        found.candidate.type = CandidateType::peer_reflexive;
        found.signalled = false;
        const auto reflexive = std::count_if(remotes_.begin(), remotes_.end(), [](const Remote& r) { return !r.signalled; });
        if (static_cast<std::size_t>(reflexive) < config_.most_reflexive_candidates) {
            remotes_.push_back(std::move(found));
        } else {
            // A peer that comes from ever new addresses loses the oldest that lead nowhere.
            const auto leads_somewhere = [&](std::size_t i) {
                return std::any_of(list_.pairs().begin(), list_.pairs().end(),
                                   [&](const Pair& p) { return p.remote == i && (p.valid() || is_path(p)); });
            };
            for (index = 0; index < remotes_.size(); ++index)
                if (!remotes_[index].signalled && !leads_somewhere(index)) break;
            if (index == remotes_.size()) return nullptr;
            std::erase_if(list_.pairs(), [&](const Pair& p) { return p.remote == index; });
            std::rotate(remotes_.begin() + static_cast<std::ptrdiff_t>(index),
                        remotes_.begin() + static_cast<std::ptrdiff_t>(index) + 1, remotes_.end());
            for (auto& pair : list_.pairs())
                if (pair.remote > index) --pair.remote;
            index = remotes_.size() - 1;
            remotes_[index] = std::move(found);
        }
    }
    pair_with(base, index, true);
    return list_.find(base, index);
}

// --- answers ---------------------------------------------------------------------------------------------------------------------

void IceAgent::handle_answer(TimePoint now, std::size_t base, const Endpoint& remote, const stun::MessageView& message) {
    const auto is_genuine = [&](const Credentials& theirs) {
        return stun::check_integrity(message, bytes_of(theirs.password)) == stun::Integrity::right;
    };
    const bool is_error = message.message_class() == MessageClass::error;
    const int code = is_error && message.error() ? message.error()->code : 0;
    if (!message.unknown_required().empty()) return;

    if (path_ && path_->base == base && path_->consent.is_ours(message.transaction_id())) {
        if (path_->remote != remote || !is_genuine(path_->remote_credentials)) return;
        if (code == role_conflict) {
            switch_role(role_ == Role::controlling ? Role::controlled : Role::controlling);
            tie_breaker_ = random_.next();
            path_->consent.hurry(now);
        }
        if (is_error) return;
        path_->consent.start(now, config_.consent, random_);
        if (state_ == State::disconnected) set_state(chosen_ ? State::completed : State::connected);
        return;
    }

    Pair* const pair = list_.find(base, message.transaction_id());
    if (pair == nullptr || !remote_ || !is_genuine(*remote_)) return;
    proven_ = true;
    const auto found =
        std::find_if(pair->checks.begin(), pair->checks.end(), [&](const Check& c) { return c.id == message.transaction_id(); });
    const Check check = *found;
    // Section 7.2.5.2.1: an answer that comes another way shows no way.
    if (remotes_[pair->remote].candidate.endpoint != remote) return fail_pair(now, *pair);
    if (code == role_conflict) {
        // Someone may have changed the role meanwhile; what counts is that it is not the one that was refused.
        if (check.controlling == (role_ == Role::controlling)) {
            switch_role(check.controlling ? Role::controlled : Role::controlling);
            tie_breaker_ = random_.next();
        }
        if (!pair->valid()) send_check(now, *pair, false);
        return;
    }
    if (is_error) {
        if (code < 500) fail_pair(now, *pair);
        return;  // the peer is busy; the check is repeated
    }
    handle_success(now, *pair, check, message);
}

void IceAgent::handle_success(TimePoint now, Pair& pair, const Check& check, const stun::MessageView& message) {
    const auto mapped = message.address(Attribute::xor_mapped_address);
    if (!mapped) return;
    // A nomination that is on its way goes on; everything else has its answer.
    std::erase_if(pair.checks, [&](const Check& c) { return c.id == check.id || !(c.repeated && c.use_candidate); });
    pair.state = PairState::succeeded;
    pair.validated_at = now;
    pair.local = gatherer_.seen_as(pair.base, *mapped, check.priority);
    pair.valid_priority =
        priority_of(gatherer_.candidates()[pair.local].candidate.priority, remotes_[pair.remote].candidate.priority);
    if (role_ == Role::controlling ? check.use_candidate : pair.nominate_when_valid) {
        pair.nominate_when_valid = false;
        return role_ == Role::controlling ? choose(now, pair) : handle_nomination(now, pair);
    }
    use_best(now);
    consider_nomination(now);
}

void IceAgent::switch_role(Role role) {
    role_ = role;
    for (auto& pair : list_.pairs()) {
        const std::uint32_t theirs = remotes_[pair.remote].candidate.priority;
        const Base& base = gatherer_.bases()[pair.base];
        pair.priority = priority_of(
            candidate_priority(base.turn ? CandidateType::relayed : CandidateType::host, base.local_preference), theirs);
        if (pair.valid()) pair.valid_priority = priority_of(gatherer_.candidates()[pair.local].candidate.priority, theirs);
        // It is the peer's now to nominate.
        if (pair.is_being_nominated()) pair.checks.clear();
        pair.nominate_when_valid = false;
    }
    nominate_at_.reset();
    events_.emplace_back(RoleChanged{role});
}

}  // namespace volley::proto::ice
