// Two sessions of streams and the network between them, in virtual time; and a camera whose frames show by themselves whether they are whole.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <volley/time.hpp>

#include "base/bytes.hpp"
#include "proto/rtp/transport_cc.hpp"
#include "proto/sdp/negotiation.hpp"
#include "streams/abilities.hpp"
#include "streams/session.hpp"
#include "support/lossy_link.hpp"
#include "support/seeded_random.hpp"

namespace volley::test {

/// Lets time pass for a session by itself: each of its timeouts when it is due. @param drain  takes what it has to send and to say.
/// @return false: time stood still.
template <class Drain>
[[nodiscard]] bool let_pass(streams::Session& session, TimePoint& now, Duration duration, Drain&& drain) {
    const TimePoint end = now + duration;
    for (int i = 0; i < 100'000; ++i) {
        drain();
        const auto next = session.next_timeout();
        if (!next || *next > end) {
            now = end;
            return true;
        }
        now = std::max(now, *next);
        session.handle_timeout(now);
    }
    return false;
}

// --- sections --------------------------------------------------------------------------------------------------------

struct SectionChoice {
    proto::sdp::Direction direction = proto::sdp::Direction::sendrecv;
    bool rtx = true;
    bool mid = true;
    bool abs_send_time = true;
    std::vector<std::string> feedback = {"nack", "nack pli", "ccm fir", "goog-remb", "transport-cc"};
};

inline constexpr std::uint8_t video_type = 96;
inline constexpr std::uint8_t video_rtx_type = 97;
inline constexpr std::uint8_t audio_type = 111;
inline constexpr std::uint32_t video_clock = 90'000;

[[nodiscard]] inline proto::sdp::HeaderExtension extension(std::uint16_t id, std::string_view uri) {
    proto::sdp::HeaderExtension out;
    out.id = id;
    out.uri = uri;
    return out;
}

[[nodiscard]] inline proto::sdp::AgreedMedia agreed_video(const SectionChoice& choice = {}, std::string mid = "v") {
    proto::sdp::AgreedMedia out;
    out.kind = "video";
    out.mid = std::move(mid);
    out.direction = choice.direction;
    proto::sdp::Codec codec;
    codec.payload_type = video_type;
    codec.name = "VP8";
    codec.clock_rate = video_clock;
    codec.feedback = choice.feedback;
    out.codecs.push_back(codec);
    if (choice.rtx) out.codecs.push_back(streams::rtx_of(codec, video_rtx_type));
    if (choice.mid) out.extensions.push_back(extension(1, streams::mid_uri));
    if (choice.abs_send_time) out.extensions.push_back(extension(2, streams::abs_send_time_uri));
    if (std::find(choice.feedback.begin(), choice.feedback.end(), "transport-cc") != choice.feedback.end())
        out.extensions.push_back(extension(3, proto::rtp::transport_cc_uri));
    return out;
}

[[nodiscard]] inline proto::sdp::AgreedMedia agreed_audio(const SectionChoice& choice = {}, std::string mid = "a") {
    proto::sdp::AgreedMedia out;
    out.kind = "audio";
    out.mid = std::move(mid);
    out.direction = choice.direction;
    proto::sdp::Codec codec;
    codec.payload_type = audio_type;
    codec.name = "opus";
    codec.clock_rate = 48'000;
    codec.channels = 2;
    out.codecs.push_back(codec);
    if (choice.mid) out.extensions.push_back(extension(1, streams::mid_uri));
    return out;
}

// --- frames that show whether they are whole -------------------------------------------------------------------------

inline constexpr std::uint8_t shape_starts = 1;
inline constexpr std::uint8_t shape_key = 2;

/// The first byte of a payload is its shape; then follow the frame's number, the packet's place in it and how many there are.
[[nodiscard]] inline std::vector<Bytes> test_frame(std::uint32_t number, bool key, std::size_t bytes,
                                                   std::size_t packet_bytes = 1100) {
    constexpr std::size_t head = 9;
    const std::size_t count = std::max<std::size_t>(1, (bytes + packet_bytes - 1) / packet_bytes);
    std::vector<Bytes> out;
    for (std::size_t i = 0; i < count; ++i) {
        ByteWriter packet;
        packet.u8(static_cast<std::uint8_t>((i == 0 ? shape_starts : 0) | (i == 0 && key ? shape_key : 0)));
        packet.u32(number);
        packet.u16(static_cast<std::uint16_t>(i));
        packet.u16(static_cast<std::uint16_t>(count));
        const std::size_t size = std::min(packet_bytes, std::max(bytes, std::size_t{1}) - std::min(bytes, i * packet_bytes));
        while (packet.size() < std::max(size, head + 1)) packet.u8(static_cast<std::uint8_t>(number + packet.size()));
        out.push_back(packet.take());
    }
    return out;
}

[[nodiscard]] inline streams::PacketShape test_shape(const proto::sdp::Codec& /*codec*/, BytesView payload) {
    return {(payload[0] & shape_starts) != 0, false, (payload[0] & shape_key) != 0};
}

[[nodiscard]] inline std::uint32_t test_frame_number(const std::vector<Bytes>& payloads) {
    return ByteReader(BytesView(payloads.at(0)).subspan(1)).u32();
}

/// Empty, or what is wrong with a frame that has come.
[[nodiscard]] inline std::string frame_fault(const streams::FrameReceived& frame) {
    for (std::size_t i = 0; i < frame.payloads.size(); ++i) {
        ByteReader in(frame.payloads[i]);
        const std::uint8_t shape = in.u8();
        const std::uint32_t number = in.u32();
        const std::size_t place = in.u16();
        const std::size_t count = in.u16();
        if (!in.ok()) return "short";
        if (place != i || count != frame.payloads.size()) return "packets are missing or in another order";
        if (number != test_frame_number(frame.payloads)) return "of two frames";
        if (i == 0 && frame.key != ((shape & shape_key) != 0)) return "key";
        std::size_t at = 9;
        for (const std::uint8_t byte : in.rest())
            if (byte != static_cast<std::uint8_t>(number + at++)) return "other bytes";
    }
    return {};
}

// --- the network -----------------------------------------------------------------------------------------------------

struct WayModel {
    LinkModel link;
    double bits_per_second = 0;                               ///< 0: without end
    Duration most_queue = std::chrono::milliseconds(300);     ///< what would wait longer is lost
    std::function<bool(bool rtcp, BytesView bytes)> loses{};  ///< beside what the link loses
};

class Way {
public:
    Way(WayModel model, std::uint64_t seed) : model_(std::move(model)), link_(model_.link, seed) {}

