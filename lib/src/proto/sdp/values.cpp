#include "proto/sdp/values.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "proto/sdp/description.hpp"
#include "proto/sdp/syntax.hpp"

namespace volley::proto::sdp {
namespace {

constexpr std::size_t most_formats = 1024;  // of one m= line
constexpr std::size_t most_words = 1024;    // of a group

Fault fault(std::string_view piece, std::string text, std::string hint = {}) { return {piece, std::move(text), std::move(hint)}; }

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    return out;
}

int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

struct Hash {
    std::string_view name;
    std::size_t bytes;
};
constexpr std::array<Hash, 7> hashes = {
    {{"sha-256", 32}, {"sha-384", 48}, {"sha-512", 64}, {"sha-1", 20}, {"sha-224", 28}, {"md5", 16}, {"md2", 16}}};

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) out += ' ' + word;
    return out;
}

Reading<std::uint8_t> payload_type(std::string_view word) {
    if (const auto value = number(word, 127)) return static_cast<std::uint8_t>(*value);
    return fault(word, "the payload type " + in_quotes(word) + " is none", "payload types are the numbers 0 to 127");
}

std::optional<Fault> check_ice_text(std::string_view value, std::size_t least, std::string_view what) {
    constexpr std::size_t most = 256;
    if (value.size() < least || value.size() > most)
        return fault(value, fmt::format("an {} of {} characters", what, value.size()),
                     fmt::format("it has {} to {}", least, most));
    for (std::size_t i = 0; i < value.size(); ++i) {
        const char c = value[i];
        const bool fine = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          std::string_view("+/-_=#").find(c) != std::string_view::npos;
        if (!fine)
            return fault(value.substr(i, 1), fmt::format("{} cannot stand in an {}", in_quotes(value.substr(i, 1)), what),
                         "it is made of letters, digits, + and /");
    }
    return std::nullopt;
}

}  // namespace

// --- o= and m= -------------------------------------------------------------------------------------------------------

Reading<Origin> read_origin(std::string_view value) {
    std::string_view rest = value;
    Origin out;
    const std::string_view user = take_word(rest);
    const std::string_view id = take_word(rest);
    const std::string_view version = take_word(rest);
    const std::string_view network = rest;
    const std::string_view net_type = take_word(rest);
    const std::string_view address_type = take_word(rest);
    const std::string_view address = take_word(rest);
    constexpr std::string_view hint = "o= holds six words: user, session id, version, IN, IP4 or IP6, address";
    if (address.empty() || !rest.empty()) return fault(value, "not the six words of an origin", std::string(hint));
    // Kept as text: some stacks number with more than 64 bits.
    constexpr std::size_t most_digits = 40;
    if (id.size() > most_digits || id.find_first_not_of("0123456789") != std::string_view::npos)
        return fault(id, "the session id " + in_quotes(id) + " is no number", std::string(hint));
    const auto parsed = number(version);
    if (!parsed) return fault(version, "the session's version " + in_quotes(version) + " is no number", std::string(hint));
    (void)net_type;
    (void)address_type;
    out.user = user;
    out.session_id = id;
    out.version = *parsed;
    out.network = network;
    return out;
}

std::string to_text(const Origin& origin) {
    return fmt::format("{} {} {} {}", origin.user, origin.session_id, origin.version, origin.network);
}

Reading<MediaLine> read_media_line(std::string_view value) {
    std::string_view rest = value;
    MediaLine out;
    const std::string_view kind = take_word(rest);
    const std::string_view port = take_word(rest);
    const std::string_view protocol = take_word(rest);
    constexpr std::string_view hint = "m= holds kind, port, protocol and formats, as in m=audio 9 UDP/TLS/RTP/SAVPF 111";
    if (!is_token(kind)) return fault(kind, "the kind of medium " + in_quotes(kind) + " is no word", std::string(hint));
    const std::size_t slash = port.find('/');
    const auto first = number(port.substr(0, slash), 65535);
    if (!first) return fault(port, "the port " + in_quotes(port) + " is none", "ports are the numbers 0 to 65535");
    if (slash != std::string_view::npos) {
        const auto count = number(port.substr(slash + 1), 65535);
        if (!count || *count == 0)
            return fault(port, "the number of ports in " + in_quotes(port) + " is none", std::string(hint));
        out.ports = static_cast<std::uint32_t>(*count);
    }
    for (std::string_view parts = protocol;;) {
        const std::size_t end = parts.find('/');
        if (!is_token(parts.substr(0, end)))
            return fault(protocol, "the protocol " + in_quotes(protocol) + " is no word", std::string(hint));
        if (end == std::string_view::npos) break;
        parts.remove_prefix(end + 1);
    }
    out.kind = kind;
    out.port = static_cast<std::uint16_t>(*first);
    out.protocol = protocol;
    for (std::string_view format = take_word(rest); !format.empty(); format = take_word(rest)) {
        if (!is_token(format)) return fault(format, "the format " + in_quotes(format) + " is no word", std::string(hint));
        if (out.formats.size() == most_formats) return fault(format, fmt::format("more than {} formats", most_formats));
        out.formats.emplace_back(format);
    }
    if (out.formats.empty()) return fault(value, "no format stands at the end of the line", std::string(hint));
    return out;
}

