#include <algorithm>
#include <array>
#include <utility>

#include <openssl/err.h>
#include <openssl/srtp.h>
#include <sys/types.h>

#include "proto/dtls/openssl_backend.hpp"
#include "proto/dtls/openssl_context.hpp"
#include "proto/dtls/record.hpp"

namespace volley::proto::dtls {
namespace {

// Packets that a caller does not fetch, and encrypted ones that a peer may have waiting for keys that are not made yet. OpenSSL keeps a
// buffer of a whole record, 16 KiB, for each of the latter.
constexpr std::size_t max_waiting_packets = 1024;
constexpr int max_early_records = 32;
// A server that was sent nonsense in place of a hello begins anew, for 50 us each time.
constexpr int max_fresh_starts = 10'000;

class OpensslSession final : public Session {
public:
    OpensslSession(std::shared_ptr<OpensslContext> context, SessionConfig config)
        : context_(std::move(context)), config_(std::move(config)) {
        check_.expected = &config_.remote_fingerprints;
        make_fresh();
    }

    void start(TimePoint now) override;
    void handle_packet(TimePoint now, BytesView datagram) override;
    void handle_timeout(TimePoint now) override;
    [[nodiscard]] std::optional<TimePoint> next_timeout() const override;
    error_code send(TimePoint now, BytesView data) override;
    void close(TimePoint now) override;

    [[nodiscard]] std::optional<Bytes> poll_packet() override;
    [[nodiscard]] std::optional<Event> poll_event() override;
    [[nodiscard]] State state() const noexcept override { return state_; }
    [[nodiscard]] Result<SrtpKeys> srtp_keys() const override;
    [[nodiscard]] std::string_view cipher() const noexcept override;

private:
    void make_fresh();
    void begin(TimePoint now);
    void advance_handshake(TimePoint now);
    void read_all();
    void handshake_broke();
    void end(State state, Errc error, std::string reason);
    void rearm(TimePoint now);
    [[nodiscard]] Phase phase() const noexcept;