    void send(TimePoint now, bool rtcp, BytesView bytes) {
        ++sent_;
        bytes_ += bytes.size();
        if (model_.loses && model_.loses(rtcp, bytes)) return;
        TimePoint leaves = now;
        if (model_.bits_per_second > 0) {
            const TimePoint begins = std::max(now, free_at_);
            if (begins - now > model_.most_queue) return;
            constexpr std::size_t udp = 28;
            leaves = begins + from_seconds(static_cast<double>(bytes.size() + udp) * 8 / model_.bits_per_second);
            free_at_ = leaves;
        }
        Bytes packet = {static_cast<std::uint8_t>(rtcp ? 1 : 0)};
        packet.insert(packet.end(), bytes.begin(), bytes.end());
        link_.send(leaves, std::move(packet));
    }
    [[nodiscard]] std::optional<TimePoint> next() const { return link_.next(); }
    [[nodiscard]] std::optional<Bytes> receive(TimePoint now) { return link_.receive(now); }
    [[nodiscard]] WayModel& model() { return model_; }
    void set_link(LinkModel link) { link_.set_model(link); }
    [[nodiscard]] std::uint64_t sent() const { return sent_; }
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

private:
    WayModel model_;
    LossyLink link_;
    TimePoint free_at_{};
    std::uint64_t sent_ = 0;
    std::uint64_t bytes_ = 0;
};

/// The first session sends over `there`, the second one over `back`.
class StreamPair {
public:
    using Handler = std::function<void(streams::SessionEvent& event)>;

    StreamPair(streams::SessionConfig first, streams::SessionConfig second, WayModel there, WayModel back, std::uint64_t seed)
        : now_(std::chrono::hours(1)),
          random_(seed),
          there_(std::move(there), seed * 2 + 1),
          back_(std::move(back), seed * 2 + 2),
          first_(now_, std::move(first), random_),
          second_(now_, std::move(second), random_) {}

    [[nodiscard]] TimePoint now() const { return now_; }
    [[nodiscard]] streams::Session& first() { return first_; }
    [[nodiscard]] streams::Session& second() { return second_; }
    [[nodiscard]] Way& there() { return there_; }
    [[nodiscard]] Way& back() { return back_; }
    [[nodiscard]] SeededRandom& random() { return random_; }
    void on_first(Handler handler) { on_first_ = std::move(handler); }
    void on_second(Handler handler) { on_second_ = std::move(handler); }
    void after(Duration delay, std::function<void()> what) { tasks_.emplace(now_ + delay, std::move(what)); }

