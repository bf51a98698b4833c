// Words for what a peer passes and what ends it.
#include "webrtc/peer.hpp"

namespace volley::webrtc {
namespace {

class Category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "volley.peer"; }
    std::string message(int v) const override {
        switch (static_cast<PeerErrc>(v)) {
            case PeerErrc::no_way:
                return "ICE found no way to the peer";
            case PeerErrc::consent_lost:
                return "the peer no longer answers";
            case PeerErrc::set_up_too_slow:
                return "the call was not set up in time";
            case PeerErrc::dtls_failed:
                return "DTLS failed";
            case PeerErrc::sctp_failed:
                return "SCTP failed";
            case PeerErrc::closed_by_peer:
                return "the peer has hung up";
            case PeerErrc::closed:
                return "hung up";
        }
        return "unknown error";
    }
    boost::system::error_condition default_error_condition(int v) const noexcept override {
        switch (static_cast<PeerErrc>(v)) {
            case PeerErrc::no_way:
            case PeerErrc::consent_lost:
            case PeerErrc::set_up_too_slow:
                return make_error_condition(Condition::timeout);
            case PeerErrc::dtls_failed:
                return make_error_condition(Condition::tls);
            case PeerErrc::sctp_failed:
            case PeerErrc::closed_by_peer:
                return make_error_condition(Condition::reset);
            case PeerErrc::closed:
                return make_error_condition(Condition::cancelled);
        }
        return make_error_condition(Condition::protocol);
    }
};

}  // namespace

const boost::system::error_category& peer_category() noexcept {
    static const Category c;
    return c;
}

std::string_view to_string(Stage stage) noexcept {
    switch (stage) {
        case Stage::gathered:
            return "gathered";
        case Stage::offered:
            return "offered";
        case Stage::answered:
            return "answered";
        case Stage::ice_connected:
            return "ICE connected";
        case Stage::dtls_connected:
            return "DTLS connected";
        case Stage::sctp_up:
            return "SCTP up";
        case Stage::channel_open:
            return "channel open";
    }
    return "unknown";
}

std::string_view to_string(PeerState state) noexcept {
    switch (state) {
        case PeerState::fresh:
            return "new";
        case PeerState::connecting:
            return "connecting";
        case PeerState::connected:
            return "connected";
        case PeerState::disconnected:
            return "disconnected";
        case PeerState::failed:
            return "failed";
        case PeerState::closed:
            return "closed";
    }
    return "unknown";
}

}  // namespace volley::webrtc