    std::shared_ptr<OpensslContext> context_;  // before ssl_, which needs it to the end
    SessionConfig config_;
    DatagramPipe pipe_;
    PeerCheck check_;
    SslPtr ssl_;
    std::deque<Event> events_;
    State state_ = State::idle;
    std::optional<TimePoint> retransmit_at_;
    TimePoint give_up_at_;
    bool answered_ = false;  // a server has made something of a hello
    int fresh_starts_ = 0;
    int early_records_ = 0;
    OSSL_HANDSHAKE_STATE handshake_at_ = TLS_ST_BEFORE;
};

// A connected association has buffers of 16 KiB for a record in either direction only while it is at work, which is hardly ever.
class RecordBuffers {
public:
    explicit RecordBuffers(SSL* ssl) : ssl_(ssl) {
        if (SSL_alloc_buffers(ssl_) != 1) throw std::bad_alloc();
    }
    ~RecordBuffers() { (void)SSL_free_buffers(ssl_); }  // keeps them where something is in them still
    RecordBuffers(const RecordBuffers&) = delete;
    RecordBuffers& operator=(const RecordBuffers&) = delete;

private:
    SSL* ssl_;
};

int config_index() {
    static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

// In microseconds; `last` is 0 where none was set.
unsigned retransmit_after(SSL* ssl, unsigned last) {
    const auto& config = *static_cast<const SessionConfig*>(SSL_get_ex_data(ssl, config_index()));
    const auto microseconds = [](Duration d) {
        return static_cast<unsigned>(
            std::clamp<std::int64_t>(std::chrono::duration_cast<std::chrono::microseconds>(d).count(), 1, 60'000'000));
    };
    return last == 0 ? microseconds(config.first_retransmit) : std::min(last * 2, microseconds(config.max_retransmit));
}

std::string words_of(unsigned long error) {
    const char* const reason = ERR_reason_error_string(error);
    return reason != nullptr ? reason : "error " + std::to_string(ERR_GET_REASON(error));
}

// The peer said so, or what it can do and what we can have nothing in common: no later hello will be better.
bool is_final(unsigned long error) noexcept {
    if (ERR_GET_LIB(error) != ERR_LIB_SSL) return false;
    switch (ERR_GET_REASON(error)) {
        case SSL_R_NO_SHARED_CIPHER:
        case SSL_R_NO_SHARED_GROUPS:
        case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
        case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
        case SSL_R_UNSUPPORTED_PROTOCOL:
        case SSL_R_VERSION_TOO_LOW:
        case SSL_R_NO_PROTOCOLS_AVAILABLE:
            return true;
        default:
            return ERR_GET_REASON(error) > SSL_AD_REASON_OFFSET;
    }
}

void OpensslSession::make_fresh() {
    ssl_ = context_->make_ssl(pipe_, check_);
    SSL* const ssl = ssl_.get();
    if (SSL_set_ex_data(ssl, config_index(), &config_) != 1) throw std::bad_alloc();
    SSL_set_mtu(ssl, static_cast<long>(config_.handshake_packet_bytes));
    DTLS_set_timer_cb(ssl, retransmit_after);
    if (config_.role == Role::client) {
        SSL_set_connect_state(ssl);
    } else {
        SSL_set_accept_state(ssl);
    }
}

Phase OpensslSession::phase() const noexcept {
    if (state_ == State::connected) return Phase::connected;
    return config_.role == Role::server && !answered_ ? Phase::hello : Phase::handshaking;
}

void OpensslSession::begin(TimePoint now) {
    state_ = State::handshaking;
    give_up_at_ = now + config_.handshake_timeout;
}

void OpensslSession::start(TimePoint now) {
    if (state_ != State::idle) return;
    begin(now);
    if (config_.role == Role::client) advance_handshake(now);
}

void OpensslSession::handle_packet(TimePoint now, BytesView datagram) {
    if (state_ == State::closed || state_ == State::failed) return;
    if (state_ == State::idle && config_.role == Role::client) return;  // nothing can answer a hello that was not said
    const Look look = look_at(datagram, config_.role, phase());
    if (!look.plausible) return;
    if (state_ == State::idle) begin(now);
    if (state_ == State::handshaking && look.encrypted) {
        const OSSL_HANDSHAKE_STATE at = SSL_get_state(ssl_.get());
        if (at != handshake_at_) early_records_ = 0;
        handshake_at_ = at;
        if (++early_records_ > max_early_records) return;
    }
    pipe_.in = datagram;
    if (state_ == State::handshaking) advance_handshake(now);
    if (state_ == State::connected) read_all();
    pipe_.in = {};
}

void OpensslSession::handle_timeout(TimePoint now) {
    if (state_ != State::handshaking) return;
    if (now >= give_up_at_) {
        end(State::failed, Errc::handshake_timed_out, "no DTLS handshake within " + format_duration(config_.handshake_timeout));
        return;
    }
    if (!retransmit_at_ || now < *retransmit_at_) return;
    ERR_clear_error();
    const long result = DTLSv1_handle_timeout(ssl_.get());
    if (result < 0) {
        handshake_broke();
        return;
    }
    rearm(now);
}

std::optional<TimePoint> OpensslSession::next_timeout() const {
    if (state_ != State::handshaking) return std::nullopt;
    return retransmit_at_ ? std::min(*retransmit_at_, give_up_at_) : give_up_at_;
}

void OpensslSession::rearm(TimePoint now) {
    timeval left{};
    retransmit_at_.reset();
    if (state_ != State::handshaking || DTLSv1_get_timeout(ssl_.get(), &left) != 1) return;
    // OpenSSL says 0 for less than 15 ms, and then does act; a millisecond at least, so that no caller turns in circles.
    retransmit_at_ = now + std::max<Duration>(std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec),
                                              std::chrono::milliseconds(1));
}

void OpensslSession::advance_handshake(TimePoint now) {
    ERR_clear_error();
    const std::size_t sent_before = pipe_.out.size();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) {
        // verify_peer() has refused every other certificate; without one OpenSSL goes no further.
        if (!check_.matched) {
            end(State::failed, Errc::fingerprint_mismatch,
                check_.mismatch.empty() ? "the peer showed no certificate" : check_.mismatch);
            return;
        }
        state_ = State::connected;
        retransmit_at_.reset();
        events_.push_back({Event::Kind::connected, {}, {}, {}});
        return;
    }
    const int why = SSL_get_error(ssl_.get(), result);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
        if (pipe_.out.size() > sent_before) answered_ = true;
        rearm(now);
        return;
    }
    if (phase() == Phase::hello && !is_final(ERR_peek_last_error()) && fresh_starts_ < max_fresh_starts) {
        // What came was no hello; the alert that OpenSSL has written would tell an attacker's victim to give up.
        ++fresh_starts_;
        pipe_.out.resize(sent_before);
        make_fresh();
        return;
    }
    handshake_broke();
}

