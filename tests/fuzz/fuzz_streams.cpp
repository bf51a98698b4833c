// A peer of two sessions of streams that says what it likes, in a program of the input's: each step is one byte for what happens and some for
// how. Some packets are well-formed but for a field or two, since only those come past the door.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <variant>
#include <vector>

#include "proto/rtp/extensions.hpp"
#include "proto/rtp/packet.hpp"
#include "proto/rtp/rtcp.hpp"
#include "streams/session.hpp"
#include "support/stream_pair.hpp"

namespace {

using namespace volley;
using proto::rtp::Feedback;
using proto::rtp::RtcpType;

void must(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "fuzz_streams: %s\n", what);
    std::abort();
}

class Script {
public:
    Script(const unsigned char* data, std::size_t size) : left_(data, size) {}
    [[nodiscard]] bool done() const { return left_.empty(); }
    std::uint8_t byte() {
        if (left_.empty()) return 0;
        const std::uint8_t out = left_.front();
        left_ = left_.subspan(1);
        return out;
    }
    std::uint16_t two() { return static_cast<std::uint16_t>(byte() << 8 | byte()); }
    BytesView bytes() {
        const std::size_t wanted = byte();
        const BytesView out = left_.first(std::min(wanted, left_.size()));
        left_ = left_.subspan(out.size());
        return out;
    }

private:
    BytesView left_;
};

streams::SessionConfig config(std::uint8_t options) {
    test::SectionChoice choice;
    choice.rtx = (options & 1U) != 0;
    if ((options & 2U) != 0) choice.feedback = {"nack", "nack pli", "goog-remb"};
    if ((options & 4U) != 0) choice.feedback = {"ccm fir", "transport-cc"};
    auto out = test::session_config({test::agreed_audio(), test::agreed_video(choice)});
    if ((options & 8U) != 0) out.sections[1].delivery = streams::Delivery::packets;
    if ((options & 16U) != 0) out.shape = nullptr;
    out.pace = (options & 32U) != 0;
    return out;
}

class World {
public:
    explicit World(std::uint8_t options) : session_(now_, config(options), random_), by_packet_((options & 8U) != 0) {}