    void run_for(Duration duration) {
        const TimePoint end = now_ + duration;
        std::size_t here = 0;
        for (;;) {
            drain();
            auto next = earlier(earlier(first_.next_timeout(), second_.next_timeout()), earlier(there_.next(), back_.next()));
            if (!tasks_.empty()) next = earlier(next, tasks_.begin()->first);
            if (!next || *next > end) break;
            here = *next <= now_ ? here + 1 : 0;
            if (here > 20'000) {
                fault_ = "time stands still";
                return;
            }
            now_ = std::max(now_, *next);
            while (const auto packet = there_.receive(now_))
                second_.handle_packet(now_, packet->front() != 0, BytesView(*packet).subspan(1));
            while (const auto packet = back_.receive(now_))
                first_.handle_packet(now_, packet->front() != 0, BytesView(*packet).subspan(1));
            while (!tasks_.empty() && tasks_.begin()->first <= now_) {
                const auto what = std::move(tasks_.begin()->second);
                tasks_.erase(tasks_.begin());
                what();
            }
            if (const auto due = first_.next_timeout(); due && *due <= now_) first_.handle_timeout(now_);
            if (const auto due = second_.next_timeout(); due && *due <= now_) second_.handle_timeout(now_);
        }
        now_ = end;
    }
    /// Empty while all is well.
    [[nodiscard]] const std::string& fault() const { return fault_; }

private:
    void drain() {
        while (const auto packet = first_.poll_packet(now_)) there_.send(now_, packet->rtcp, packet->bytes);
        while (const auto packet = second_.poll_packet(now_)) back_.send(now_, packet->rtcp, packet->bytes);
        while (auto event = first_.poll_event())
            if (on_first_) on_first_(*event);
        while (auto event = second_.poll_event())
            if (on_second_) on_second_(*event);
        while (const auto packet = first_.poll_packet(now_)) there_.send(now_, packet->rtcp, packet->bytes);
        while (const auto packet = second_.poll_packet(now_)) back_.send(now_, packet->rtcp, packet->bytes);
    }

    TimePoint now_;
    SeededRandom random_;
    Way there_;
    Way back_;
    streams::Session first_;
    streams::Session second_;
    Handler on_first_;
    Handler on_second_;
    std::multimap<TimePoint, std::function<void()>> tasks_;
    std::string fault_;
};

/// Sends 30 frames in a second, of a size that makes a rate; the first one and those that are asked for are key frames of four times the size.
class TestCamera {
public:
    TestCamera(StreamPair& pair, streams::Session& session, std::size_t section, std::uint64_t bits_per_second)
        : pair_(pair), session_(session), section_(section), rate(bits_per_second) {}
    TestCamera(const TestCamera&) = delete;
    TestCamera& operator=(const TestCamera&) = delete;

    void start() {
        pair_.after({}, [this] { shoot(); });
    }
    void stop() { stopped_ = true; }
    void want_key() { key_wanted_ = true; }
    [[nodiscard]] std::uint32_t frames() const { return frames_; }
    [[nodiscard]] std::uint32_t keys() const { return keys_; }

private:
    void shoot() {
        if (stopped_) return;
        const bool key = std::exchange(key_wanted_, false);
        const std::size_t bytes = static_cast<std::size_t>(rate / 8 / 30) * (key ? 4 : 1);
        const std::vector<Bytes> packets = test_frame(frames_, key, bytes);
        const std::vector<BytesView> views(packets.begin(), packets.end());
        if (session_.send_frame(pair_.now(), section_, {frames_ * (video_clock / 30), 0, views})) {
            ++frames_;
            if (key) ++keys_;
        } else {
            key_wanted_ = key_wanted_ || key;
        }
        pair_.after(std::chrono::microseconds(33'333), [this] { shoot(); });
    }

    StreamPair& pair_;
    streams::Session& session_;
    std::size_t section_;
    bool stopped_ = false;
    bool key_wanted_ = true;
    std::uint32_t frames_ = 0;
    std::uint32_t keys_ = 0;

public:
    std::uint64_t rate;  ///< bits per second, from the next frame on
};

/// Sends each video frame back as it comes, as a server does: of a size that makes the rate of a TestCamera, and a key frame where one is asked for.
class TestMirror {
public:
    TestMirror(StreamPair& pair, streams::Session& session, std::size_t section, std::uint64_t bits_per_second)
        : pair_(pair), session_(session), section_(section), bytes_(static_cast<std::size_t>(bits_per_second / 8 / 30)) {}

    /// What the session tells.
    void handle(const streams::SessionEvent& event) {
        if (std::holds_alternative<streams::KeyFrameWanted>(event)) key_wanted_ = true;
        const auto* frame = std::get_if<streams::FrameReceived>(&event);
        if (frame == nullptr) return;
        const bool key = std::exchange(key_wanted_, false);
        const std::vector<Bytes> packets = test_frame(frames_, key, bytes_ * (key ? 4 : 1));
        const std::vector<BytesView> views(packets.begin(), packets.end());
        if (session_.send_frame(pair_.now(), section_, {frame->timestamp, 0, views}))
            ++frames_;
        else
            key_wanted_ = true;
    }

private:
    StreamPair& pair_;
    streams::Session& session_;
    std::size_t section_;
    std::size_t bytes_;  // of a frame that is no key frame
    bool key_wanted_ = true;
    std::uint32_t frames_ = 0;
};

[[nodiscard]] inline streams::SessionConfig session_config(std::vector<proto::sdp::AgreedMedia> sections) {
    streams::SessionConfig out;
    for (auto& section : sections) {
        streams::SectionConfig config;
        config.agreed = std::move(section);
        out.sections.push_back(std::move(config));
    }
    out.shape = test_shape;
    out.cname = "test";
    return out;
}

}  // namespace volley::test