void OpensslSession::handshake_broke() {
    const unsigned long error = ERR_peek_last_error();
    const int reason = ERR_GET_REASON(error);
    if (!check_.mismatch.empty() && !check_.matched) {
        end(State::failed, Errc::fingerprint_mismatch, check_.mismatch);
    } else if (ERR_GET_LIB(error) == ERR_LIB_SSL && reason == SSL_R_READ_TIMEOUT_EXPIRED) {
        end(State::failed, Errc::handshake_timed_out, "the peer answered none of the DTLS packets, each sent 12 times again");
    } else if (ERR_GET_LIB(error) == ERR_LIB_SSL && reason > SSL_AD_REASON_OFFSET) {
        const int alert = reason - SSL_AD_REASON_OFFSET;
        end(State::failed, Errc::peer_alert,
            "the peer broke the DTLS handshake off with alert " + std::to_string(alert) + ", " +
                SSL_alert_desc_string_long(alert));
    } else if ((SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0) {
        end(State::failed, Errc::peer_alert, "the peer closed DTLS during the handshake");
    } else {
        end(State::failed, Errc::handshake_failed,
            error != 0 ? "the DTLS handshake failed: " + words_of(error) : "the DTLS handshake failed");
    }
}

void OpensslSession::read_all() {
    // One datagram may hold several records, and its last bytes may be those that OpenSSL waits for.
    const RecordBuffers buffers(ssl_.get());
    std::array<std::uint8_t, max_message_bytes> buffer;
    for (;;) {
        ERR_clear_error();
        std::size_t size = 0;
        const int result = SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &size);
        if (result == 1) {
            events_.push_back(
                {Event::Kind::data, Bytes(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size)), {}, {}});
            continue;
        }
        const int why = SSL_get_error(ssl_.get(), result);
        if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return;
        if (why == SSL_ERROR_ZERO_RETURN) {
            SSL_shutdown(ssl_.get());
            end(State::closed, Errc::closed, "the peer closed DTLS");
            return;
        }
        const unsigned long error = ERR_peek_last_error();
        const int reason = ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0;
        if (reason > SSL_AD_REASON_OFFSET) {
            const int alert = reason - SSL_AD_REASON_OFFSET;
            end(State::failed, Errc::peer_alert,
                "the peer broke DTLS off with alert " + std::to_string(alert) + ", " + SSL_alert_desc_string_long(alert));
        } else {
            end(State::failed, Errc::handshake_failed, error != 0 ? "DTLS failed: " + words_of(error) : "DTLS failed");
        }
        return;
    }
}

void OpensslSession::end(State state, Errc error, std::string reason) {
    state_ = state;
    retransmit_at_.reset();
    const bool failed = state == State::failed;
    events_.push_back({failed ? Event::Kind::failed : Event::Kind::closed,
                       {},
                       failed ? make_error_code(error) : error_code(),
                       std::move(reason)});
    ERR_clear_error();
}

