#include "streams/session.hpp"

#include <algorithm>
#include <deque>
#include <utility>

#include "proto/rtp/rtcp.hpp"
#include "streams/deadlines.hpp"
#include "streams/events.hpp"
#include "streams/receiving.hpp"
#include "streams/rtcp_reports.hpp"
#include "streams/section.hpp"
#include "streams/sending.hpp"

namespace volley::streams {
namespace {

using proto::rtp::Rtcp;

// Reports: the first one soon, since it tells the round trip; RFC 3550 section 6.2 spreads them by chance.
constexpr Duration first_report = std::chrono::milliseconds(200);
constexpr Duration report_interval = std::chrono::seconds(1);
constexpr std::size_t most_rtcp_waiting = 64;

std::vector<Section> sections_of(const SessionConfig& config) {
    std::vector<Section> out;
    for (std::size_t i = 0; i < config.sections.size(); ++i) out.emplace_back(config.sections[i].agreed, i);
    return out;
}

}  // namespace

struct Session::Impl {
    Impl(TimePoint now, SessionConfig the_config, RandomSource& the_random)
        : config(std::move(the_config)),
          random(the_random),
          sections(sections_of(config)),
          receiving(sections, config),
          sending(sections, config, random),
          sender(sending.first_source().value_or(static_cast<std::uint32_t>(random.next()))),
          last(now) {}

    void put(const std::vector<Rtcp>& packets) {
        if (packets.empty() || rtcp.size() >= most_rtcp_waiting) return;
        std::vector<std::uint32_t> sources = sending.sources();
        if (sources.empty()) sources.push_back(sender);
        rtcp.push_back(compound(packets, sender, sources, config.cname));
    }

    // Feedback does not wait for the next report.
    void flush_feedback(TimePoint now) {
        const auto due = receiving.next_feedback(sending.round_trip());
        if (!due || now < *due) return;
        std::vector<Rtcp> all;
        receiving.take_feedback(now, sending.round_trip(), sender, all, events);
        // A datagram of each few, so that none is longer than what goes through.
        constexpr std::size_t most_in_one = 4;
        constexpr std::size_t most_bytes = 700;
        std::vector<Rtcp> some;
        std::size_t bytes = 0;
        for (Rtcp& packet : all) {
            const auto* feedback = std::get_if<proto::rtp::Feedback>(&packet);
            const std::size_t size = feedback != nullptr ? feedback->control.size() : 0;
            if (!some.empty() && (some.size() >= most_in_one || bytes + size > most_bytes)) {
                put(some);
                some.clear();
                bytes = 0;
            }
            bytes += size;
            some.push_back(std::move(packet));
        }
        put(some);
    }

    void plan_report(TimePoint now) {
        if (report_at || closed) return;
        report_at = now + first_report;
    }

    void report(TimePoint now) {
        std::vector<proto::rtp::ReportBlock> blocks = receiving.take_reports(now);
        std::vector<Rtcp> packets;
        for (auto& sent : sending.make_reports(now)) {
            sent.blocks = std::exchange(blocks, {});
            packets.emplace_back(std::move(sent));
        }
        if (packets.empty()) packets.emplace_back(proto::rtp::ReceiverReport{sender, std::move(blocks)});
        if (auto estimate = receiving.make_estimate(sender)) packets.emplace_back(std::move(*estimate));
        put(packets);
        report_at = now + from_seconds(to_seconds(report_interval) * (0.9 + 0.2 * random.uniform()));
    }

    void handle_rtcp(TimePoint now, BytesView bytes) {
        const auto packets = proto::rtp::parse_rtcp(bytes);
        if (!packets) {
            ++malformed;
            return;
        }
        std::vector<proto::rtp::ReportBlock> blocks;
        const auto add_blocks = [&](const std::vector<proto::rtp::ReportBlock>& more) {
            blocks.insert(blocks.end(), more.begin(), more.end());
        };
        for (const Rtcp& packet : *packets) {
            if (const auto* sent = std::get_if<proto::rtp::SenderReport>(&packet)) {
                receiving.handle_sender_report(now, *sent);
                add_blocks(sent->blocks);
            } else if (const auto* received = std::get_if<proto::rtp::ReceiverReport>(&packet)) {
                add_blocks(received->blocks);
            } else if (const auto* goodbye = std::get_if<proto::rtp::Goodbye>(&packet)) {
                receiving.handle_goodbye(now, *goodbye, events);
            } else if (const auto* feedback = std::get_if<proto::rtp::Feedback>(&packet)) {
                sending.handle_feedback(now, *feedback, events);
            }
        }
        sending.handle_reports(now, blocks, events);
    }

