// What was agreed on for one media section, in the way in which its streams look it up.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proto/sdp/negotiation.hpp"

namespace volley::streams {

struct Section {
    static constexpr std::size_t payload_types = 128;

    /// @param media  borrowed, and to outlive it. @param place  its index among the sections.
    Section(const proto::sdp::AgreedMedia& media, std::size_t place);

    /// Of a payload type: index in agreed->codecs.
    [[nodiscard]] std::optional<std::size_t> codec_of(std::uint8_t payload_type) const noexcept;
    /// Of a codec that is `rtx`: the one that it resends.
    [[nodiscard]] std::optional<std::size_t> resent_by(std::size_t codec) const noexcept { return resends[codec]; }
    /// Of any other: the payload type of its `rtx`.
    [[nodiscard]] std::optional<std::uint8_t> rtx_type(std::size_t codec) const noexcept { return rtx_types[codec]; }
    /// A codec that frames can be sent in: one that carries bits of its own.
    [[nodiscard]] bool carries(std::size_t codec) const noexcept;
    [[nodiscard]] const proto::sdp::Codec& codec(std::size_t at) const noexcept { return agreed->codecs[at]; }
    /// The description names this source of the peer's.
    [[nodiscard]] bool names(std::uint32_t ssrc) const noexcept;
    /// By a=ssrc-group:FID the source whose packets that one resends, or the one that resends that one's.
    [[nodiscard]] std::optional<std::uint32_t> resent_source(std::uint32_t rtx_ssrc) const noexcept;
    [[nodiscard]] std::optional<std::uint32_t> rtx_source(std::uint32_t ssrc) const noexcept;

    const proto::sdp::AgreedMedia* agreed = nullptr;
    std::size_t index = 0;
    bool video = false;
    bool sends = false;
    bool receives = false;
    std::array<std::int16_t, payload_types> codecs{};  ///< -1: none
    std::vector<std::optional<std::size_t>> resends;
    std::vector<std::optional<std::uint8_t>> rtx_types;
    // Ids of header extensions; 0: not agreed on.
    std::uint8_t mid_id = 0;
    std::uint8_t abs_send_time_id = 0;
    std::uint8_t transport_cc_id = 0;
    // Feedback that one of the codecs has.
    bool nack = false;
    bool picture_loss = false;
    bool intra_request = false;
    bool remb = false;
    bool transport_cc = false;  ///< and the extension with it
};

}  // namespace volley::streams
