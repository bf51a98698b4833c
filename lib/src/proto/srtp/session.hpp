// Protects the RTP and RTCP packets of one direction, and takes the protection off those of the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <volley/error.hpp>

#include "proto/srtp/replay_window.hpp"
#include "proto/srtp/transform.hpp"

namespace volley::proto::srtp {

/// Why a packet was not protected, or not taken. None of them ends a session: the packet is dropped.
enum class Errc {
    malformed = 1,     ///< no RTP or RTCP packet, or too short for what its header says
    no_room,           ///< the buffer does not hold what is added
    not_authentic,     ///< forged, damaged, of another key, or of a rollover that nobody could guess
    replayed,          ///< seen before, or as old as if; of a sender: a sequence number is used twice
    too_many_sources,  ///< one more SSRC than are kept
    exhausted,         ///< 2^48 RTP or 2^31 RTCP packets of a source: new keys are needed
    failed,            ///< libcrypto failed
};
[[nodiscard]] const boost::system::error_category& category() noexcept;
inline error_code make_error_code(Errc e) noexcept { return {static_cast<int>(e), category()}; }

/// What is kept for each SSRC of a direction, by SSRC; few enough to be looked through.
template <class State>
class SourceTable {
public:
    explicit SourceTable(std::size_t most) noexcept : most_(most) {}

    [[nodiscard]] State* find(std::uint32_t ssrc) noexcept {
        if (last_ < ssrcs_.size() && ssrcs_[last_] == ssrc) return &states_[last_];
        for (std::size_t i = 0; i < ssrcs_.size(); ++i) {
            if (ssrcs_[i] != ssrc) continue;
            last_ = i;
            return &states_[i];
        }
        return nullptr;
    }
    [[nodiscard]] bool full() const noexcept { return ssrcs_.size() >= most_; }
    /// Only where find() has found nothing, and not full().
    State& add(std::uint32_t ssrc, const State& state) {
        ssrcs_.push_back(ssrc);
        states_.push_back(state);
        last_ = ssrcs_.size() - 1;
        return states_.back();
    }
    [[nodiscard]] std::size_t size() const noexcept { return ssrcs_.size(); }

private:
    std::vector<std::uint32_t> ssrcs_;
    std::vector<State> states_;
    std::size_t last_ = 0;  // found; most packets are of the source of the one before
    std::size_t most_;
};

/// SSRCs of one direction. A peer that is authenticated may make them up as it likes.
inline constexpr std::size_t default_most_sources = 256;

/// Protects what this side sends. Sequence numbers of a source should begin below 32768: a receiver that misses the first packets cannot
/// know of a rollover. Thread safety: as a plain value.
class Sender {
public:
    /// Throws std::bad_alloc where libcrypto cannot.
    explicit Sender(const MasterKey& master, std::size_t most_sources = default_most_sources);

    /// Protects, in place, the packet in the first `size` bytes of a buffer. @return the protected packet's size, rtp_tag_bytes() more.
    /// A sequence number that was used is refused, within the window's size: one keystream must not be used for two packets
    /// (RFC 3711 section 9.1). What is sent again goes out as RTX, or is the same packet.
    /// @param again  these very bytes were protected before, and the caller answers for that: they become what they became then.
    [[nodiscard]] Result<std::size_t> protect_rtp(std::span<std::uint8_t> buffer, std::size_t size, bool again = false);
    /// As protect_rtp; what is added is rtcp_tag_bytes() and rtcp_trailer_bytes.
    /// @param encrypts  without it the packet is authenticated alone.
    [[nodiscard]] Result<std::size_t> protect_rtcp(std::span<std::uint8_t> buffer, std::size_t size, bool encrypts = true);

private:
    Profile profile_;
    Transform rtp_;
    Transform rtcp_;
    SourceTable<ReplayWindow> rtp_sources_;
    SourceTable<std::uint32_t> rtcp_indices_;  // the next one's
};

/// Takes what the peer sends. What is kept of a source begins with its first packet that is authentic. Thread safety: as a plain value.
class Receiver {
public:
    /// Throws std::bad_alloc where libcrypto cannot.
    explicit Receiver(const MasterKey& master, std::size_t most_sources = default_most_sources);

    /// Takes the protection off, in place. @return the size of the RTP packet at the front of `packet`.
    /// Where it fails the bytes may hold anything.
    [[nodiscard]] Result<std::size_t> unprotect_rtp(std::span<std::uint8_t> packet);
    /// A packet without the E flag is taken as well: its peer is authenticated (RFC 3711 section 3.4).
    [[nodiscard]] Result<std::size_t> unprotect_rtcp(std::span<std::uint8_t> packet);

    /// SSRCs that are kept, of RTP and of RTCP.
    [[nodiscard]] std::size_t sources() const noexcept { return rtp_sources_.size() + rtcp_sources_.size(); }

private:
    Profile profile_;
    Transform rtp_;
    Transform rtcp_;
    SourceTable<ReplayWindow> rtp_sources_;
    SourceTable<ReplayWindow> rtcp_sources_;
};

}  // namespace volley::proto::srtp

template <>
struct boost::system::is_error_code_enum<volley::proto::srtp::Errc> : std::true_type {};
