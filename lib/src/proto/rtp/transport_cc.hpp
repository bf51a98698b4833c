// When each packet of a transport came, as its receiver tells its sender. Source: draft-holmer-rmcat-transport-wide-cc-extensions-01.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <volley/error.hpp>

#include "base/bytes.hpp"
#include "proto/rtp/rtcp.hpp"

namespace volley::proto::rtp {

/// The header extension that numbers the packets of all sections together: two bytes (section 2).
inline constexpr std::string_view transport_cc_uri = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

/// What one piece of feedback says (section 3.1).
struct TransportFeedback {
    /// Of deltas.
    static constexpr std::chrono::microseconds tick{250};
    /// Of reference_time.
    static constexpr std::chrono::milliseconds reference_tick{64};

    std::uint16_t base_sequence = 0;  ///< of the first packet
    /// 24 bits with a sign, which wrap; on a clock of the receiver's.
    std::int32_t reference_time = 0;
    std::uint8_t count = 0;  ///< grows by one with each feedback
    /// For each packet from base_sequence on the time since the one before that came, of the first one since reference_time; in ticks.
    /// Nothing: it did not come.
    std::vector<std::optional<std::int16_t>> deltas;
    bool operator==(const TransportFeedback&) const = default;
};

/// Packets that one piece of feedback may speak of; a status chunk of two bytes can stand for 8,191 of them.
inline constexpr std::size_t most_transport_statuses = 8192;

/// Which packets a piece of feedback speaks of: read before the whole, which takes memory and time for each of them.
struct TransportFeedbackSpan {
    std::uint16_t base_sequence = 0;
    std::uint16_t count = 0;
};
/// Errors: Errc::bad_field (another format), truncated.
[[nodiscard]] Result<TransportFeedbackSpan> transport_feedback_span(const Feedback& feedback) noexcept;

/// Reads Feedback of transport_feedback's format transport_wide.
/// Errors: Errc::bad_field (another format, a reserved status, no packets), truncated, too_many.
[[nodiscard]] Result<TransportFeedback> transport_feedback(const Feedback& feedback);

/// The FCI of it, padded with zeros to whole words. Deltas over most_transport_statuses are left out.
[[nodiscard]] Bytes transport_feedback_of(const TransportFeedback& feedback);

}  // namespace volley::proto::rtp
