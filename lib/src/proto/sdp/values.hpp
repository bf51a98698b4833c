// What single lines of a description mean, as plain values: how each is read and how it is written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/system/result.hpp>

namespace volley::proto::sdp {

/// Why a value is refused: the part of it that is wrong, and words for a person. The piece points into what was read.
struct Fault {
    std::string_view piece;
    std::string text;
    std::string hint;
};
template <class T>
using Reading = boost::system::result<T, Fault>;

/// `o=` (RFC 8866 section 5.2).
struct Origin {
    std::string user = "-";
    std::string session_id = "0";  ///< digits
    std::uint64_t version = 1;     ///< grows by one with each new description of the session
    std::string network = "IN IP4 127.0.0.1";
    bool operator==(const Origin&) const = default;
};
[[nodiscard]] Reading<Origin> read_origin(std::string_view value);
[[nodiscard]] std::string to_text(const Origin& origin);

/// `m=` (RFC 8866 section 5.14).
struct MediaLine {
    std::string kind;  ///< audio, video, application, ...
    std::uint16_t port = 9;
    std::uint32_t ports = 1;
    std::string protocol;
    std::vector<std::string> formats;
    bool operator==(const MediaLine&) const = default;
};
[[nodiscard]] Reading<MediaLine> read_media_line(std::string_view value);
[[nodiscard]] std::string to_text(const MediaLine& media);

/// `a=setup` (RFC 4145 section 4, RFC 8842).
enum class Setup : std::uint8_t { actpass, active, passive, holdconn };
[[nodiscard]] Reading<Setup> read_setup(std::string_view value);
[[nodiscard]] std::string_view to_text(Setup setup) noexcept;

/// RFC 8866 section 6.7.
enum class Direction : std::uint8_t { sendrecv, sendonly, recvonly, inactive };
[[nodiscard]] std::optional<Direction> direction_named(std::string_view name) noexcept;
[[nodiscard]] std::string_view to_text(Direction direction) noexcept;
[[nodiscard]] bool sends(Direction direction) noexcept;
[[nodiscard]] bool receives(Direction direction) noexcept;
[[nodiscard]] Direction direction_of(bool sends, bool receives) noexcept;
/// As the other side sees it.
[[nodiscard]] inline Direction turned(Direction direction) noexcept {
    return direction_of(receives(direction), sends(direction));
}

/// `a=fingerprint` (RFC 8122 section 5).
struct Fingerprint {
    std::string algorithm;             ///< in small letters
    std::vector<std::uint8_t> digest;  ///< of the length that the algorithm gives
    bool operator==(const Fingerprint&) const = default;
};
/// Letters may be large or small in both parts.
[[nodiscard]] Reading<Fingerprint> read_fingerprint(std::string_view value);
[[nodiscard]] std::string to_text(const Fingerprint& fingerprint);
/// sha-256, sha-384 or sha-512: one that certificates are held against.
[[nodiscard]] bool is_strong(const Fingerprint& fingerprint) noexcept;

/// `a=ice-ufrag` and `a=ice-pwd` (RFC 8839 section 5.4).
struct IceCredentials {
    std::string ufrag;
    std::string password;
    bool operator==(const IceCredentials&) const = default;
};
/// The RFC's characters, and `-_=#`, which some stacks use beside them. @return nothing where it is well-formed.
[[nodiscard]] std::optional<Fault> check_ufrag(std::string_view value);
[[nodiscard]] std::optional<Fault> check_password(std::string_view value);

/// `a=group` (RFC 5888 section 5).
struct Group {
    std::string semantics;  ///< BUNDLE, LS, ...
    std::vector<std::string> mids;
    bool operator==(const Group&) const = default;
};
[[nodiscard]] Reading<Group> read_group(std::string_view value);
[[nodiscard]] std::string to_text(const Group& group);

/// `a=sctpmap`, the data channel of before RFC 8841 (draft-ietf-mmusic-sctp-sdp-05).
struct SctpMap {
    std::uint16_t port = 5000;
    std::string application = "webrtc-datachannel";
    std::uint16_t streams = 65535;
    bool operator==(const SctpMap&) const = default;
};
[[nodiscard]] Reading<SctpMap> read_sctp_map(std::string_view value);
[[nodiscard]] std::string to_text(const SctpMap& map);

/// `a=rtpmap` (RFC 8866 section 6.6).
struct RtpMap {
    std::uint8_t payload_type = 0;
    std::string name;
    std::uint32_t clock_rate = 0;
    std::uint8_t channels = 1;
    bool operator==(const RtpMap&) const = default;
};
[[nodiscard]] Reading<RtpMap> read_rtp_map(std::string_view value);
[[nodiscard]] std::string to_text(const RtpMap& map);
/// What a payload type below 35 means without an rtpmap (RFC 3551 section 6); the audio ones that WebRTC stacks speak.
[[nodiscard]] std::optional<RtpMap> static_payload_type(std::uint8_t payload_type);

/// `a=fmtp` and `a=rtcp-fb`: a payload type (nothing: `*`, of rtcp-fb alone) and text.
struct PayloadText {
    std::optional<std::uint8_t> payload_type;
    std::string text;
    bool operator==(const PayloadText&) const = default;
};
[[nodiscard]] Reading<PayloadText> read_fmtp(std::string_view value);
[[nodiscard]] Reading<PayloadText> read_feedback(std::string_view value);
[[nodiscard]] std::string to_text(const PayloadText& text);
/// The value of a parameter in `a=1;b=2`; names in any case.
[[nodiscard]] std::optional<std::string_view> parameter(std::string_view format_parameters, std::string_view name) noexcept;

/// `a=extmap` (RFC 8285 section 8).
struct HeaderExtension {
    std::uint16_t id = 0;  ///< 1 to 255 on the wire; 4096 to 4351 in an offer of more than fit
    std::optional<Direction> direction;
    std::string uri;
    std::string attributes;
    bool operator==(const HeaderExtension&) const = default;
};
[[nodiscard]] Reading<HeaderExtension> read_header_extension(std::string_view value);
[[nodiscard]] std::string to_text(const HeaderExtension& extension);

/// `a=ssrc` (RFC 5576 section 4.1).
struct SsrcAttribute {
    std::uint32_t ssrc = 0;
    std::string name;
    std::string value;
    bool operator==(const SsrcAttribute&) const = default;
};
[[nodiscard]] Reading<SsrcAttribute> read_ssrc(std::string_view value);
[[nodiscard]] std::string to_text(const SsrcAttribute& attribute);

/// `a=ssrc-group` (RFC 5576 section 4.2).
struct SsrcGroup {
    std::string semantics;  ///< FID, SIM, ...
    std::vector<std::uint32_t> ssrcs;
    bool operator==(const SsrcGroup&) const = default;
};
[[nodiscard]] Reading<SsrcGroup> read_ssrc_group(std::string_view value);
[[nodiscard]] std::string to_text(const SsrcGroup& group);

/// `a=msid` (RFC 8830 section 2).
struct Msid {
    std::string stream;  ///< `-`: of no stream
    std::string track;   ///< may be empty
    bool operator==(const Msid&) const = default;
};
[[nodiscard]] Reading<Msid> read_msid(std::string_view value);
[[nodiscard]] std::string to_text(const Msid& msid);

}  // namespace volley::proto::sdp
