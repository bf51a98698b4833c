#include "proto/turn/client.hpp"

#include <algorithm>
#include <utility>

#include "proto/stun/integrity.hpp"
#include "proto/turn/framing.hpp"

namespace volley::proto::turn {
namespace {

using namespace std::chrono_literals;
using stun::Attribute;
using stun::MessageClass;
using stun::Method;

constexpr Duration permission_lifetime = 300s;  // RFC 8656 section 9
constexpr Duration permission_renewal = 240s;
constexpr Duration channel_lifetime = 600s;  // section 12
constexpr Duration channel_renewal = 540s;
constexpr Duration longest_lifetime = 3600s;  // section 7.2; a server that grants more is asked again all the same
// A NAT on the way to the server forgets us after 30 s in bad cases: RFC 8445 section 11 has 15 s.
constexpr Duration keepalive_interval = 15s;
constexpr int most_stale_nonces = 3;  // in a row

// Its bits say what the server can do: RFC 8489 sections 9.2 and 9.2.1. Bit 0 promises PASSWORD-ALGORITHMS.
constexpr std::string_view nonce_cookie = "obMatJos2";
bool promises_algorithms(std::string_view nonce) noexcept {
    // Four characters of base64 hold the 24 bits; the first six stand in the first character.
    return nonce.starts_with(nonce_cookie) && nonce.size() >= nonce_cookie.size() + 4 &&
           std::string_view("ghijklmnopqrstuvwxyz0123456789+/").find(nonce[nonce_cookie.size()]) != std::string_view::npos;
}

Method method_of(int kind) noexcept {
    constexpr std::array methods{Method::allocate, Method::refresh, Method::create_permission, Method::channel_bind};
    return methods.at(static_cast<std::size_t>(kind));
}

}  // namespace

Client::Client(ClientConfig config, RandomSource& random)
    : config_(std::move(config)), random_(random), next_channel_(first_channel) {
    if (config_.over_stream) config_.retransmission = stun::RetransmissionPlan::over_stream();
}

void Client::start(TimePoint now) {
    if (state_ != State::idle) return;
    state_ = State::allocating;
    request(now, Kind::allocate, {});
}

void Client::close(TimePoint now) {
    if (state_ == State::closing || state_ == State::closed || state_ == State::failed) return;
    // The server may grant at this moment what nobody would know of any longer: its answer is waited for.
    if (state_ == State::allocating && session_) {
        state_ = State::closing;
        return;
    }
    const bool allocated = state_ == State::allocated;
    state_ = allocated ? State::closing : State::closed;
    requests_.clear();
    peers_.clear();
    channels_.clear();
    if (!allocated) return;
    request(now, Kind::refresh, {});
}

// --- requests --------------------------------------------------------------------------------------------------------------------

Bytes Client::build(Kind kind, const stun::TransactionId& id, const Endpoint& peer) const {
    stun::MessageBuilder out(MessageClass::request, method_of(static_cast<int>(kind)), id);
    const auto lifetime = state_ == State::closing ? 0U : static_cast<std::uint32_t>(config_.lifetime / 1s);
    switch (kind) {
        case Kind::allocate:
            out.requested_transport(stun::transport_udp).u32(Attribute::lifetime, lifetime);
            // Servers that know no IPv6 may refuse what they need not be told.
            if (config_.family != stun::family_v4) out.requested_address_family(config_.family);
            break;
        case Kind::refresh:
            out.u32(Attribute::lifetime, lifetime);
            break;
        case Kind::create_permission:
            out.address(Attribute::xor_peer_address, peer);
            break;
        case Kind::channel_bind: {
            const auto channel =
                std::find_if(channels_.begin(), channels_.end(), [&](const Channel& c) { return c.peer == peer; });
            out.channel_number(channel == channels_.end() ? first_channel : channel->number)
                .address(Attribute::xor_peer_address, peer);
            break;
        }
    }
    if (!session_) return out.fingerprint().finish();
    out.text(Attribute::username, config_.username)
        .text(Attribute::realm, session_->realm)
        .text(Attribute::nonce, session_->nonce);
    if (session_->algorithm != 0) {
        out.bytes(Attribute::password_algorithms, session_->algorithms).password_algorithm(session_->algorithm);
        out.integrity_sha256(session_->key);  // alone: RFC 8489 section 9.2.4
    } else {
        out.integrity(session_->key);
    }
    return out.fingerprint().finish();
}

void Client::request(TimePoint now, Kind kind, const Endpoint& peer, int stale_nonces) {
    Request out{kind, {}, peer, {}, {}, session_.has_value(), stale_nonces};
    random_.fill(out.id);
    out.bytes = build(kind, out.id, peer);
    out.timer.start(now, config_.retransmission);
    transmit(now, out.bytes);
    requests_.push_back(std::move(out));
}

bool Client::is_asked(Kind kind, const Endpoint& peer) const noexcept {
    return std::any_of(requests_.begin(), requests_.end(), [&](const Request& r) {
        return r.kind == kind && (kind == Kind::create_permission ? r.peer.address == peer.address : r.peer == peer);
    });
}

// --- input -----------------------------------------------------------------------------------------------------------------------

std::optional<Client::PeerData> Client::handle_input(TimePoint now, BytesView frame) {
    if (const auto data = parse_channel_data(frame)) {
        const auto channel =
            std::find_if(channels_.begin(), channels_.end(), [&](const Channel& c) { return c.number == data->number; });
        if (state_ != State::allocated || channel == channels_.end()) return std::nullopt;
        return PeerData{channel->peer, data->data};
    }
    const auto message = stun::MessageView::parse(frame);
    if (!message || !message->unknown_required().empty()) return std::nullopt;
    if (message->message_class() == MessageClass::indication) {
        const auto peer = message->address(Attribute::xor_peer_address);
        const auto data = message->find(Attribute::data);
        // Section 11.6: data of an address that we did not let in is discarded.
        if (state_ != State::allocated || message->method() != Method::data || !peer || !data || !find_peer(peer->address))
            return std::nullopt;
        return PeerData{*peer, *data};
    }
    const auto asked = std::find_if(requests_.begin(), requests_.end(), [&](const Request& r) {
        return r.id == message->transaction_id() && method_of(static_cast<int>(r.kind)) == message->method();
    });
    if (asked == requests_.end() || message->message_class() == MessageClass::request) return std::nullopt;
    const bool is_error = message->message_class() == MessageClass::error;
    if (is_error && !message->error()) return std::nullopt;
    // An answer that is not shown to be the server's is none; the request is repeated. Errors may come without: the server may not know
    // with whom it speaks. Who forges one has seen the transaction id.
    if (asked->authenticated) {
        const auto integrity = stun::check_integrity(*message, session_->key);
        if (integrity == stun::Integrity::wrong || (integrity == stun::Integrity::absent && !is_error)) return std::nullopt;
    }
    const Request request = std::move(*asked);
    requests_.erase(asked);
    if (is_error)
        handle_error(now, request, *message);
    else
        handle_success(now, request, *message);
    return std::nullopt;
}

void Client::handle_success(TimePoint now, const Request& request, const stun::MessageView& answer) {
    switch (request.kind) {
        case Kind::allocate: {
            if (state_ == State::closing) return this->request(now, Kind::refresh, {});
            const auto relayed = answer.address(Attribute::xor_relayed_address);
            if (!relayed) return fail({0, "the TURN server granted an allocation without an address"});
            relayed_ = *relayed;
            mapped_ = answer.address(Attribute::xor_mapped_address);
            state_ = State::allocated;
            [[fallthrough]];
        }
        case Kind::refresh: {
            if (state_ == State::closing) {
                state_ = State::closed;
                return;
            }
            const Duration granted = std::chrono::seconds(answer.u32(Attribute::lifetime).value_or(600));
            const Duration lifetime = std::min(granted, longest_lifetime);
            // Time for the request to be lost some times, but never more often than the allocation is long.
            refresh_at_ = now + std::max<Duration>(lifetime - std::min<Duration>(60s, lifetime / 2), 1s);
            expires_ = now + lifetime;
            return;
        }
        case Kind::create_permission: {
            Peer& peer = peer_for(now, request.peer.address);
            peer.granted = true;
            peer.refused = false;
            peer.granted_until = now + permission_lifetime;
            peer.renew_at = now + permission_renewal;
            for (const auto& [endpoint, bytes] : std::exchange(peer.waiting, {})) transmit_data(now, endpoint, bytes);
            return;
        }
        case Kind::channel_bind:
            if (Channel* const channel = find_channel(request.peer)) {
                channel->bound = true;
                channel->bound_until = now + channel_lifetime;
                channel->renew_at = now + channel_renewal;
            }
            return;
    }
}

void Client::handle_error(TimePoint now, const Request& request, const stun::MessageView& answer) {
    const stun::ErrorCode error = *answer.error();
    const bool challenged = error.code == 401 && !request.authenticated;
    const bool stale = error.code == 438 && request.stale_nonces < most_stale_nonces;
    if (challenged || stale) {
        if (take_challenge(answer)) return this->request(now, request.kind, request.peer, request.stale_nonces + (stale ? 1 : 0));
        return give_up(request, {error.code, "the TURN server's challenge cannot be answered"});
    }
    give_up(request, {error.code, std::string(error.reason)});
}

// Reads REALM and NONCE. False: they are missing, or ask for what we do not have.
bool Client::take_challenge(const stun::MessageView& answer) {
    const auto nonce = answer.text(Attribute::nonce);
    // A stale nonce may come without its realm.
    std::optional<std::string_view> realm = answer.text(Attribute::realm);
    if (!realm && session_) realm = session_->realm;
    if (!nonce || !realm) return false;
    Session next;
    next.realm = *realm;
    next.nonce = *nonce;
    const auto algorithms = answer.find(Attribute::password_algorithms);
    if (promises_algorithms(*nonce) != algorithms.has_value()) {
        // Section 9.2.5: someone on the way took the list out to have the weaker one used. The other way round it is only noise.
        if (!algorithms) return false;
    } else if (algorithms) {
        next.algorithm = answer.offers_password_algorithm(2) ? 2 : answer.offers_password_algorithm(1) ? 1 : 0;
        if (next.algorithm == 0) return false;
        next.algorithms.assign(algorithms->begin(), algorithms->end());
    }
    const auto assign_key = [&next](const auto& key) { next.key.assign(key.begin(), key.end()); };
    if (next.algorithm == 2)
        assign_key(stun::long_term_key_sha256(config_.username, next.realm, config_.password));
    else
        assign_key(stun::long_term_key(config_.username, next.realm, config_.password));
    session_ = std::move(next);
    return true;
}

// A request that will not be granted, or got no answer. What was granted before holds until its time is up, and handle_timeout() asks
// for more of it again: on a bad network all the repetitions of one request are lost now and then.
void Client::give_up(const Request& request, Failure why) {
    const bool no_answer = why.code == 0;
    switch (request.kind) {
        case Kind::allocate:
        case Kind::refresh:
            if (state_ == State::closing)
                state_ = State::closed;
            else if (request.kind == Kind::allocate || !no_answer)
                fail(std::move(why));
            return;
        case Kind::create_permission:
            if (Peer* const peer = find_peer(request.peer.address)) {
                peer->waiting.clear();
                if (no_answer) return;
                peer->granted = false;
                peer->refused = true;
            }
            return;
        case Kind::channel_bind:
            // Without one, data goes on in indications.
            std::erase_if(channels_, [&](const Channel& c) { return c.peer == request.peer && !(no_answer && c.bound); });
            return;
    }
}

void Client::fail(Failure why) {
    state_ = State::failed;
    failure_ = std::move(why);
    requests_.clear();
    peers_.clear();
    channels_.clear();
}

void Client::handle_disconnect(std::string_view reason) {
    if (state_ == State::closing)
        state_ = State::closed;
    else if (state_ == State::allocating || state_ == State::allocated)
        fail({0, std::string(reason)});
    requests_.clear();
    out_.clear();
}

// --- time ------------------------------------------------------------------------------------------------------------------------

void Client::handle_timeout(TimePoint now) {
    std::vector<Request> lost;
    for (auto& request : requests_) {
        switch (request.timer.poll(now, config_.retransmission)) {
            case stun::Retransmission::Step::wait:
                break;
            case stun::Retransmission::Step::send:
                transmit(now, request.bytes);
                break;
            case stun::Retransmission::Step::give_up:
                lost.push_back(request);
                break;
        }
    }
    for (const auto& request : lost) {
        std::erase_if(requests_, [&](const Request& r) { return r.id == request.id; });
        give_up(request, {0, "the TURN server does not answer"});
    }
    if (state_ != State::allocated) return;
    if (now >= expires_) return fail({0, "the allocation at the TURN server expired"});
    if (now >= refresh_at_ && !is_asked(Kind::refresh, {})) request(now, Kind::refresh, {});
    for (auto& peer : peers_) {
        if (!peer.granted || now < peer.renew_at) continue;
        peer.granted = now < peer.granted_until;
        // One that nothing was sent to for as long as that is forgotten; sending asks anew.
        const bool wanted = now - peer.used < permission_lifetime;
        if (!wanted)
            peer.renew_at = peer.granted_until;
        else if (const Endpoint at{peer.address, 0}; !is_asked(Kind::create_permission, at))
            request(now, Kind::create_permission, at);
    }
    for (const auto& channel : channels_)
        if (channel.bound && now >= channel.renew_at && !is_asked(Kind::channel_bind, channel.peer))
            request(now, Kind::channel_bind, channel.peer);
    for (auto& channel : channels_) channel.bound = channel.bound && now < channel.bound_until;
    if (!config_.over_stream && now >= keepalive_at_) {
        stun::TransactionId id{};
        random_.fill(id);
        transmit(now, stun::MessageBuilder(MessageClass::indication, Method::binding, id).fingerprint().finish());
    }
}

std::optional<TimePoint> Client::next_timeout() const noexcept {
    std::optional<TimePoint> out;
    const auto consider = [&out](TimePoint at) { out = out ? std::min(*out, at) : at; };
    for (const auto& request : requests_) consider(request.timer.due());
    if (state_ != State::allocated) return out;
    consider(expires_);
    if (!is_asked(Kind::refresh, {})) consider(refresh_at_);
    for (const auto& peer : peers_)
        if (peer.granted) consider(is_asked(Kind::create_permission, {peer.address, 0}) ? peer.granted_until : peer.renew_at);
    for (const auto& channel : channels_)
        if (channel.bound) consider(is_asked(Kind::channel_bind, channel.peer) ? channel.bound_until : channel.renew_at);
    if (!config_.over_stream) consider(keepalive_at_);
    return out;
}

// --- output ----------------------------------------------------------------------------------------------------------------------

void Client::transmit(TimePoint now, Bytes bytes) {
    // Requests are few and come first to mind when the driver does not keep up; the oldest frame is data, most likely.
    if (out_.size() >= most_queued) out_.pop_front();
    out_.push_back(std::move(bytes));
    keepalive_at_ = now + keepalive_interval;
}

std::optional<Bytes> Client::poll_transmit() {
    if (out_.empty()) return std::nullopt;
    Bytes bytes = std::move(out_.front());
    out_.pop_front();
    return bytes;
}

void Client::transmit_data(TimePoint now, const Endpoint& peer, BytesView data) {
    if (const Channel* const channel = find_channel(peer); channel != nullptr && channel->bound)
        return transmit(now, make_channel_data(channel->number, data, config_.over_stream));
    stun::TransactionId id{};
    random_.fill(id);
    transmit(now, stun::MessageBuilder(MessageClass::indication, Method::send, id)
                      .address(Attribute::xor_peer_address, peer)
                      .bytes(Attribute::data, data)
                      .finish());
}

bool Client::send(TimePoint now, const Endpoint& peer, BytesView data) {
    if (state_ != State::allocated || data.size() > 65'000) return false;
    Peer& known = peer_for(now, peer.address);
    known.used = now;
    if (known.refused) return false;
    if (known.granted && now < known.granted_until) {
        if (out_.size() >= most_queued) return false;
        transmit_data(now, peer, data);
        return true;
    }
    known.granted = false;
    const bool room = known.waiting.size() < most_waiting && requests_.size() < most_requests;
    if (room) known.waiting.emplace_back(peer, Bytes(data.begin(), data.end()));
    const Endpoint at{peer.address, 0};
    if (room && !is_asked(Kind::create_permission, at)) request(now, Kind::create_permission, at);
    return room;
}

void Client::bind_channel(TimePoint now, const Endpoint& peer) {
    if (state_ != State::allocated || find_channel(peer) != nullptr || is_asked(Kind::channel_bind, peer)) return;
    // A number is not given to another peer before its binding has run out for certain, so none is used twice.
    if (next_channel_ > last_channel || channels_.size() >= most_peers || requests_.size() >= most_requests) return;
    peer_for(now, peer.address).used = now;
    channels_.push_back({peer, next_channel_++});
    request(now, Kind::channel_bind, peer);
}

bool Client::refused(const IpAddress& peer) const noexcept {
    return std::any_of(peers_.begin(), peers_.end(), [&](const Peer& p) { return p.address == peer && p.refused; });
}

Client::Peer* Client::find_peer(const IpAddress& address) noexcept {
    const auto found = std::find_if(peers_.begin(), peers_.end(), [&](const Peer& p) { return p.address == address; });
    return found == peers_.end() ? nullptr : &*found;
}

Client::Peer& Client::peer_for(TimePoint now, const IpAddress& address) {
    if (Peer* const known = find_peer(address)) return *known;
    if (peers_.size() >= most_peers)
        peers_.erase(
            std::min_element(peers_.begin(), peers_.end(), [](const Peer& a, const Peer& b) { return a.used < b.used; }));
    Peer& added = peers_.emplace_back();
    added.address = address;
    added.used = now;
    return added;
}

Client::Channel* Client::find_channel(const Endpoint& peer) noexcept {
    const auto found = std::find_if(channels_.begin(), channels_.end(), [&](const Channel& c) { return c.peer == peer; });
    return found == channels_.end() ? nullptr : &*found;
}

}  // namespace volley::proto::turn