    void step(Script& script) {
        switch (script.byte() % 12) {
            case 0:
                input(false, script.bytes());
                break;
            case 1:
                input(true, script.bytes());
                break;
            case 2:
            case 3:
            case 4:
                rtp(script);
                break;
            case 5:
                feedback(script);
                break;
            case 6:
                reports(script);
                break;
            case 7:
                wait(std::chrono::milliseconds(1) * script.byte());
                break;
            case 8:
                wait(std::chrono::milliseconds(50) * script.byte());
                break;
            case 9: {
                const auto packets = test::test_frame(frame_++, (script.byte() & 1U) != 0, std::size_t{40} * script.byte());
                const std::vector<BytesView> views(packets.begin(), packets.end());
                (void)session_.send_frame(now_, script.byte() % 3, {frame_ * 3000, 0, views});
                break;
            }
            case 10: {
                const Bytes payload(std::size_t{1} + script.byte(), 1);
                const std::uint8_t how = script.byte();
                const auto number = (how & 1U) != 0 ? std::optional<std::uint64_t>(65'536U * how + script.two()) : std::nullopt;
                (void)session_.send_packet(now_, how % 3, {how, 0, (how & 2U) != 0, number, payload});
                break;
            }
            default:
                if (const std::uint8_t what = script.byte(); what == 255)
                    session_.close(now_);
                else
                    session_.request_key_frame(now_, what % 20);
        }
        drain();
    }

private:
    void input(bool rtcp, BytesView bytes) {
        const Bytes copy(bytes.begin(), bytes.end());
        session_.handle_packet(now_, rtcp, copy);
    }

    void rtp(Script& script) {
        static constexpr std::uint8_t types[] = {test::video_type, test::video_rtx_type, test::audio_type, 99};
        const std::uint8_t how = script.byte();
        proto::rtp::Packet packet;
        packet.payload_type = types[how % 4];
        packet.marker = (how & 4U) != 0;
        packet.sequence = (how & 8U) != 0 ? script.two() : sequence_++;
        packet.timestamp = script.byte();
        packet.ssrc = script.byte() % 20;
        packet.has_extension = (how & 16U) != 0;
        Bytes extension;
        if (packet.has_extension) {
            const BytesView data = script.bytes();
            extension.assign(data.begin(), data.end());
            extension.resize(extension.size() / 4 * 4);
            packet.extension = {proto::rtp::one_byte_profile, extension};
        }
        const BytesView payload = script.bytes();
        packet.payload = payload;
        Bytes bytes(written_bytes(packet));
        must(proto::rtp::write(packet, bytes).has_value(), "a packet is written");
        session_.handle_packet(now_, false, bytes);
    }

    void feedback(Script& script) {
        const std::uint8_t how = script.byte();
        Feedback out;
        out.type = (how & 1U) != 0 ? RtcpType::transport_feedback : RtcpType::payload_feedback;
        out.format = (how & 2U) != 0 ? 1 : (how & 4U) != 0 ? 4 : 15;
        out.sender = script.byte();
        const auto stats = session_.outbound_stats(now_, how % 2);
        out.media = (how & 8U) != 0 ? out.sender : stats->ssrc;
        const BytesView control = script.bytes();
        out.control.assign(control.begin(), control.end());
        send(out);
    }

    void reports(Script& script) {
        const std::uint8_t how = script.byte();
        const std::uint32_t ours = session_.outbound_stats(now_, how % 2)->ssrc;
        const proto::rtp::ReportBlock block{ours,         script.byte(), script.two() - 30'000, script.two(),
                                            script.two(), last_report_,  script.two()};
        if ((how & 2U) != 0)
            send(proto::rtp::SenderReport{how % 20U, script.two(), script.two(), 5, 6, {block}});
        else if ((how & 4U) != 0)
            send(proto::rtp::Goodbye{{how % 20U, script.byte() % 20U}, {}});
        else
            send(proto::rtp::ReceiverReport{1, {block}});
    }

    void send(const proto::rtp::Rtcp& packet) {
        ByteWriter out;
        write_rtcp(packet, out);
        session_.handle_packet(now_, true, out.view());
    }

    void wait(Duration duration) {
        const TimePoint end = now_ + duration;
        for (int i = 0; i < 5000; ++i) {
            drain();
            const auto next = session_.next_timeout();
            if (!next || *next > end) break;
            now_ = std::max(now_, *next);
            session_.handle_timeout(now_);
            drain();
            const auto after = session_.next_timeout();
            must(!after || *after > now_, "a time-out is due that was dealt with");
        }
        now_ = end;
    }

    void drain() {
        std::size_t sent = 0;
        while (const auto packet = session_.poll_packet(now_)) {
            must(++sent < 3000, "too much to send");
            must(packet->bytes.size() <= 1400, "a packet is too long");
            if (!packet->rtcp) {
                ++media_sent_;
                must(proto::rtp::parse(packet->bytes).has_value(), "no RTP");
                continue;
            }
            const auto packets = proto::rtp::parse_rtcp(packet->bytes);
            must(packets.has_value(), "no RTCP");
            if (const auto* report = std::get_if<proto::rtp::SenderReport>(&packets->front()))
                last_report_ = static_cast<std::uint32_t>(report->ntp_time >> 16);
        }
        while (const auto event = session_.poll_event()) {
            if (const auto* frame = std::get_if<streams::FrameReceived>(&*event)) {
                must(!frame->payloads.empty() && !(by_packet_ && frame->section == 1), "an empty frame");
                must(frame->first_arrival <= frame->last_arrival && frame->last_arrival <= now_, "a frame of another time");
            }
            if (const auto* target = std::get_if<streams::TargetBitrateChanged>(&*event))
                must(target->bits_per_second >= streams::RateLimits().min && target->bits_per_second <= streams::RateLimits().max,
                     "a rate beyond its limits");
        }
        // Of each packet eight times at most, whatever the peer says: that is all the work of it.
        must(session_.transport_stats().transport_feedback_received <= 8 * media_sent_, "feedback on what was not sent");
        must(session_.inbound_stats(now_).size() <= streams::Session::most_streams, "too many streams");
    }

    TimePoint now_{std::chrono::hours(1)};
    test::SeededRandom random_{1};
    streams::Session session_;
    bool by_packet_;
    std::uint16_t sequence_ = 65'500;
    std::uint32_t frame_ = 0;
    std::uint64_t media_sent_ = 0;
    std::uint32_t last_report_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    Script script(data, size);
    World world(script.byte());
    for (int steps = 0; steps < 300 && !script.done(); ++steps) world.step(script);
    return 0;
}
