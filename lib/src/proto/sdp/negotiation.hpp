// Offer and answer: what each side writes, and what both then agree on. One transport for all sections.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proto/sdp/session.hpp"

namespace volley::proto::sdp {

/// What this side says of its transport.
struct LocalTransport {
    IceCredentials ice;
    std::vector<std::string> ice_options;  ///< `trickle`, where candidates may follow
    std::vector<Fingerprint> fingerprints;
    std::vector<std::string> candidates;  ///< values of `a=candidate`
    bool end_of_candidates = false;
    /// The default candidate; these are the words for "it follows" (RFC 9429 section 5.2.1).
    std::uint16_t port = 9;
    std::string connection = "IN IP4 0.0.0.0";
    bool operator==(const LocalTransport&) const = default;
};

struct LocalData {
    std::uint16_t sctp_port = 5000;
    std::uint64_t max_message_size = 262144;  ///< bytes that this side takes
};

/// One medium that this side can carry. In an offer it makes a section; of an offer it takes one section of its kind.
struct LocalMedia {
    std::string kind;  ///< audio or video
    Direction direction = Direction::sendrecv;
    std::vector<Codec> codecs;                ///< most wanted first; payload types count in offers alone
    std::vector<HeaderExtension> extensions;  ///< ids count in offers alone
    std::vector<Msid> msids;
    std::vector<SsrcGroup> ssrc_groups;
    std::vector<SsrcAttribute> ssrcs;
};

/// Everything that this side brings to an offer or an answer.
struct Local {
    Origin origin;
    LocalTransport transport;
    std::optional<LocalData> data;
    std::vector<LocalMedia> media;
    /// In an answer: tracks of the bundle that nothing here takes are answered as inactive instead of refused. Nothing flows either way, but
    /// then the bundle keeps its first section, and stacks that know no refusal (aiortc) go on.
    bool idle_media = true;
};

/// The media in their order, then the data channels, in one bundle. Every section has the transport's words and candidates, since the
/// answer may refuse any of them. Source: RFC 9429 section 5.2.1, RFC 9143 section 7.2, RFC 8841, RFC 8842 section 5.2 (`setup:actpass`).
[[nodiscard]] Session create_offer(const Local& local);

/// How the DTLS association begins: who sends the ClientHello.
enum class DtlsRole : std::uint8_t { client, server };

struct AgreedData {
    std::size_t section = 0;
    std::string mid;
    std::uint16_t local_port = 5000;
    std::uint16_t remote_port = 5000;
    std::uint64_t max_message_size = default_max_message_size;  ///< that may be sent; 0: any
};

struct AgreedMedia {
    std::size_t section = 0;
    std::string kind;
    std::string mid;
    Direction direction = Direction::inactive;  ///< of this side
    std::vector<Codec> codecs;                  ///< payload types to send and to take, best first
    std::vector<HeaderExtension> extensions;    ///< of this section; ids mean nothing in another one
    std::vector<Msid> remote_msids;
    std::vector<SsrcGroup> remote_ssrc_groups;
    std::vector<SsrcAttribute> remote_ssrcs;
};

/// What follows from an offer and its answer, as this side sees it.
struct Agreed {
    DtlsRole dtls = DtlsRole::client;
    bool controlling = false;             ///< the ICE role (RFC 8445 section 6.1.1)
    std::size_t section = 0;              ///< whose transport all sections share
    std::string mid;                      ///< its name
    IceCredentials remote_ice;            //
    bool remote_lite = false;             //
    bool remote_trickles = false;         ///< candidates may follow
    std::vector<std::string> candidates;  ///< of the remote side, values of `a=candidate`
    bool end_of_candidates = false;       //
    /// Of the remote certificate: sha-256, sha-384 or sha-512. One that matches is enough.
    std::vector<Fingerprint> fingerprints;
    std::optional<AgreedData> data;
    std::vector<AgreedMedia> media;
};

/// A section of the offer that nothing comes of, and why, in words for a person.
struct Refusal {
    std::size_t section = 0;
    std::string mid;
    std::string reason;
};

struct Answer {
    Session answer;
    Agreed agreed;
    std::vector<Refusal> refused;
    std::vector<Refusal> idle;  ///< answered as inactive, and why
};

/// Answers an offer. Sections that cannot be taken are refused with port 0; those that are share one transport, that of the first section
/// of their bundle that is taken. Of several bundles, or of sections in none, one is taken: that of the data channel if there is one.
/// `setup` becomes active wherever the offer leaves the choice. Source: RFC 9429 section 5.3.1, RFC 9143 section 7.3, RFC 8842.
/// Errors: nothing in the offer can be taken; the transport lacks credentials or a fingerprint of a known kind; `setup:holdconn`.
[[nodiscard]] Outcome<Answer> create_answer(const Session& offer, const Local& local);

/// Reads the answer to an offer of ours; a section taken without a codec that was offered is inactive. Source: RFC 9429 section 5.11, RFC 9143
/// section 7.4. Errors: another number of sections, another kind, mid or protocol in one; `setup` that is no answer; a bundle of what was
/// not offered as one, or no bundle; everything refused, or taken without a codec that was offered; no credentials or fingerprint.
[[nodiscard]] Outcome<Agreed> apply_answer(const Session& offer, const Session& answer);

/// Both mean the same coding, whatever their payload types (RFC 9429 section 5.3.1; RFC 6184 for H264).
[[nodiscard]] bool same_codec(const Codec& a, const Codec& b) noexcept;

}  // namespace volley::proto::sdp
