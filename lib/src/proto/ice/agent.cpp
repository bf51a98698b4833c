#include "proto/ice/agent.hpp"

#include <algorithm>
#include <utility>

#include "proto/stun/integrity.hpp"

namespace volley::proto::ice {
namespace {

constexpr std::string_view ice_chars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string_view to_string(State state) noexcept {
    switch (state) {
        case State::fresh:
            return "new";
        case State::checking:
            return "checking";
        case State::connected:
            return "connected";
        case State::completed:
            return "completed";
        case State::disconnected:
            return "disconnected";
        case State::failed:
            return "failed";
        case State::closed:
            return "closed";
    }
    return "unknown";
}

IceAgent::IceAgent(AgentConfig config, RandomSource& random)
    : config_(std::move(config)),
      random_(random),
      gatherer_(config_.gathering, random),
      role_(config_.role),
      tie_breaker_(random.next()),
      local_(make_credentials()),
      list_(config_.most_pairs) {}

// RFC 8445 section 5.3 asks for 24 and 128 random bits.
Credentials IceAgent::make_credentials() {
    return {config_.ufrag_prefix.substr(0, 200) + random_.text(8, ice_chars), random_.text(24, ice_chars)};
}

// --- candidates ------------------------------------------------------------------------------------------------------------------

bool IceAgent::add_host(TimePoint now, const Endpoint& endpoint) {
    if (state_ == State::closed || !gatherer_.add_host(endpoint)) return false;
    note_candidates();
    pair_all(now);
    return true;
}

void IceAgent::gather(TimePoint now) {
    if (state_ == State::closed) return;
    gatherer_.start(now);
    note_candidates();
    pair_all(now);
}

// Tells of what the gatherer has found since.
void IceAgent::note_candidates() {
    const auto& candidates = gatherer_.candidates();
    for (; candidates_noted_ < candidates.size(); ++candidates_noted_) {
        const LocalCandidate& found = candidates[candidates_noted_];
        // Peer-reflexive ones are known to the peer, and after the end none may come (RFC 8838 section 13).
        if (found.candidate.type == CandidateType::peer_reflexive || done_noted_ || !is_usable(found.base)) continue;
        Candidate told = found.candidate;
        if (config_.relayed_only) told.related = Endpoint{{}, 9};
        told.ufrag = local_.ufrag;
        events_.emplace_back(CandidateFound{std::move(told)});
    }
    if (done_noted_ || !gatherer_.done()) return;
    done_noted_ = true;
    events_.emplace_back(GatheringDone{});
}

bool IceAgent::set_remote_credentials(TimePoint now, const Credentials& credentials) {
    const auto& [ufrag, password] = credentials;
    if (ufrag.size() < 4 || ufrag.size() > 256 || password.size() < 22 || password.size() > 256) return false;
    if (state_ == State::closed || remote_ == credentials) return true;
    remote_ = credentials;
    // What was trickled ahead of its description may have been of an older one. It keeps its place, and is no longer a candidate.
    for (std::size_t i = 0; i < remotes_.size(); ++i) {
        const std::string& theirs = remotes_[i].candidate.ufrag;
        if (theirs.empty() || theirs == ufrag) continue;
        remotes_[i].signalled = false;
        std::erase_if(list_.pairs(), [&](const Pair& p) { return p.remote == i && !p.heard; });
    }
    start_checks(now);
    return true;
}

void IceAgent::set_remote_lite() {
    remote_lite_ = true;
    if (role_ == Role::controlled) switch_role(Role::controlling);
}

void IceAgent::set_role(Role role) {
    if (role != role_ && !remote_lite_) switch_role(role);
}

Added IceAgent::add_remote_candidate(TimePoint now, const Candidate& candidate) {
    if (candidate.component != 1) return Added::other_component;
    if (candidate.transport != "udp") return Added::tcp;
    if (!candidate.name.empty()) return Added::name;
    const Endpoint& endpoint = candidate.endpoint;
    if (endpoint.port == 0 || endpoint.address.is_unspecified() || endpoint.address.is_multicast()) return Added::bad_address;
    if (remote_ && !candidate.ufrag.empty() && candidate.ufrag != remote_->ufrag) return Added::other_generation;
    if (state_ == State::closed) return Added::too_many;
    const auto known =
        std::find_if(remotes_.begin(), remotes_.end(), [&](const Remote& r) { return r.candidate.endpoint == endpoint; });
    if (known != remotes_.end()) {
        if (known->signalled) return Added::known;
        // A check was faster than the signalling: section 7.3.1.3. The pair's rank is what it would have been.
        known->signalled = true;
        known->candidate = candidate;
        const auto index = static_cast<std::size_t>(known - remotes_.begin());
        for (auto& pair : list_.pairs())
            if (pair.remote == index) {
                const auto& base = gatherer_.bases()[pair.base];
                const auto type = base.turn ? CandidateType::relayed : CandidateType::host;
                pair.priority = priority_of(candidate_priority(type, base.local_preference), candidate.priority);
            }
        if (!chosen_)
            for (std::size_t base = 0; base < gatherer_.bases().size(); ++base) pair_with(base, index, false);
        pump(now);
        return Added::added;
    }
    const auto signalled = std::count_if(remotes_.begin(), remotes_.end(), [](const Remote& r) { return r.signalled; });
    if (static_cast<std::size_t>(signalled) >= config_.most_remote_candidates) return Added::too_many;
    remotes_.push_back({candidate, true});
    if (chosen_) return Added::added;
    for (std::size_t base = 0; base < gatherer_.bases().size(); ++base) pair_with(base, remotes_.size() - 1, false);
    pump(now);
    return Added::added;
}

void IceAgent::end_of_remote_candidates(TimePoint now) {
    remotes_complete_ = true;
    consider_nomination(now);
    settle(now);
}

// --- pairs -----------------------------------------------------------------------------------------------------------------------

bool IceAgent::is_usable(std::size_t base) const noexcept {
    return gatherer_.is_alive(base) && !(config_.relayed_only && !gatherer_.bases()[base].turn);
}

// Sending there cannot work, or would only come back from another machine than is meant.
bool IceAgent::may_reach(std::size_t base, const Endpoint& remote) const noexcept {
    const Base& from = gatherer_.bases()[base];
    const IpAddress& address = from.endpoint.address;
    if (!is_usable(base) || address.is_v4() != remote.address.is_v4()) return false;
    if (from.turn) return !remote.address.is_loopback() || address.is_loopback();
    return address.is_loopback() == remote.address.is_loopback() && address.is_link_local() == remote.address.is_link_local();
}

std::uint64_t IceAgent::priority_of(std::uint32_t local, std::uint32_t remote) const noexcept {
    return role_ == Role::controlling ? pair_priority(local, remote) : pair_priority(remote, local);
}

void IceAgent::pair_with(std::size_t base, std::size_t remote, bool must) {
    if (!must && !may_reach(base, remotes_[remote].candidate.endpoint)) return;
    const Base& from = gatherer_.bases()[base];
    const auto type = from.turn ? CandidateType::relayed : CandidateType::host;
    const std::uint32_t local = candidate_priority(type, from.local_preference);
    (void)list_.add(base, remote, priority_of(local, remotes_[remote].candidate.priority), must);
}

void IceAgent::pair_all(TimePoint now) {
    // After the choice nothing new is tried; what the peer tries is still answered and followed.
    for (std::size_t base = 0; base < gatherer_.bases().size() && !chosen_; ++base)
        for (std::size_t remote = 0; remote < remotes_.size(); ++remote)
            if (list_.find(base, remote) == nullptr && remotes_[remote].signalled) pair_with(base, remote, false);
    pump(now);
}

void IceAgent::start_checks(TimePoint now) {
    started_at_ = now;
    next_check_at_ = now;
    set_state(State::checking);
    // What failed under other credentials may work now. Those that the peer tried already come first, all of them at once: triggered
    // checks do not wait.
    for (auto& pair : list_.pairs()) {
        if (pair.state == PairState::failed) pair.state = PairState::waiting;
        if (pair.heard) trigger(now, pair);
    }
    pump(now);
}

void IceAgent::restart(TimePoint now) {
    if (state_ == State::closed) return;
    Credentials before = std::exchange(local_, make_credentials());
    // Without a way there is nothing that the old ones would keep open.
    earlier_ = path_ ? std::optional(std::move(before)) : std::nullopt;
    remote_.reset();
    remotes_.clear();
    remotes_complete_ = false;
    list_.clear();
    chosen_ = false;
    nominate_at_.reset();
    release_at_.reset();
    remote_lite_ = false;
    proven_ = false;
    candidates_noted_ = 0;
    done_noted_ = false;
    set_state(State::fresh);
    gather(now);
}

void IceAgent::close(TimePoint now) {
    if (state_ == State::closed) return;
    out_.clear();
    list_.clear();
    path_.reset();
    gatherer_.release(now, std::nullopt);
    set_state(State::closed);
}

// --- state -----------------------------------------------------------------------------------------------------------------------

void IceAgent::set_state(State state) {
    if (state_ == state) return;
    state_ = state;
    events_.emplace_back(StateChanged{state});
}

// No pair is left that could still become valid.
bool IceAgent::is_stuck() const noexcept {
    return std::all_of(list_.pairs().begin(), list_.pairs().end(), [](const Pair& p) { return p.state == PairState::failed; });
}

void IceAgent::settle(TimePoint now) {
    if (state_ == State::checking && is_stuck() && now >= started_at_ + config_.patience) set_state(State::failed);
}

void IceAgent::handle_timeout(TimePoint now) {
    if (state_ != State::closed) {
        for (std::size_t i = 0; i < list_.pairs().size(); ++i) {
            Pair& pair = list_.pairs()[i];
            Check* const check = pair.current();
            if (check == nullptr) continue;
            switch (check->timer.poll(now, config_.checks)) {
                case stun::Retransmission::Step::wait:
                    break;
                case stun::Retransmission::Step::send:
                    transmit_check(now, pair.base, remotes_[pair.remote].candidate.endpoint, check->bytes);
                    break;
                case stun::Retransmission::Step::give_up:
                    // A nomination that is not answered takes the pair's validity with it.
                    fail_pair(now, pair);
                    break;
            }
        }
    }
    gatherer_.handle_timeout(now);
    if (state_ == State::closed) return;
    note_candidates();
    for (auto& pair : list_.pairs())
        if (pair.state != PairState::failed && !gatherer_.is_alive(pair.base)) fail_pair(now, pair);
    pair_all(now);
    if (release_at_ && now >= *release_at_) {
        release_at_.reset();
        gatherer_.release(now, path_ ? std::optional(path_->base) : std::nullopt);
    }
    consider_nomination(now);
    check_consent(now);
    settle(now);
}

std::optional<TimePoint> IceAgent::next_timeout() const noexcept {
    std::optional<TimePoint> out = gatherer_.next_timeout();
    if (state_ == State::closed) return out;
    const auto consider = [&out](TimePoint at) { out = out ? std::min(*out, at) : at; };
    bool waiting = false;
    for (const auto& pair : list_.pairs()) {
        if (const Check* const check = pair.current()) consider(check->timer.due());
        waiting = waiting || pair.state == PairState::waiting;
    }
    if (waiting && remote_) consider(next_check_at_);
    if (nominate_at_) consider(*nominate_at_);
    if (release_at_) consider(*release_at_);
    if (state_ == State::checking && is_stuck()) consider(started_at_ + config_.patience);
    if (path_ && state_ != State::failed) {
        consider(path_->consent.due());
        const bool may_be_overdue = state_ == State::connected || state_ == State::completed;
        consider(path_->consent.confirmed_at() + (may_be_overdue ? config_.consent.overdue : config_.consent.expiry));
    }
    return out;
}

void IceAgent::handle_disconnect(TimePoint now, const Endpoint& turn_server, std::string_view reason) {
    gatherer_.handle_disconnect(turn_server, reason);
    handle_timeout(now);
}

// --- input and output ------------------------------------------------------------------------------------------------------------

std::optional<BytesView> IceAgent::handle_input(TimePoint now, const Datagram& datagram) {
    const Gatherer::Input input = gatherer_.handle_input(now, datagram);
    if (state_ == State::closed) return std::nullopt;
    if (input.consumed) {
        note_candidates();
        pair_all(now);
        if (!input.relayed_base) return std::nullopt;
        return handle_peer_input(now, *input.relayed_base, input.peer, input.data);
    }
    const auto base = gatherer_.base_of(datagram.local);
    if (!base || !is_usable(*base)) return std::nullopt;
    return handle_peer_input(now, *base, datagram.remote, datagram.bytes);
}

std::optional<BytesView> IceAgent::handle_peer_input(TimePoint now, std::size_t base, const Endpoint& remote, BytesView bytes) {
    if (!stun::looks_like_stun(bytes)) {
        if (!is_known_way(base, remote)) return std::nullopt;
        return bytes;
    }
    const auto message = stun::MessageView::parse(bytes);
    if (!message || message->method() != stun::Method::binding) return std::nullopt;
    if (message->has(stun::Attribute::fingerprint) && !stun::has_right_fingerprint(*message)) return std::nullopt;
    switch (message->message_class()) {
        case stun::MessageClass::request:
            handle_request(now, base, remote, *message);
            break;
        case stun::MessageClass::indication:
            break;  // a keepalive
        case stun::MessageClass::success:
        case stun::MessageClass::error:
            handle_answer(now, base, remote, *message);
            break;
    }
    return std::nullopt;
}

bool IceAgent::is_known_way(std::size_t base, const Endpoint& remote) const noexcept {
    if (path_ && path_->base == base && path_->remote == remote) return true;
    return std::any_of(list_.pairs().begin(), list_.pairs().end(), [&](const Pair& pair) {
        return pair.base == base && (pair.valid() || pair.heard) && remotes_[pair.remote].candidate.endpoint == remote;
    });
}

bool IceAgent::accepts_data(const Endpoint& local, const Endpoint& remote) const noexcept {
    const auto base = gatherer_.base_of(local);
    return base && is_known_way(*base, remote);
}

void IceAgent::transmit(TimePoint now, std::size_t base, const Endpoint& remote, Bytes bytes) {
    const Base& from = gatherer_.bases()[base];
    if (from.turn) {
        (void)gatherer_.send_relayed(now, base, remote, bytes);
        return;
    }
    if (out_.size() < most_transmits) out_.push_back({Protocol::udp, from.endpoint, remote, std::move(bytes)});
}

void IceAgent::transmit_check(TimePoint now, std::size_t base, const Endpoint& remote, const Bytes& bytes) {
    if (!proven_ && unproven_checks_++ >= config_.most_unproven_checks) return;
    transmit(now, base, remote, bytes);
}

std::optional<Transmit> IceAgent::poll_transmit() {
    if (out_.empty()) return gatherer_.poll_transmit();
    Transmit out = std::move(out_.front());
    out_.pop_front();
    return out;
}

std::optional<Event> IceAgent::poll_event() {
    if (events_.empty()) return std::nullopt;
    Event out = std::move(events_.front());
    events_.pop_front();
    return out;
}

bool IceAgent::send(TimePoint now, BytesView data) {
    if (!can_send()) return false;
    if (gatherer_.bases()[path_->base].turn) return gatherer_.send_relayed(now, path_->base, path_->remote, data);
    if (out_.size() >= most_transmits) return false;
    out_.push_back({Protocol::udp, gatherer_.bases()[path_->base].endpoint, path_->remote, Bytes(data.begin(), data.end())});
    return true;
}

}  // namespace volley::proto::ice