error_code OpensslSession::send(TimePoint, BytesView data) {
    if (state_ == State::closed || state_ == State::failed) return Errc::closed;
    if (state_ != State::connected) return Errc::not_connected;
    if (data.size() > max_message_bytes) return Errc::message_too_large;
    if (data.empty()) return {};  // a record of nothing says nothing
    if (pipe_.out.size() >= max_waiting_packets) return Errc::queue_full;
    ERR_clear_error();
    const RecordBuffers buffers(ssl_.get());
    std::size_t written = 0;
    if (SSL_write_ex(ssl_.get(), data.data(), data.size(), &written) == 1) return {};
    end(State::failed, Errc::handshake_failed, "DTLS cannot send: " + words_of(ERR_peek_last_error()));
    return Errc::closed;
}

void OpensslSession::close(TimePoint) {
    if (state_ == State::closed || state_ == State::failed) return;
    ERR_clear_error();
    // In a handshake OpenSSL would refuse, and the peer's own time-out is what ends it.
    if (state_ == State::connected) {
        const RecordBuffers buffers(ssl_.get());
        SSL_shutdown(ssl_.get());
    }
    end(State::closed, Errc::closed, "closed");
}

std::optional<Bytes> OpensslSession::poll_packet() {
    if (pipe_.out.empty()) return std::nullopt;
    Bytes packet = std::move(pipe_.out.front());
    pipe_.out.pop_front();
    return packet;
}

std::optional<Event> OpensslSession::poll_event() {
    if (events_.empty()) return std::nullopt;
    Event event = std::move(events_.front());
    events_.pop_front();
    return event;
}

Result<SrtpKeys> OpensslSession::srtp_keys() const {
    if (state_ != State::connected) return Errc::not_connected;
    const SRTP_PROTECTION_PROFILE* const chosen = SSL_get_selected_srtp_profile(ssl_.get());
    if (chosen == nullptr) return Errc::no_srtp;
    SrtpKeys keys;
    keys.profile = static_cast<SrtpProfile>(chosen->id);
    std::size_t key_bytes = 16;
    std::size_t salt_bytes = 14;
    switch (keys.profile) {
        case SrtpProfile::aes128_cm_hmac_sha1_80:
            break;
        case SrtpProfile::aead_aes_128_gcm:
            salt_bytes = 12;
            break;
        case SrtpProfile::aead_aes_256_gcm:
            key_bytes = 32;
            salt_bytes = 12;
            break;
        default:
            return Errc::no_srtp;
    }
    // RFC 5764 section 4.2: the client's key, the server's key, the client's salt, the server's salt.
    Bytes material(2 * (key_bytes + salt_bytes));
    constexpr std::string_view label = "EXTRACTOR-dtls_srtp";
    ERR_clear_error();
    if (SSL_export_keying_material(ssl_.get(), material.data(), material.size(), label.data(), label.size(), nullptr, 0, 0) !=
        1) {
        ERR_clear_error();
        return Errc::not_connected;
    }
    ByteReader reader(material);
    const auto take = [&reader](std::size_t size) {
        const BytesView bytes = reader.bytes(size);
        return Bytes(bytes.begin(), bytes.end());
    };
    const bool client = config_.role == Role::client;
    (client ? keys.local_key : keys.remote_key) = take(key_bytes);
    (client ? keys.remote_key : keys.local_key) = take(key_bytes);
    (client ? keys.local_salt : keys.remote_salt) = take(salt_bytes);
    (client ? keys.remote_salt : keys.local_salt) = take(salt_bytes);
    OPENSSL_cleanse(material.data(), material.size());
    return keys;
}

std::string_view OpensslSession::cipher() const noexcept {
    return state_ == State::connected ? std::string_view(SSL_get_cipher_name(ssl_.get())) : std::string_view();
}

}  // namespace

std::unique_ptr<Session> make_openssl_session(const Identity& identity, SessionConfig config) {
    return std::make_unique<OpensslSession>(identity.context_, std::move(config));
}

}  // namespace volley::proto::dtls
