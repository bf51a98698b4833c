#include "webrtc/peer.hpp"

#include <algorithm>
#include <utility>

#include "proto/stun/message.hpp"
#include "webrtc/demux.hpp"

namespace volley::webrtc {

namespace dtls = proto::dtls;
namespace ice = proto::ice;
namespace sctp = proto::sctp;
namespace sdp = proto::sdp;
namespace srtp = proto::srtp;

namespace {

constexpr std::size_t most_events = 256;  // that wait for poll_event() before more is read from the peer

}  // namespace

Peer::Peer(PeerConfig config, DtlsMaker dtls, sctp::Stack& stack, std::uint64_t tag, RandomSource& random)
    : config_(std::move(config)),
      dtls_maker_(std::move(dtls)),
      stack_(stack),
      tag_(tag),
      random_(random),
      ice_(config_.ice, random) {
    // 62 bits, as RFC 9429 section 5.2.1 wants it.
    origin_.session_id = std::to_string(random.next() >> 2);
    origin_.version = 0;
}

Peer::~Peer() = default;

// --- input and output ------------------------------------------------------------------------------------------------------------

void Peer::handle_input(TimePoint now, const ice::Datagram& datagram) {
    ++counts_.datagrams_in;
    counts_.bytes_in += datagram.bytes.size();
    if (const auto data = ice_.handle_input(now, datagram)) {
        switch (kind_of(*data)) {
            case DatagramKind::dtls:
                take_dtls(now, *data);
                break;
            case DatagramKind::rtp:
                take_media(*data, false);
                break;
            case DatagramKind::rtcp:
                take_media(*data, true);
                break;
            case DatagramKind::stun:
            case DatagramKind::turn_channel:
            case DatagramKind::unknown:
                ++counts_.dropped_in;
                break;
        }
    } else if (!proto::stun::looks_like_stun(datagram.bytes) && kind_of(datagram.bytes) != DatagramKind::turn_channel) {
        ++counts_.dropped_in;
    }
    pump(now);
}

void Peer::take_dtls(TimePoint now, BytesView datagram) {
    // A ClientHello that comes before the answer, or before our own check is answered, would be lost, and with it some hundred milliseconds.
    if (dtls_ == nullptr || !dtls_started_) {
        if (early_.size() < most_early && datagram.size() <= 2048)
            early_.emplace_back(datagram.begin(), datagram.end());
        else
            ++counts_.dropped_in;
        return;
    }
    dtls_->handle_packet(now, datagram);
}

void Peer::take_media(BytesView packet, bool rtcp) {
    if (!srtp_in_) {
        ++counts_.dropped_in;
        return;
    }
    Bytes bytes(packet.begin(), packet.end());
    const auto size = rtcp ? srtp_in_->unprotect_rtcp(bytes) : srtp_in_->unprotect_rtp(bytes);
    if (!size || events_.size() >= 4 * most_events) {
        ++counts_.dropped_in;
        return;
    }
    bytes.resize(*size);
    events_.emplace_back(MediaPacket{rtcp, std::move(bytes)});
}

void Peer::handle_timeout(TimePoint now) {
    ice_.handle_timeout(now);
    if (dtls_ && dtls_started_) dtls_->handle_timeout(now);
    if (sctp_) sctp_->handle_timeout(now);
    if (give_up_at_ && now >= *give_up_at_ && !ended()) {
        std::string reason = "not set up within " + format_duration(config_.set_up_limit) + ": " + missing();
        end(now, PeerState::failed, make_error_code(PeerErrc::set_up_too_slow), std::move(reason));
    }
    pump(now);
}

void Peer::take_stack(TimePoint now) { pump(now); }

void Peer::handle_disconnect(TimePoint now, const Endpoint& turn_server, std::string_view reason) {
    ice_.handle_disconnect(now, turn_server, reason);
    pump(now);
}

std::optional<ice::Transmit> Peer::poll_transmit() {
    std::optional<ice::Transmit> transmit;
    if (!out_.empty()) {
        transmit = std::move(out_.front());
        out_.pop_front();
    } else {
        transmit = ice_.poll_transmit();
    }
    if (transmit) {
        ++counts_.datagrams_out;
        counts_.bytes_out += transmit->bytes.size();
    }
    return transmit;
}

std::optional<PeerEvent> Peer::poll_event() {
    // More may wait in the association, whose reading stops while this queue is long.
    if (events_.empty() && sctp_) pump(now_);
    if (events_.empty()) return std::nullopt;
    PeerEvent event = std::move(events_.front());
    events_.pop_front();
    return event;
}

std::optional<TimePoint> Peer::next_timeout() const {
    std::optional<TimePoint> out = ice_.next_timeout();
    const auto consider = [&out](std::optional<TimePoint> at) {
        if (at) out = out ? std::min(*out, *at) : *at;
    };
    if (ended()) return out;
    if (dtls_ && dtls_started_) consider(dtls_->next_timeout());
    if (sctp_) consider(sctp_->next_timeout());
    consider(give_up_at_);
    return out;
}

// --- data ------------------------------------------------------------------------------------------------------------------------

Result<ChannelId> Peer::open_channel(TimePoint now, const ChannelOptions& options) {
    if (ended() || data_ended_ || (agreed_ && !agreed_->data)) return make_error_code(ChannelErrc::no_channel);
    const auto made = channels_.open(now, options);
    pump(now);
    return made;
}

error_code Peer::send(TimePoint now, ChannelId channel, bool text, BytesView data) {
    const error_code error = channels_.send(now, channel, text, data);
    pump(now);
    return error;
}

void Peer::close_channel(TimePoint now, ChannelId channel) {
    channels_.close(now, channel);
    pump(now);
}

void Peer::pause_reading(TimePoint now, bool paused) {
    channels_.pause(paused);
    pump(now);
}

error_code Peer::send_media(TimePoint now, bool rtcp, BytesView packet, bool again) {
    if (!srtp_out_) return NetErrc::unsupported;
    Bytes bytes(packet.begin(), packet.end());
    bytes.resize(packet.size() + 16 + 4);  // the longest tag, and SRTCP's index
    const auto size = rtcp ? srtp_out_->protect_rtcp(bytes, packet.size()) : srtp_out_->protect_rtp(bytes, packet.size(), again);
    if (!size) return size.error();
    bytes.resize(*size);
    (void)ice_.send(now, bytes);
    return {};
}

void Peer::close(TimePoint now) {
    if (ended()) return;
    if (sctp_) sctp_->abort(now);
    end(now, PeerState::closed, make_error_code(PeerErrc::closed), "hung up");
    pump(now);
}

// --- what happens between the layers ---------------------------------------------------------------------------------------------

void Peer::note_stage(Stage stage, TimePoint now) {
    auto& at = reached_[static_cast<std::size_t>(stage)];
    if (at) return;
    at = now;
    events_.emplace_back(StageReached{stage, now});
}

void Peer::set_state(PeerState state) {
    if (state_ == state || ended()) return;
    state_ = state;
    events_.emplace_back(PeerStateChanged{state});
}

void Peer::pump(TimePoint now) {
    now_ = now;
    bool moved = true;
    while (moved) {
        moved = pump_ice(now);
        if (ended()) break;
        moved = pump_dtls(now) || moved;
        if (ended()) break;
        moved = pump_sctp(now) || moved;
        if (ended()) break;
    }
    if (ended()) {
        sctp_.reset();
        early_.clear();
    }
}

bool Peer::pump_ice(TimePoint now) {
    bool moved = false;
    while (auto event = ice_.poll_event()) {
        moved = true;
        handle_ice_event(now, *event);
    }
    return moved;
}

void Peer::handle_ice_event(TimePoint now, ice::Event& event) {
    if (const auto* const found = std::get_if<ice::CandidateFound>(&event)) {
        ice::Candidate candidate = found->candidate;
        candidate.ufrag.clear();  // the description or the fragment around it says it
        std::string line = ice::to_line(candidate);
        line.erase(0, std::string_view("candidate:").size());
        if (described_ && config_.trickle && !ended()) events_.emplace_back(LocalCandidate{line, transport_mid()});
        local_candidates_.push_back(std::move(line));
    } else if (std::holds_alternative<ice::GatheringDone>(event)) {
        note_stage(Stage::gathered, now);
        if (local_candidates_.empty() && !ended())
            return end(now, PeerState::failed, make_error_code(PeerErrc::no_way),
                       "ICE found no way to the peer: " + why_no_way());
        if (described_ && config_.trickle && !told_done_ && !ended()) events_.emplace_back(LocalCandidatesDone{});
    } else if (const auto* const path = std::get_if<ice::PathChanged>(&event)) {
        path_ = *path;
    } else if (const auto* const changed = std::get_if<ice::StateChanged>(&event)) {
        handle_ice_state(now, changed->state);
    }
}

void Peer::handle_ice_state(TimePoint now, ice::State state) {
    switch (state) {
        case ice::State::connected:
        case ice::State::completed:
            note_stage(Stage::ice_connected, now);
            if (state_ == PeerState::disconnected) {
                set_state(PeerState::connecting);
                note_connected(now);
            }
            break;
        case ice::State::disconnected:
            if (state_ == PeerState::connected) set_state(PeerState::disconnected);
            break;
        case ice::State::failed:
            if (reached(Stage::ice_connected))
                end(now, PeerState::failed, make_error_code(PeerErrc::consent_lost), "the peer no longer answers ICE's checks");
            else
                end(now, PeerState::failed, make_error_code(PeerErrc::no_way), "ICE found no way to the peer: " + why_no_way());
            break;
        case ice::State::fresh:
        case ice::State::checking:
        case ice::State::closed:
            break;
    }
}

std::string Peer::missing() const {
    if (!agreed_) return "no answer came";
    if (!reached(Stage::ice_connected)) return "ICE has found no way yet: " + why_no_way();
    if (!reached(Stage::dtls_connected)) return "DTLS is not up yet";
    if (agreed_->data && !channels_.up()) return "SCTP is not up yet";
    return {};
}

std::string Peer::why_no_way() const {
    const std::size_t ours = local_candidates_.size();
    const std::size_t theirs = ice_.remote_candidates();
    // A server that does not relay is mostly why there is nothing else.
    for (std::size_t i = 0; i < config_.ice.gathering.turn_servers.size(); ++i) {
        const auto* const failure = ice_.turn_failure(i);
        if (failure == nullptr && ours != 0) continue;
        const std::string server = "the TURN server " + config_.ice.gathering.turn_servers[i].endpoint.to_string();
        if (failure == nullptr || failure->code == 0) return server + " did not answer";
        return server + " refused with " + std::to_string(failure->code) +
               (failure->code == 401 ? ": are the user's name and the password right?" : std::string());
    }
    if (ours == 0) return "this side has no candidate: no address to be reached at";
    if (theirs == 0) return "the peer named no address that can be used, and made no check of its own";
    if (ice_.pairs().empty())
        return "none of the peer's " + std::to_string(theirs) +
               " candidates can be reached from any of ours (loopback goes with loopback, IPv4 with IPv4)";
    return "none of " + std::to_string(ice_.pairs().size()) + " pairs of " + std::to_string(ours) + " candidates of ours and " +
           std::to_string(theirs) + " of the peer's answered";
}

bool Peer::pump_dtls(TimePoint now) {
    if (!dtls_) return false;
    bool moved = false;
    if (!dtls_started_ && ice_.can_send()) {
        dtls_started_ = true;
        moved = true;
        dtls_->start(now);
        for (const auto& datagram : std::exchange(early_, {})) dtls_->handle_packet(now, datagram);
    }
    while (auto packet = dtls_->poll_packet()) (void)ice_.send(now, *packet);
    while (!ended()) {
        auto event = dtls_->poll_event();
        if (!event) break;
        moved = true;
        handle_dtls_event(now, *event);
    }
    return moved;
}

void Peer::handle_dtls_event(TimePoint now, dtls::Event& event) {
    switch (event.kind) {
        case dtls::Event::Kind::connected:
            note_stage(Stage::dtls_connected, now);
            make_srtp();
            make_association(now);
            note_connected(now);
            break;
        case dtls::Event::Kind::data:
            if (sctp_) sctp_->handle_packet(now, event.data);
            break;
        case dtls::Event::Kind::closed:
            end(now, PeerState::closed, make_error_code(PeerErrc::closed_by_peer), "the peer has hung up");
            break;
        case dtls::Event::Kind::failed:
            end(now, PeerState::failed, make_error_code(PeerErrc::dtls_failed), "DTLS failed: " + event.reason);
            break;
    }
}

void Peer::make_srtp() {
    const auto keys = dtls_->srtp_keys();
    if (!keys) return;
    const auto profile = srtp::profile_of(static_cast<std::uint16_t>(keys->profile));
    if (!profile) return;
    srtp_out_.emplace(srtp::MasterKey{*profile, srtp::Secret(keys->local_key), srtp::Secret(keys->local_salt)});
    srtp_in_.emplace(srtp::MasterKey{*profile, srtp::Secret(keys->remote_key), srtp::Secret(keys->remote_salt)});
}

void Peer::make_association(TimePoint now) {
    if (!agreed_->data) return;
    sctp::AssociationConfig config = config_.sctp;
    config.local_port = agreed_->data->local_port;
    config.remote_port = agreed_->data->remote_port;
    config.max_send_message = agreed_->data->max_message_size;
    sctp_ = stack_.connect(now, config, tag_);
    channels_.attach(*sctp_, agreed_->dtls == sdp::DtlsRole::client);
}

bool Peer::pump_sctp(TimePoint now) {
    if (!sctp_) return false;
    bool moved = false;
    const bool was_up = channels_.up();
    const bool goes_on = events_.size() >= most_events || channels_.take_events(now);
    if (!was_up && channels_.up()) {
        note_stage(Stage::sctp_up, now);
        note_connected(now);
    }
    while (auto event = channels_.poll_event()) {
        moved = true;
        if (std::holds_alternative<ChannelOpened>(*event)) note_stage(Stage::channel_open, now);
        std::visit([this](auto& e) { events_.emplace_back(std::move(e)); }, *event);
    }
    while (auto packet = sctp_->poll_packet()) {
        moved = true;
        (void)dtls_->send(now, *packet);  // lost where DTLS has no room: SCTP sends it again
    }
    if (goes_on) return moved;

    const sctp::Event why = channels_.end();
    const bool failed = why.kind == sctp::Event::Kind::failed && why.error != sctp::Errc::aborted_by_peer;
    if (agreed_->media.empty()) {
        if (failed)
            end(now, PeerState::failed, make_error_code(PeerErrc::sctp_failed), "SCTP failed: " + why.reason);
        else
            end(now, PeerState::closed, make_error_code(PeerErrc::closed_by_peer), "the peer has ended the data channels");
        return true;
    }
    data_ended_ = true;
    channels_.detach(failed ? "SCTP failed: " + why.reason : "the peer has ended the data channels");
    while (auto event = channels_.poll_event()) std::visit([this](auto& e) { events_.emplace_back(std::move(e)); }, *event);
    sctp_.reset();
    return true;
}

void Peer::note_connected(TimePoint) {
    if (!reached(Stage::dtls_connected) || (agreed_->data && !data_ended_ && !channels_.up())) return;
    give_up_at_.reset();
    set_state(PeerState::connected);
}

// Says goodbye where there is somebody to say it to.
void Peer::end(TimePoint now, PeerState state, error_code error, std::string reason) {
    if (ended()) return;
    if (dtls_ && sctp_)
        while (auto packet = sctp_->poll_packet()) (void)dtls_->send(now, *packet);
    if (dtls_) {
        dtls_->close(now);
        while (auto packet = dtls_->poll_packet()) (void)ice_.send(now, *packet);
    }
    while (auto transmit = ice_.poll_transmit())
        if (out_.size() < ice::IceAgent::most_transmits) out_.push_back(std::move(*transmit));
    ice_.close(now);
    channels_.detach(reason);
    while (auto event = channels_.poll_event()) std::visit([this](auto& e) { events_.emplace_back(std::move(e)); }, *event);
    end_error_ = error;
    end_reason_ = std::move(reason);
    give_up_at_.reset();
    set_state(state);
}

}  // namespace volley::webrtc
