// What a peer says of itself in offers, answers and fragments, and what it takes from those of the other side.
#include "webrtc/peer.hpp"

#include <algorithm>
#include <utility>

namespace volley::webrtc {

namespace dtls = proto::dtls;
namespace ice = proto::ice;
namespace sdp = proto::sdp;

namespace {

[[nodiscard]] SourceError refusal(std::string_view what, std::string text, std::string hint = {}) {
    return {std::string(what), {}, std::move(text), std::move(hint), {}};
}

[[nodiscard]] sdp::Fingerprint to_sdp(const dtls::Fingerprint& fingerprint) {
    return {std::string(dtls::to_string(fingerprint.hash)), {fingerprint.digest.begin(), fingerprint.digest.end()}};
}

[[nodiscard]] std::vector<dtls::Fingerprint> to_dtls(const std::vector<sdp::Fingerprint>& fingerprints) {
    std::vector<dtls::Fingerprint> out;
    for (const auto& theirs : fingerprints)
        for (const auto hash : {dtls::HashFunction::sha_256, dtls::HashFunction::sha_384, dtls::HashFunction::sha_512})
            if (theirs.algorithm == dtls::to_string(hash))
                out.push_back({hash, Bytes(theirs.digest.begin(), theirs.digest.end())});
    return out;
}

// The address that stands in `m=` and `c=` for those who know no ICE: RFC 8839 section 4.2.
void set_default_candidate(sdp::LocalTransport& transport, const Endpoint& endpoint) {
    transport.port = endpoint.port;
    transport.connection = (endpoint.address.is_v4() ? "IN IP4 " : "IN IP6 ") + endpoint.address.to_string();
}

}  // namespace

bool Peer::add_host(TimePoint now, const Endpoint& endpoint) {
    const bool added = ice_.add_host(now, endpoint);
    pump(now);
    return added;
}

void Peer::gather(TimePoint now) {
    ice_.gather(now);
    pump(now);
}

bool Peer::gathering_done() const noexcept { return ice_.gathering_done(); }

sdp::Local Peer::local() {
    sdp::Local out;
    ++origin_.version;
    out.origin = origin_;
    const auto& [ufrag, password] = ice_.local_credentials();
    out.transport.ice = {ufrag, password};
    if (config_.trickle) out.transport.ice_options.emplace_back("trickle");
    for (const auto& fingerprint : dtls_maker_.fingerprints) out.transport.fingerprints.push_back(to_sdp(fingerprint));
    const auto end =
        local_candidates_.begin() + static_cast<std::ptrdiff_t>(std::min(local_candidates_.size(), most_local_candidates));
    out.transport.candidates.assign(local_candidates_.begin(), end);
    out.transport.end_of_candidates = gathering_done();
    if (!local_candidates_.empty())
        if (const auto first = ice::parse_candidate("candidate:" + local_candidates_.front()))
            set_default_candidate(out.transport, first->endpoint);
    if (config_.data) out.data = sdp::LocalData{config_.sctp.local_port, config_.sctp.max_receive_message};
    out.media = config_.media;
    told_candidates_ = local_candidates_.size();
    told_done_ = gathering_done();
    described_ = true;
    return out;
}

std::string Peer::create_offer(TimePoint now) {
    offer_ = sdp::create_offer(local());
    offers_ = true;
    if (!offer_->media.empty()) section_line_ = offer_->media.front().line;
    std::string text = sdp::print(sdp::write(*offer_));
    ice_.set_role(ice::Role::controlling);
    give_up_at_ = now + config_.set_up_limit;
    note_stage(Stage::offered, now);
    set_state(PeerState::connecting);
    pump(now);
    return text;
}

std::optional<SourceError> Peer::take_answer(TimePoint now, std::string_view text) {
    if (!offer_ || !offers_) return refusal("the answer", "no offer waits for an answer");
    if (ended()) return refusal("the answer", "the call has ended: " + end_reason_);
    auto answer = sdp::read(text, "the answer");
    if (!answer) return std::move(answer).error();
    auto agreed = sdp::apply_answer(*offer_, *answer);
    if (!agreed) return std::move(agreed).error();
    note_stage(Stage::answered, now);
    begin(now, std::move(*agreed));
    return std::nullopt;
}

std::optional<SourceError> Peer::take_offer(TimePoint now, std::string_view text) {
    if (offer_ || agreed_) return refusal("the offer", "the call has an offer already");
    auto offer = sdp::read(text, "the offer");
    if (!offer) return std::move(offer).error();
    offer_ = std::move(*offer);
    ice_.set_role(ice::Role::controlled);
    give_up_at_ = now + config_.set_up_limit;
    note_stage(Stage::offered, now);
    set_state(PeerState::connecting);
    pump(now);
    return std::nullopt;
}

sdp::Outcome<std::string> Peer::create_answer(TimePoint now) {
    if (!offer_ || offers_) return refusal("the answer", "no offer waits for an answer");
    if (ended()) return refusal("the answer", "the call has ended: " + end_reason_);
    auto answer = sdp::create_answer(*offer_, local());
    if (!answer) {
        described_ = false;
        return std::move(answer).error();
    }
    std::string text = sdp::print(sdp::write(answer->answer));
    refused_ = std::move(answer->refused);
    note_stage(Stage::answered, now);
    begin(now, std::move(answer->agreed));
    return {boost::system::in_place_value, std::move(text)};
}

// Both descriptions are there.
void Peer::begin(TimePoint now, sdp::Agreed agreed) {
    agreed_ = std::move(agreed);
    if (agreed_->section < offer_->media.size()) section_line_ = offer_->media[agreed_->section].line;
    offer_.reset();  // a peer may have made it large
    dtls::SessionConfig config;
    config.role = agreed_->dtls == sdp::DtlsRole::client ? dtls::Role::client : dtls::Role::server;
    config.remote_fingerprints = to_dtls(agreed_->fingerprints);
    dtls_ = dtls_maker_.make(std::move(config));

    if (agreed_->remote_lite)
        ice_.set_remote_lite();
    else
        ice_.set_role(agreed_->controlling ? ice::Role::controlling : ice::Role::controlled);
    add_candidates(now, std::exchange(agreed_->candidates, {}));
    (void)ice_.set_remote_credentials(now, {agreed_->remote_ice.ufrag, agreed_->remote_ice.password});
    // Who does not trickle has told all.
    if (agreed_->end_of_candidates || !agreed_->remote_trickles) ice_.end_of_remote_candidates(now);
    pump(now);
}

// Lines that are malformed or of no use are passed over: the others may do, and so may what the peer's checks show.
void Peer::add_candidates(TimePoint now, const std::vector<std::string>& lines) {
    for (const auto& line : lines)
        if (const auto candidate = ice::parse_candidate("candidate:" + line)) (void)ice_.add_remote_candidate(now, *candidate);
}

std::optional<std::string> Peer::add_remote_candidate(TimePoint now, std::string_view line) {
    if (line.starts_with("a=")) line.remove_prefix(2);
    if (line.empty() || line == "end-of-candidates") {
        ice_.end_of_remote_candidates(now);
    } else {
        const auto candidate =
            ice::parse_candidate(line.starts_with("candidate:") ? std::string(line) : "candidate:" + std::string(line));
        if (!candidate) return candidate.error().message();
        (void)ice_.add_remote_candidate(now, *candidate);
    }
    pump(now);
    return std::nullopt;
}

std::string Peer::transport_mid() const {
    if (agreed_) return agreed_->mid;
    return offer_ && !offer_->media.empty() ? offer_->media.front().mid : std::string();
}

sdp::Fragment Peer::make_fragment(std::size_t from) {
    sdp::Fragment out;
    const auto& [ufrag, password] = ice_.local_credentials();
    out.ice = sdp::IceCredentials{ufrag, password};
    if (config_.trickle) out.ice_options.emplace_back("trickle");
    sdp::FragmentMedia media;
    media.mid = transport_mid();
    media.line = section_line_;
    media.candidates.assign(local_candidates_.begin() + static_cast<std::ptrdiff_t>(from), local_candidates_.end());
    media.end_of_candidates = gathering_done();
    out.media.push_back(std::move(media));
    told_candidates_ = local_candidates_.size();
    told_done_ = gathering_done();
    return out;
}

std::optional<sdp::Fragment> Peer::local_fragment() {
    if (!described_ || (told_candidates_ == local_candidates_.size() && told_done_ == gathering_done())) return std::nullopt;
    return make_fragment(told_candidates_);
}

sdp::Outcome<std::optional<sdp::Fragment>> Peer::take_fragment(TimePoint now, std::string_view text) {
    auto fragment = sdp::read_fragment(text, "the fragment");
    if (!fragment) return std::move(fragment).error();
    if (!agreed_) return refusal("the fragment", "there is no description yet that candidates could follow");
    if (ended()) return refusal("the fragment", "the call has ended: " + end_reason_);

    std::optional<sdp::IceCredentials> credentials = fragment->ice;
    for (const auto& media : fragment->media)
        if (media.ice && (!credentials || media.mid == agreed_->mid)) credentials = media.ice;
    const bool restarts = credentials && *credentials != agreed_->remote_ice;
    if (restarts) {
        agreed_->remote_ice = *credentials;
        local_candidates_.clear();
        told_candidates_ = 0;
        ice_.restart(now);
        if (agreed_->remote_lite) ice_.set_remote_lite();
        (void)ice_.set_remote_credentials(now, {credentials->ufrag, credentials->password});
        pump_ice(now);  // what is found of our own candidates goes into the answer
    }
    bool ends = fragment->end_of_candidates;
    for (const auto& media : fragment->media) {
        // All sections share one transport, whichever of them the peer names.
        add_candidates(now, media.candidates);
        ends = ends || media.end_of_candidates;
    }
    if (ends) ice_.end_of_remote_candidates(now);
    std::optional<sdp::Fragment> out;
    if (restarts) out = make_fragment(0);
    pump(now);
    return out;
}

}  // namespace volley::webrtc
