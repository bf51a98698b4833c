#include "streams/rtcp_reports.hpp"

#include <algorithm>
#include <string>
#include <variant>

namespace volley::streams {
namespace {

constexpr std::uint64_t second = 1'000'000'000;

bool is_report(const proto::rtp::Rtcp& packet) noexcept {
    return std::holds_alternative<proto::rtp::SenderReport>(packet) || std::holds_alternative<proto::rtp::ReceiverReport>(packet);
}

}  // namespace

std::uint64_t ntp_time(TimePoint at, Duration offset) noexcept {
    const auto ns = static_cast<std::uint64_t>((at.time_since_epoch() + offset).count());
    return ns / second << 32 | (ns % second << 32) / second;
}

std::uint32_t ntp_interval(Duration interval) noexcept {
    constexpr Duration most = std::chrono::seconds(65535);
    const auto ns = static_cast<std::uint64_t>(std::clamp(interval, Duration::zero(), most).count());
    return static_cast<std::uint32_t>(ns / second << 16 | (ns % second << 16) / second);
}

Duration from_ntp_interval(std::uint32_t interval) noexcept {
    return Duration(static_cast<Duration::rep>((static_cast<std::uint64_t>(interval) * second) >> 16));
}

Bytes compound(std::span<const proto::rtp::Rtcp> packets, std::uint32_t sender, std::span<const std::uint32_t> sources,
               std::string_view cname) {
    ByteWriter out;
    const auto first_other = std::find_if_not(packets.begin(), packets.end(), is_report);
    if (first_other == packets.begin()) write_rtcp(proto::rtp::ReceiverReport{sender, {}}, out);
    for (auto packet = packets.begin(); packet != first_other; ++packet) write_rtcp(*packet, out);
    proto::rtp::SourceDescription description;
    for (const std::uint32_t source : sources)
        description.chunks.push_back({source, {{proto::rtp::SourceDescription::cname, std::string(cname)}}});
    write_rtcp(std::move(description), out);
    for (auto packet = first_other; packet != packets.end(); ++packet) write_rtcp(*packet, out);
    return out.take();
}

}  // namespace volley::streams
