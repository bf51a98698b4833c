// RTCP: reports, descriptions of sources, goodbyes, and feedback. Source: RFC 3550 section 6, RFC 4585 section 6, RFC 5104, RFC 5506.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include <volley/error.hpp>

#include "base/bytes.hpp"
#include "proto/rtp/error.hpp"

namespace volley::proto::rtp {

enum class RtcpType : std::uint8_t {
    sender_report = 200,
    receiver_report = 201,
    source_description = 202,
    goodbye = 203,
    application = 204,
    transport_feedback = 205,
    payload_feedback = 206,
    extended_report = 207
};

struct ReportBlock {
    std::uint32_t ssrc = 0;
    std::uint8_t fraction_lost = 0;      ///< of 256, since the last report
    std::int32_t cumulative_lost = 0;    ///< 24 bits; below zero where packets came twice
    std::uint32_t highest_sequence = 0;  ///< with the rollovers in its upper half
    std::uint32_t jitter = 0;            ///< in units of the timestamp
    std::uint32_t last_report = 0;       ///< the middle of the NTP time of the last sender report; 0: none came
    std::uint32_t delay = 0;             ///< since then, in 1/65536 s
    bool operator==(const ReportBlock&) const = default;
};

struct SenderReport {
    std::uint32_t ssrc = 0;
    std::uint64_t ntp_time = 0;  ///< seconds since 1900 in the upper half
    std::uint32_t rtp_time = 0;
    std::uint32_t packets = 0;
    std::uint32_t bytes = 0;  ///< of payloads
    std::vector<ReportBlock> blocks;
    bool operator==(const SenderReport&) const = default;
};

struct ReceiverReport {
    std::uint32_t ssrc = 0;
    std::vector<ReportBlock> blocks;
    bool operator==(const ReceiverReport&) const = default;
};

struct SourceDescription {
    static constexpr std::uint8_t cname = 1;
    struct Item {
        std::uint8_t type = cname;
        std::string text;  ///< at most 255 bytes; of the peer, so it may hold anything
        bool operator==(const Item&) const = default;
    };
    struct Chunk {
        std::uint32_t ssrc = 0;
        std::vector<Item> items;
        bool operator==(const Chunk&) const = default;
    };
    std::vector<Chunk> chunks;  ///< at most 31
    bool operator==(const SourceDescription&) const = default;
};

struct Goodbye {
    std::vector<std::uint32_t> ssrcs;  ///< at most 31
    std::string reason;                ///< may be empty; of the peer, so it may hold anything
    bool operator==(const Goodbye&) const = default;
};

/// The common header of feedback, and what follows it (RFC 4585 section 6.1).
struct Feedback {
    // Formats of transport_feedback.
    static constexpr std::uint8_t nack = 1;
    static constexpr std::uint8_t transport_wide = 15;
    // Formats of payload_feedback.
    static constexpr std::uint8_t picture_loss = 1;
    static constexpr std::uint8_t full_intra_request = 4;
    static constexpr std::uint8_t application_layer = 15;  ///< REMB, by its first four bytes

    RtcpType type = RtcpType::transport_feedback;  ///< or payload_feedback
    std::uint8_t format = 0;                       ///< 0 to 31
    std::uint32_t sender = 0;
    std::uint32_t media = 0;
    Bytes control;  ///< FCI, whole words
    bool operator==(const Feedback&) const = default;
};

/// Of a kind that is not read here.
struct OtherRtcp {
    std::uint8_t type = 0;
    std::uint8_t count = 0;  ///< the header's five bits
    Bytes body;              ///< whole words
    bool operator==(const OtherRtcp&) const = default;
};

using Rtcp = std::variant<SenderReport, ReceiverReport, SourceDescription, Goodbye, Feedback, OtherRtcp>;

/// Packets in one datagram.
inline constexpr std::size_t most_rtcp_packets = 128;

/// Reads a datagram of one or more packets; they need not begin with a report (RFC 5506). Whatever is wrong in one of them refuses all.
/// Errors: Errc::truncated, bad_version, bad_padding, bad_field, too_many.
[[nodiscard]] Result<std::vector<Rtcp>> parse_rtcp(BytesView bytes);

/// Adds a packet. What does not fit is left out: report blocks, chunks, sources over 31; text over 255 bytes; of `control` and `body` what is
/// no whole word.
void write_rtcp(const Rtcp& packet, ByteWriter& out);

/// What a generic NACK names, in its order (RFC 4585 section 6.2.1): up to 17 sequence numbers for each of its words. Nothing where it is none.
[[nodiscard]] std::vector<std::uint16_t> lost_sequences(const Feedback& feedback);
/// The FCI of a NACK of these, which are ascending, rollovers allowed.
[[nodiscard]] Bytes nack_of(std::span<const std::uint16_t> sequences);

/// Full intra requests: whose key frame is wanted, and a number that grows with each new request (RFC 5104 section 4.3.1).
struct IntraRequest {
    std::uint32_t ssrc = 0;
    std::uint8_t number = 0;
    bool operator==(const IntraRequest&) const = default;
};
[[nodiscard]] std::vector<IntraRequest> intra_requests(const Feedback& feedback);
[[nodiscard]] Bytes intra_request_of(std::span<const IntraRequest> requests);

/// What a receiver takes, for these sources together (draft-alvestrand-rmcat-remb-03 section 2.2).
struct ReceiverEstimate {
    std::uint64_t bits_per_second = 0;
    std::vector<std::uint32_t> ssrcs;  ///< at most 255
    bool operator==(const ReceiverEstimate&) const = default;
};
[[nodiscard]] std::optional<ReceiverEstimate> receiver_estimate(const Feedback& feedback);
/// Rounded down to what 18 bits and an exponent hold.
[[nodiscard]] Bytes receiver_estimate_of(const ReceiverEstimate& estimate);

}  // namespace volley::proto::rtp