std::string to_text(const MediaLine& media) {
    const std::string ports = media.ports == 1 ? "" : fmt::format("/{}", media.ports);
    return fmt::format("{} {}{} {}", media.kind, media.port, ports, media.protocol) + joined(media.formats);
}

// --- the transport ---------------------------------------------------------------------------------------------------

Reading<Setup> read_setup(std::string_view value) {
    for (const Setup setup : {Setup::actpass, Setup::active, Setup::passive, Setup::holdconn})
        if (equals_ignoring_case(value, to_text(setup))) return setup;
    return fault(value, "setup:" + in_quotes(value) + " does not exist", "it is actpass, active or passive");
}

std::string_view to_text(Setup setup) noexcept {
    switch (setup) {
        case Setup::actpass:
            return "actpass";
        case Setup::active:
            return "active";
        case Setup::passive:
            return "passive";
        case Setup::holdconn:
            return "holdconn";
    }
    return "actpass";
}

std::optional<Direction> direction_named(std::string_view name) noexcept {
    for (const Direction direction : {Direction::sendrecv, Direction::sendonly, Direction::recvonly, Direction::inactive})
        if (name == to_text(direction)) return direction;
    return std::nullopt;
}

std::string_view to_text(Direction direction) noexcept {
    switch (direction) {
        case Direction::sendrecv:
            return "sendrecv";
        case Direction::sendonly:
            return "sendonly";
        case Direction::recvonly:
            return "recvonly";
        case Direction::inactive:
            return "inactive";
    }
    return "sendrecv";
}

bool sends(Direction direction) noexcept { return direction == Direction::sendrecv || direction == Direction::sendonly; }
bool receives(Direction direction) noexcept { return direction == Direction::sendrecv || direction == Direction::recvonly; }
Direction direction_of(bool sends, bool receives) noexcept {
    if (sends) return receives ? Direction::sendrecv : Direction::sendonly;
    return receives ? Direction::recvonly : Direction::inactive;
}

Reading<Fingerprint> read_fingerprint(std::string_view value) {
    constexpr std::string_view hint = "as in sha-256 6B:8B:F0:65: and so on, two hexadecimal digits for each byte";
    std::string_view rest = value;
    Fingerprint out;
    const std::string_view algorithm = take_word(rest);
    const std::string_view digits = take_word(rest);
    if (!is_token(algorithm) || digits.empty() || !rest.empty())
        return fault(value, "not a hash function and a fingerprint", std::string(hint));
    out.algorithm = lower(algorithm);
    const auto known = std::find_if(hashes.begin(), hashes.end(), [&](const Hash& hash) { return hash.name == out.algorithm; });
    constexpr std::size_t longest = 64;
    for (std::size_t at = 0; at < digits.size(); at += 3) {
        const std::string_view pair = digits.substr(at, 3);
        const int high = hex_digit(pair[0]);
        const int low = pair.size() > 1 ? hex_digit(pair[1]) : -1;
        const bool last = at + 3 > digits.size();
        if (high < 0 || low < 0 || (!last && pair[2] != ':') || at + 3 == digits.size())
            return fault(pair, "a byte of the fingerprint is not two hexadecimal digits and a colon", std::string(hint));
        if (out.digest.size() == longest) return fault(pair, fmt::format("a fingerprint of more than {} bytes", longest));
        out.digest.push_back(static_cast<std::uint8_t>(high * 16 + low));
    }
    if (known != hashes.end() && known->bytes != out.digest.size())
        return fault(digits,
                     fmt::format("a fingerprint of {} bytes, where {} gives {}", out.digest.size(), known->name, known->bytes),
                     "copy the whole line");
    return out;
}

std::string to_text(const Fingerprint& fingerprint) {
    std::string out = fingerprint.algorithm;
    char before = ' ';
    for (const std::uint8_t byte : fingerprint.digest) {
        out += fmt::format("{}{:02X}", before, byte);
        before = ':';
    }
    return out;
}

bool is_strong(const Fingerprint& fingerprint) noexcept {
    return fingerprint.algorithm == "sha-256" || fingerprint.algorithm == "sha-384" || fingerprint.algorithm == "sha-512";
}