    SessionConfig config;
    RandomSource& random;
    std::vector<Section> sections;
    Receiving receiving;
    Sending sending;
    std::uint32_t sender;  // of RTCP
    EventQueue events;
    std::deque<Bytes> rtcp;
    Bytes sent_rtcp;  // what poll_packet() has lent
    std::optional<TimePoint> report_at;
    TimePoint last{};  // what `now` was
    bool closed = false;
    std::uint64_t malformed = 0;
};

Session::Session(TimePoint now, SessionConfig config, RandomSource& random)
    : impl_(std::make_unique<Impl>(now, std::move(config), random)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

void Session::handle_packet(TimePoint now, bool rtcp, BytesView bytes) {
    if (impl_->closed) return;
    impl_->last = now;
    if (rtcp) {
        impl_->handle_rtcp(now, bytes);
    } else {
        impl_->receiving.handle_packet(now, bytes, impl_->events);
        if (impl_->receiving.heard()) impl_->plan_report(now);
    }
    impl_->flush_feedback(now);
}

void Session::handle_timeout(TimePoint now) {
    if (impl_->closed) return;
    impl_->last = now;
    impl_->receiving.handle_timeout(now, impl_->events);
    impl_->sending.handle_timeout(now, impl_->events);
    impl_->flush_feedback(now);
    if (impl_->report_at && *impl_->report_at <= now) impl_->report(now);
}

std::optional<OutPacket> Session::poll_packet(TimePoint now) {
    impl_->last = now;
    if (!impl_->rtcp.empty()) {
        impl_->sent_rtcp = std::move(impl_->rtcp.front());
        impl_->rtcp.pop_front();
        return OutPacket{true, false, impl_->sent_rtcp};
    }
    auto out = impl_->sending.poll_packet(now);
    if (out)
        if (auto feedback = impl_->receiving.take_early_feedback(now, impl_->sender)) impl_->put({std::move(*feedback)});
    return out;
}

std::optional<SessionEvent> Session::poll_event() { return impl_->events.pop(); }

std::optional<TimePoint> Session::next_timeout() const {
    if (impl_->closed) return std::nullopt;
    auto out = earlier(impl_->receiving.next_timeout(), impl_->receiving.next_feedback(impl_->sending.round_trip()));
    out = earlier(out, impl_->sending.next_timeout());
    out = earlier(out, impl_->sending.next_packet());
    out = earlier(out, impl_->report_at);
    // What is due at once is due now.
    if (out) out = std::max(*out, impl_->last);
    return out;
}

bool Session::can_send(std::size_t section) const noexcept { return !impl_->closed && impl_->sending.can_send(section); }

bool Session::send_frame(TimePoint now, std::size_t section, const FrameToSend& frame) {
    if (impl_->closed || !impl_->sending.send_frame(now, section, frame)) return false;
    impl_->plan_report(now);
    return true;
}

bool Session::send_packet(TimePoint now, std::size_t section, const PacketToSend& packet) {
    if (impl_->closed || !impl_->sending.send_packet(now, section, packet)) return false;
    impl_->plan_report(now);
    return true;
}

std::uint64_t Session::target_bitrate() const noexcept { return impl_->sending.target(); }

void Session::request_key_frame(TimePoint now, ReceiveId stream) {
    if (impl_->closed) return;
    impl_->receiving.request_key_frame(stream);
    impl_->flush_feedback(now);
}

void Session::relay_key_frame_request(TimePoint now, std::size_t section) {
    if (impl_->closed) return;
    impl_->receiving.relay_key_frame_request(section);
    impl_->flush_feedback(now);
}

void Session::close(TimePoint now) {
    if (impl_->closed) return;
    impl_->sending.stop();
    std::vector<std::uint32_t> sources = impl_->sending.sources();
    if (!sources.empty()) {
        impl_->report(now);
        impl_->put({proto::rtp::Goodbye{std::move(sources), {}}});
    }
    impl_->report_at.reset();
    impl_->closed = true;
}

const SessionConfig& Session::config() const noexcept { return impl_->config; }

std::optional<Duration> Session::round_trip_time() const noexcept { return impl_->sending.round_trip(); }

std::vector<std::pair<ReceiveId, InboundStats>> Session::inbound_stats(TimePoint now) const {
    return impl_->receiving.stats(now);
}

std::optional<OutboundStats> Session::outbound_stats(TimePoint now, std::size_t section) const {
    return impl_->sending.stats(now, section);
}

std::optional<RemoteInboundStats> Session::remote_inbound_stats(std::size_t section) const {
    return impl_->sending.remote_stats(section);
}

TransportStats Session::transport_stats() const {
    TransportStats out;
    out.packets_malformed = impl_->malformed;
    out.events_dropped = impl_->events.dropped();
    impl_->receiving.add_to(out);
    impl_->sending.add_to(out);
    return out;
}

}  // namespace volley::streams
