#include "proto/dtls/session.hpp"

namespace volley::proto::dtls {
namespace {

class Category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "volley.dtls"; }
    std::string message(int v) const override {
        switch (static_cast<Errc>(v)) {
            case Errc::not_connected:
                return "the DTLS handshake is not done";
            case Errc::closed:
                return "the DTLS association is closed";
            case Errc::message_too_large:
                return "too large for one DTLS record";
            case Errc::queue_full:
                return "too many packets wait to be sent";
            case Errc::handshake_timed_out:
                return "the DTLS handshake timed out";
            case Errc::handshake_failed:
                return "the DTLS handshake failed";
            case Errc::fingerprint_mismatch:
                return "the peer's certificate does not match its fingerprint";
            case Errc::peer_alert:
                return "the peer broke DTLS off";
            case Errc::no_srtp:
                return "no SRTP profile was negotiated";
        }
        return "unknown error";
    }
    boost::system::error_condition default_error_condition(int v) const noexcept override {
        switch (static_cast<Errc>(v)) {
            case Errc::not_connected:
            case Errc::closed:
                return make_error_condition(Condition::reset);
            case Errc::message_too_large:
                return make_error_condition(Condition::too_large);
            case Errc::queue_full:
                return make_error_condition(Condition::exhausted);
            case Errc::handshake_timed_out:
                return make_error_condition(Condition::timeout);
            case Errc::handshake_failed:
            case Errc::fingerprint_mismatch:
            case Errc::peer_alert:
                return make_error_condition(Condition::tls);
            case Errc::no_srtp:
                return make_error_condition(Condition::protocol);
        }
        return make_error_condition(Condition::protocol);
    }
};

}  // namespace

const boost::system::error_category& category() noexcept {
    static const Category c;
    return c;
}

std::string_view to_string(SrtpProfile profile) noexcept {
    switch (profile) {
        case SrtpProfile::none:
            return "none";
        case SrtpProfile::aes128_cm_hmac_sha1_80:
            return "SRTP_AES128_CM_HMAC_SHA1_80";
        case SrtpProfile::aead_aes_128_gcm:
            return "SRTP_AEAD_AES_128_GCM";
        case SrtpProfile::aead_aes_256_gcm:
            return "SRTP_AEAD_AES_256_GCM";
    }
    return "unknown";
}

}  // namespace volley::proto::dtls