std::optional<Fault> check_ufrag(std::string_view value) { return check_ice_text(value, 4, "ice-ufrag"); }
std::optional<Fault> check_password(std::string_view value) { return check_ice_text(value, 22, "ice-pwd"); }

Reading<Group> read_group(std::string_view value) {
    std::string_view rest = value;
    Group out;
    const std::string_view semantics = take_word(rest);
    if (!is_token(semantics)) return fault(value, "a group without its kind", "as in group:BUNDLE 0 1 2");
    out.semantics = semantics;
    for (std::string_view mid = take_word(rest); !mid.empty(); mid = take_word(rest)) {
        if (!is_token(mid)) return fault(mid, "the mid " + in_quotes(mid) + " is no word");
        if (out.mids.size() == most_words) return fault(mid, fmt::format("a group of more than {} sections", most_words));
        out.mids.emplace_back(mid);
    }
    return out;
}

std::string to_text(const Group& group) { return group.semantics + joined(group.mids); }

Reading<SctpMap> read_sctp_map(std::string_view value) {
    std::string_view rest = value;
    SctpMap out;
    const std::string_view port = take_word(rest);
    const std::string_view application = take_word(rest);
    const std::string_view streams = take_word(rest);
    const auto parsed = number(port, 65535);
    if (!parsed || !is_token(application))
        return fault(value, "not a port and an application", "as in sctpmap:5000 webrtc-datachannel 1024");
    out.port = static_cast<std::uint16_t>(*parsed);
    out.application = application;
    // Firefox once wrote more words, and 65536 for "all" is not unheard of.
    out.streams = static_cast<std::uint16_t>(number(streams, 65535).value_or(65535));
    return out;
}

std::string to_text(const SctpMap& map) { return fmt::format("{} {} {}", map.port, map.application, map.streams); }

// --- RTP -------------------------------------------------------------------------------------------------------------

Reading<RtpMap> read_rtp_map(std::string_view value) {
    std::string_view rest = value;
    RtpMap out;
    const auto type = payload_type(take_word(rest));
    if (!type) return type.error();
    out.payload_type = *type;
    const std::string_view encoding = take_word(rest);
    const std::size_t slash = encoding.find('/');
    const std::string_view name = encoding.substr(0, slash);
    constexpr std::string_view hint = "as in rtpmap:111 opus/48000/2";
    if (!is_token(name) || slash == std::string_view::npos)
        return fault(encoding, in_quotes(encoding) + " is not a codec and its clock rate", std::string(hint));
    std::string_view rate = encoding.substr(slash + 1);
    if (const std::size_t second = rate.find('/'); second != std::string_view::npos) {
        const auto channels = number(rate.substr(second + 1), 255);
        if (!channels || *channels == 0)
            return fault(rate.substr(second + 1), "the number of channels is none", std::string(hint));
        out.channels = static_cast<std::uint8_t>(*channels);
        rate = rate.substr(0, second);
    }
    const auto clock = number(rate, 0xffffffff);
    if (!clock || *clock == 0) return fault(rate, "the clock rate " + in_quotes(rate) + " is none", std::string(hint));
    out.name = name;
    out.clock_rate = static_cast<std::uint32_t>(*clock);
    return out;
}

std::string to_text(const RtpMap& map) {
    const std::string channels = map.channels == 1 ? "" : fmt::format("/{}", map.channels);
    return fmt::format("{} {}/{}{}", map.payload_type, map.name, map.clock_rate, channels);
}

std::optional<RtpMap> static_payload_type(std::uint8_t payload_type) {
    switch (payload_type) {
        case 0:
            return RtpMap{0, "PCMU", 8000, 1};
        case 3:
            return RtpMap{3, "GSM", 8000, 1};
        case 8:
            return RtpMap{8, "PCMA", 8000, 1};
        case 9:
            return RtpMap{9, "G722", 8000, 1};
        case 13:
            return RtpMap{13, "CN", 8000, 1};
        default:
            return std::nullopt;
    }
}

Reading<PayloadText> read_fmtp(std::string_view value) {
    std::string_view rest = value;
    const auto type = payload_type(take_word(rest));
    if (!type) return type.error();
    return PayloadText{*type, std::string(rest)};
}

Reading<PayloadText> read_feedback(std::string_view value) {
    std::string_view rest = value;
    const std::string_view first = take_word(rest);
    PayloadText out;
    if (first != "*") {
        const auto type = payload_type(first);
        if (!type) return type.error();
        out.payload_type = *type;
    }
    // Word by word: Pion leaves a blank where a parameter would stand.
    for (std::string_view word = take_word(rest); !word.empty(); word = take_word(rest)) {
        if (!out.text.empty()) out.text += ' ';
        out.text += word;
    }
    if (out.text.empty()) return fault(value, "no kind of feedback", "as in rtcp-fb:96 nack pli");
    return out;
}

