#include "proto/srtp/session.hpp"

#include <string>

namespace volley::proto::srtp {
namespace {

class Category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "volley.srtp"; }
    std::string message(int v) const override {
        switch (static_cast<Errc>(v)) {
            case Errc::malformed:
                return "not an RTP or RTCP packet";
            case Errc::no_room:
                return "no room for what protection adds";
            case Errc::not_authentic:
                return "not authentic";
            case Errc::replayed:
                return "a packet that was there before";
            case Errc::too_many_sources:
                return "too many sources";
            case Errc::exhausted:
                return "the keys are used up";
            case Errc::failed:
                return "encryption failed";
        }
        return "unknown error";
    }
};

// Datagrams are no longer.
constexpr std::size_t most_bytes = 65535;
constexpr std::size_t fixed_rtp_header = 12;

// Header, contributing sources and extension (RFC 3550 section 5.1); 0 where the packet is none or is shorter.
std::size_t rtp_header_size(BytesView packet) noexcept {
    constexpr std::uint8_t version_2 = 2;
    if (packet.size() < fixed_rtp_header || packet.size() > most_bytes || packet[0] >> 6 != version_2) return 0;
    std::size_t size = fixed_rtp_header + 4 * static_cast<std::size_t>(packet[0] & 0x0f);
    if ((packet[0] & 0x10) != 0) {
        if (packet.size() < size + 4) return 0;
        size += 4 + 4 * static_cast<std::size_t>(ByteReader(packet.subspan(size + 2, 2)).u16());
    }
    return size <= packet.size() ? size : 0;
}

std::uint16_t sequence_of(BytesView packet) noexcept { return ByteReader(packet.subspan(2, 2)).u16(); }
std::uint32_t rtp_ssrc_of(BytesView packet) noexcept { return ByteReader(packet.subspan(8, 4)).u32(); }

bool is_rtcp(BytesView packet) noexcept {
    constexpr std::uint8_t version_2 = 2;
    return packet.size() >= rtcp_header_bytes && packet.size() <= most_bytes && packet[0] >> 6 == version_2;
}
std::uint32_t rtcp_ssrc_of(BytesView packet) noexcept { return ByteReader(packet.subspan(4, 4)).u32(); }

// Of a source that is not known, the number stands for itself.
std::optional<std::uint64_t> index_of(const ReplayWindow* known, std::uint16_t sequence) noexcept {
    return known != nullptr ? estimate_index(*known, sequence) : sequence;
}

void take(SourceTable<ReplayWindow>& sources, ReplayWindow* known, std::uint32_t ssrc, std::uint64_t index) {
    (known != nullptr ? *known : sources.add(ssrc, {})).take(index);
}

}  // namespace

const boost::system::error_category& category() noexcept {
    static const Category c;
    return c;
}

Sender::Sender(const MasterKey& master, std::size_t most_sources)
    : profile_(master.profile),
      rtp_(master.profile, derive(master, Kind::rtp), Transform::Use::protect),
      rtcp_(master.profile, derive(master, Kind::rtcp), Transform::Use::protect),
      rtp_sources_(most_sources),
      rtcp_indices_(most_sources) {}

Result<std::size_t> Sender::protect_rtp(std::span<std::uint8_t> buffer, std::size_t size, bool again) {
    const std::size_t whole = size + rtp_tag_bytes(profile_);
    if (size > most_bytes || whole > buffer.size()) return Errc::no_room;
    const std::size_t header = rtp_header_size(buffer.first(size));
    if (header == 0) return Errc::malformed;
    const std::uint32_t ssrc = rtp_ssrc_of(buffer);
    ReplayWindow* const known = rtp_sources_.find(ssrc);
    if (known == nullptr && rtp_sources_.full()) return Errc::too_many_sources;
    const auto index = index_of(known, sequence_of(buffer));
    if (!index) return Errc::exhausted;
    if (known != nullptr && !known->is_new(*index) && !(again && known->has_seen(*index))) return Errc::replayed;
    if (!rtp_.protect_rtp(buffer.first(whole), header, *index)) return Errc::failed;
    take(rtp_sources_, known, ssrc, *index);
    return whole;
}

Result<std::size_t> Sender::protect_rtcp(std::span<std::uint8_t> buffer, std::size_t size, bool encrypts) {
    const std::size_t whole = size + rtcp_tag_bytes(profile_) + rtcp_trailer_bytes;
    if (size > most_bytes || whole > buffer.size()) return Errc::no_room;
    if (!is_rtcp(buffer.first(size))) return Errc::malformed;
    const std::uint32_t ssrc = rtcp_ssrc_of(buffer);
    std::uint32_t* next = rtcp_indices_.find(ssrc);
    if (next == nullptr) {
        if (rtcp_indices_.full()) return Errc::too_many_sources;
        next = &rtcp_indices_.add(ssrc, 0);
    }
    if (*next == encrypted_flag) return Errc::exhausted;
    if (!rtcp_.protect_rtcp(buffer.first(whole), *next, encrypts)) return Errc::failed;
    ++*next;
    return whole;
}

Receiver::Receiver(const MasterKey& master, std::size_t most_sources)
    : profile_(master.profile),
      rtp_(master.profile, derive(master, Kind::rtp), Transform::Use::unprotect),
      rtcp_(master.profile, derive(master, Kind::rtcp), Transform::Use::unprotect),
      rtp_sources_(most_sources),
      rtcp_sources_(most_sources) {}

Result<std::size_t> Receiver::unprotect_rtp(std::span<std::uint8_t> packet) {
    const std::size_t tag = rtp_tag_bytes(profile_);
    if (packet.size() < fixed_rtp_header + tag) return Errc::malformed;
    const std::size_t size = packet.size() - tag;
    const std::size_t header = rtp_header_size(packet.first(size));
    if (header == 0) return Errc::malformed;
    const std::uint32_t ssrc = rtp_ssrc_of(packet);
    ReplayWindow* const known = rtp_sources_.find(ssrc);
    const auto index = index_of(known, sequence_of(packet));
    if (!index) return Errc::exhausted;
    if (known != nullptr && !known->is_new(*index)) return Errc::replayed;
    if (!rtp_.unprotect_rtp(packet, header, *index)) return Errc::not_authentic;
    // Said only now, so that whoever forges packets learns nothing.
    if (known == nullptr && rtp_sources_.full()) return Errc::too_many_sources;
    take(rtp_sources_, known, ssrc, *index);
    return size;
}

Result<std::size_t> Receiver::unprotect_rtcp(std::span<std::uint8_t> packet) {
    const std::size_t added = rtcp_tag_bytes(profile_) + rtcp_trailer_bytes;
    if (packet.size() < rtcp_header_bytes + added || !is_rtcp(packet)) return Errc::malformed;
    const std::uint32_t ssrc = rtcp_ssrc_of(packet);
    const std::uint64_t index = rtcp_.rtcp_trailer(packet) & ~encrypted_flag;
    ReplayWindow* const known = rtcp_sources_.find(ssrc);
    if (known != nullptr && !known->is_new(index)) return Errc::replayed;
    if (!rtcp_.unprotect_rtcp(packet)) return Errc::not_authentic;
    if (known == nullptr && rtcp_sources_.full()) return Errc::too_many_sources;
    take(rtcp_sources_, known, ssrc, index);
    return packet.size() - added;
}

}  // namespace volley::proto::srtp
