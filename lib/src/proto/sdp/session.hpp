// A whole description as values: what WebRTC needs of it, read from its lines, and lines made from it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/sdp/description.hpp"
#include "proto/sdp/values.hpp"

namespace volley::proto::sdp {

/// One way to encode a medium.
struct Codec {
    std::uint8_t payload_type = 0;
    std::string name;
    std::uint32_t clock_rate = 0;  ///< Hz
    std::uint8_t channels = 1;
    std::string parameters;             ///< of `a=fmtp`
    std::vector<std::string> feedback;  ///< of `a=rtcp-fb`: `nack pli`, `transport-cc`, ...
    bool operator==(const Codec&) const = default;
};

/// One media section. What it does not say and inherits from the session is filled in.
struct Media {
    MediaLine line;
    std::string connection = "IN IP4 0.0.0.0";  ///< `c=`
    std::string mid;                            ///< empty: it has none
    bool bundle_only = false;

    std::optional<IceCredentials> ice;
    std::vector<std::string> ice_options;
    std::vector<Fingerprint> fingerprints;
    std::optional<Setup> setup;
    std::vector<std::string> candidates;  ///< the values of `a=candidate`, as they stand
    bool end_of_candidates = false;

    std::optional<std::uint16_t> sctp_port;
    std::optional<std::uint64_t> max_message_size;  ///< bytes; 0: any (RFC 8841 section 6)
    std::optional<SctpMap> sctp_map;                ///< the old form: `DTLS/SCTP 5000`

    Direction direction = Direction::sendrecv;
    bool rtcp_mux = false;
    bool rtcp_rsize = false;
    std::vector<Codec> codecs;              ///< in the order of preference that `m=` gives
    std::vector<std::string> any_feedback;  ///< `a=rtcp-fb:*`: of every codec
    std::vector<HeaderExtension> extensions;
    std::vector<Msid> msids;
    std::vector<SsrcGroup> ssrc_groups;
    std::vector<SsrcAttribute> ssrcs;
    std::vector<std::string> rids;  ///< the values of `a=rid`, as they stand (RFC 8851)
    std::string simulcast;          ///< the value of `a=simulcast`, as it stands (RFC 8853)

    /// Where it was read, for words about it; 0: nowhere.
    struct Where {
        int media = 0;
        int mid = 0;
        int setup = 0;
    } where;

    /// A port of 0 that is no promise of a bundle: nobody is to send there (RFC 8843 section 6).
    [[nodiscard]] bool rejected() const noexcept { return line.port == 0 && !bundle_only; }
    /// `UDP/DTLS/SCTP webrtc-datachannel`, or the old `DTLS/SCTP 5000`.
    [[nodiscard]] bool is_data() const noexcept;
    /// RTP over DTLS and SRTP, in one of the ways to write that (RFC 9429 section 5.1.2).
    [[nodiscard]] bool is_rtp() const noexcept;
    /// `DTLS/SCTP 5000`, where the format is the port, instead of `webrtc-datachannel`.
    [[nodiscard]] bool has_old_data_form() const noexcept;
    /// Of an SCTP section: what the peer listens at. 5000 where nothing says so.
    [[nodiscard]] std::uint16_t effective_sctp_port() const noexcept;
};

struct Session {
    Origin origin;
    std::string name = "-";  ///< `s=`
    std::vector<Group> groups;
    int group_line = 0;  ///< of the first group
    bool ice_lite = false;
    bool extmap_allow_mixed = false;
    std::string msid_semantic;                ///< empty: none
    std::vector<HeaderExtension> extensions;  ///< of every section (RFC 8285 section 8)
    std::vector<Media> media;
};

/// RFC 8841 section 6.1: what a peer takes that does not say.
inline constexpr std::uint64_t default_max_message_size = 65536;

/// Candidates in all sections together.
inline constexpr std::size_t most_candidates = 10'000;

/// Source: RFC 9429 section 5.8, RFC 8839, RFC 8841, RFC 8866. Attributes that it does not know are passed over.
/// Refused are lines whose value is malformed, and what has no single meaning: a mid, or an id of a header extension within one section,
/// that stands for two things; a group of sections that do not exist; one half of the ICE credentials.
[[nodiscard]] Outcome<Session> read(const Description& description, std::string_view what = "SDP");

/// parse(), then read().
[[nodiscard]] Outcome<Session> read(std::string_view text, std::string_view what = "SDP", const Limits& limits = {});

/// In the order that browsers write; everything at the level of the media section. read(write(session)) gives the same values.
[[nodiscard]] Description write(const Session& session);

}  // namespace volley::proto::sdp