std::string to_text(const PayloadText& text) {
    return (text.payload_type ? std::to_string(*text.payload_type) : std::string("*")) + ' ' + text.text;
}

std::optional<std::string_view> parameter(std::string_view format_parameters, std::string_view name) noexcept {
    while (!format_parameters.empty()) {
        const std::size_t end = format_parameters.find(';');
        std::string_view pair = format_parameters.substr(0, end);
        format_parameters = end == std::string_view::npos ? std::string_view() : format_parameters.substr(end + 1);
        while (!pair.empty() && pair.front() == ' ') pair.remove_prefix(1);
        while (!pair.empty() && pair.back() == ' ') pair.remove_suffix(1);
        const std::size_t equals = pair.find('=');
        if (equals_ignoring_case(pair.substr(0, equals), name))
            return equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    }
    return std::nullopt;
}

Reading<HeaderExtension> read_header_extension(std::string_view value) {
    std::string_view rest = value;
    HeaderExtension out;
    const std::string_view first = take_word(rest);
    const std::size_t slash = first.find('/');
    const auto id = number(first.substr(0, slash), 4351);
    if (!id || *id == 0 || (*id > 255 && *id < 4096))
        return fault(first, "the id " + in_quotes(first) + " of a header extension is none", "ids are the numbers 1 to 255");
    out.id = static_cast<std::uint16_t>(*id);
    if (slash != std::string_view::npos) {
        out.direction = direction_named(first.substr(slash + 1));
        if (!out.direction) return fault(first.substr(slash + 1), "the direction of a header extension is none");
    }
    out.uri = take_word(rest);
    if (!is_word(out.uri)) return fault(value, "a header extension without its URI");
    out.attributes = rest;
    return out;
}

std::string to_text(const HeaderExtension& extension) {
    std::string out = std::to_string(extension.id);
    if (extension.direction) {
        out += '/';
        out += to_text(*extension.direction);
    }
    out += ' ' + extension.uri;
    if (!extension.attributes.empty()) out += ' ' + extension.attributes;
    return out;
}

Reading<SsrcAttribute> read_ssrc(std::string_view value) {
    std::string_view rest = value;
    SsrcAttribute out;
    const std::string_view ssrc = take_word(rest);
    const auto parsed = number(ssrc, 0xffffffff);
    if (!parsed) return fault(ssrc, "the source " + in_quotes(ssrc) + " is none", "SSRCs are numbers of 32 bits");
    out.ssrc = static_cast<std::uint32_t>(*parsed);
    const std::size_t colon = rest.find(':');
    if (!is_token(rest.substr(0, colon))) return fault(value, "a source without an attribute", "as in ssrc:1234 cname:name");
    out.name = rest.substr(0, colon);
    if (colon != std::string_view::npos) out.value = rest.substr(colon + 1);
    return out;
}

std::string to_text(const SsrcAttribute& attribute) {
    return std::to_string(attribute.ssrc) + ' ' + attribute.name + (attribute.value.empty() ? "" : ':' + attribute.value);
}

Reading<SsrcGroup> read_ssrc_group(std::string_view value) {
    std::string_view rest = value;
    SsrcGroup out;
    const std::string_view semantics = take_word(rest);
    if (!is_token(semantics)) return fault(value, "a group of sources without its kind", "as in ssrc-group:FID 1 2");
    out.semantics = semantics;
    for (std::string_view word = take_word(rest); !word.empty(); word = take_word(rest)) {
        const auto parsed = number(word, 0xffffffff);
        if (!parsed) return fault(word, "the source " + in_quotes(word) + " is none", "SSRCs are numbers of 32 bits");
        if (out.ssrcs.size() == most_words) return fault(word, fmt::format("a group of more than {} sources", most_words));
        out.ssrcs.push_back(static_cast<std::uint32_t>(*parsed));
    }
    return out;
}

std::string to_text(const SsrcGroup& group) {
    std::string out = group.semantics;
    for (const std::uint32_t ssrc : group.ssrcs) out += ' ' + std::to_string(ssrc);
    return out;
}

Reading<Msid> read_msid(std::string_view value) {
    std::string_view rest = value;
    Msid out;
    out.stream = take_word(rest);
    out.track = take_word(rest);
    if (!is_word(out.stream) || (!out.track.empty() && !is_word(out.track)))
        return fault(value, "not a stream's and a track's id");
    return out;
}

std::string to_text(const Msid& msid) { return msid.track.empty() ? msid.stream : msid.stream + ' ' + msid.track; }

}  // namespace volley::proto::sdp
