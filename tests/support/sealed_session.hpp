// In the place of DTLS where calls are made by the thousand: what strangers send, and what comes again, is dropped as DTLS does it, and
// proven by a keyed sum that costs next to nothing. Whoever knows this file can forge it.
#pragma once

#include <bitset>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "proto/dtls/session.hpp"

namespace volley::test {

class SealedSession final : public proto::dtls::Session {
    using Event = proto::dtls::Event;
    using State = proto::dtls::State;

public:
    explicit SealedSession(proto::dtls::Role role) : is_client_(role == proto::dtls::Role::client) {}

    void start(TimePoint now) override {
        if (state_ != State::idle) return;
        state_ = State::handshaking;
        if (is_client_) hello(now);
    }
    void handle_packet(TimePoint, BytesView datagram) override {
        if (state_ == State::closed || !is_genuine(datagram)) return;
        const BytesView data = datagram.subspan(head, datagram.size() - head - tail);
        switch (datagram[0]) {
            case handshake:
                if (!is_client_) put(handshake, {});
                if (state_ == State::connected || (is_client_ && state_ != State::handshaking)) return;
                state_ = State::connected;
                say(Event::Kind::connected);
                return;
            case application:
                if (state_ == State::connected) say(Event::Kind::data, Bytes(data.begin(), data.end()));
                return;
            case alert:
                state_ = State::closed;
                say(Event::Kind::closed);
                return;
            default:
                return;
        }
    }
    void handle_timeout(TimePoint now) override {
        if (const auto at = next_timeout(); at && now >= *at) hello(now);
    }
    [[nodiscard]] std::optional<TimePoint> next_timeout() const override {
        return is_client_ && state_ == State::handshaking ? std::optional(hello_again_at_) : std::nullopt;
    }

    error_code send(TimePoint, BytesView data) override {
        if (state_ != State::connected) return proto::dtls::Errc::not_connected;
        if (data.size() > max_message_bytes) return proto::dtls::Errc::message_too_large;
        if (packets_.size() >= 4096) return proto::dtls::Errc::queue_full;
        put(application, data);
        return {};
    }
    void close(TimePoint) override {
        if (state_ == State::closed) return;
        if (state_ != State::idle) put(alert, {});
        state_ = State::closed;
        say(Event::Kind::closed);
    }
    [[nodiscard]] std::optional<Bytes> poll_packet() override { return take(packets_); }
    [[nodiscard]] std::optional<Event> poll_event() override { return take(events_); }
    [[nodiscard]] State state() const noexcept override { return state_; }
    [[nodiscard]] Result<proto::dtls::SrtpKeys> srtp_keys() const override {
        const auto of = [](bool client, std::size_t size) { return Bytes(size, client ? 1 : 2); };
        return proto::dtls::SrtpKeys{proto::dtls::SrtpProfile::aes128_cm_hmac_sha1_80, of(is_client_, 16), of(is_client_, 14),
                                     of(!is_client_, 16), of(!is_client_, 14)};
    }
    [[nodiscard]] std::string_view cipher() const noexcept override { return "a sum"; }

private:
    static constexpr std::uint8_t alert = 21, handshake = 22, application = 23;  // as DTLS has them
    static constexpr std::size_t head = 1 + 8, tail = 8;                         // kind and number; sum

    template <class T>
    static std::optional<T> take(std::deque<T>& from) {
        if (from.empty()) return std::nullopt;
        std::optional<T> out(std::move(from.front()));
        from.pop_front();
        return out;
    }
    void say(Event::Kind kind, Bytes data = {}) { events_.push_back({kind, std::move(data), {}, {}}); }
    void hello(TimePoint now) {
        put(handshake, {});
        hello_again_at_ = now + std::chrono::milliseconds(50);
    }
    static std::uint64_t sum_of(BytesView bytes, bool from_client) {
        std::uint64_t sum = from_client ? 0x9e3779b97f4a7c15U : 0xd1b54a32d192ed03U;
        for (const std::uint8_t byte : bytes) sum = (sum ^ byte) * 0x100000001b3U + (sum >> 29U);
        sum ^= sum >> 31U;
        return sum * 0xbf58476d1ce4e5b9U;
    }
    void put(std::uint8_t kind, BytesView data) {
        ByteWriter out;
        out.u8(kind);
        out.u64(++sent_);
        out.bytes(data);
        out.u64(sum_of(out.view(), is_client_));
        packets_.push_back(out.take());
    }
    bool is_genuine(BytesView packet) {
        if (packet.size() < head + tail) return false;
        ByteReader number(packet.subspan(1, 8));
        ByteReader sum(packet.last(tail));
        // Not compared as a whole: a fuzzer that watches comparisons would learn what it should have been.
        if ((sum.u64() ^ sum_of(packet.first(packet.size() - tail), !is_client_)) != 0) return false;
        return is_new(number.u64());
    }
    bool is_new(std::uint64_t number) {
        if (number > newest_) {
            seen_ = number - newest_ < seen_.size() ? seen_ << (number - newest_) : std::bitset<64>();
            newest_ = number;
        }
        const std::uint64_t age = newest_ - number;
        if (age >= seen_.size() || seen_[age]) return false;
        seen_.set(age);
        return true;
    }

    bool is_client_;
    State state_ = State::idle;
    TimePoint hello_again_at_{};
    std::uint64_t sent_ = 0;
    std::uint64_t newest_ = 0;
    std::bitset<64> seen_;
    std::deque<Bytes> packets_;
    std::deque<Event> events_;
};

}  // namespace volley::test
