// From lines to values: the first line that is wrong ends it.
#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "proto/sdp/session.hpp"
#include "proto/sdp/syntax.hpp"

namespace volley::proto::sdp {
namespace {

constexpr std::size_t most_fingerprints = 16;  // of one section
constexpr std::size_t most_options = 16;
constexpr std::size_t most_option_bytes = 64;

// What a session and a section both may say of a transport.
struct Transport {
    std::optional<std::string> ufrag;
    std::optional<std::string> password;
    std::vector<std::string> options;
    std::vector<Fingerprint> fingerprints;
    std::optional<Setup> setup;
    std::optional<Direction> direction;
    std::string connection;
    int credentials_line = 0;
    int setup_line = 0;
};

// Header extensions of one section: an id stands for one thing.
class ExtensionIds {
public:
    // The id is new, or says the same again.
    bool take(const HeaderExtension& extension) {
        const auto [at, is_new] = uris_.emplace(extension.id, extension.uri);
        return is_new || at->second == extension.uri;
    }

private:
    std::unordered_map<std::uint16_t, std::string> uris_;
};

class Reader {
public:
    Reader(const Description& description, std::string_view what) : description_(description), what_(what) {}

    Outcome<Session> run() {
        read_session();
        for (const Section& section : description_.media) {
            if (error_) break;
            read_media(section);
        }
        if (!error_) check_groups();
        if (error_) return std::move(*error_);
        return std::move(out_);
    }

private:
    void fail(const Line& line, Fault fault) {
        if (error_) return;
        error_ = error_in(what_, line, fault.piece, std::move(fault.text), std::move(fault.hint));
    }

    // Takes what was read of the line's value, or the error.
    template <class T, class Target>
    bool put(const Line& line, Reading<T> reading, Target& target) {
        if (!reading) {
            fail(line, reading.error());
            return false;
        }
        target = std::move(*reading);
        return true;
    }
    template <class T>
    bool append(const Line& line, Reading<T> reading, std::vector<T>& target) {
        if (!reading) {
            fail(line, reading.error());
            return false;
        }
        target.push_back(std::move(*reading));
        return true;
    }

    void read_session();
    void read_media(const Section& section);
    bool read_transport(const Line& line, AttributeView attribute, Transport& transport);
    bool read_data(const Line& line, AttributeView attribute, Media& media);
    void read_rtp(const Line& line, AttributeView attribute, Media& media);
    void read_mid(const Line& line, std::string_view value, Media& media);
    void add_codecs(const Section& section, Media& media);
    void inherit(const Section& section, Transport own, Media& media);
    void check_groups();

    const Description& description_;
    std::string_view what_;
    std::optional<SourceError> error_;
    Session out_;
    Transport session_;
    std::unordered_map<std::string, int> mids_;  // and their lines
    std::size_t candidates_ = 0;
    bool all_candidates_ = false;                                   // the session says that none follow
    std::vector<std::pair<const Line*, std::size_t>> group_lines_;  // and which of out_.groups
};

void Reader::read_session() {
    ExtensionIds ids;
    for (const Line& line : description_.session.lines) {
        if (error_) return;
        const std::string_view value = line.value;
        if (line.type == 'o') put(line, read_origin(value), out_.origin);
        if (line.type == 's') out_.name = value;
        if (line.type == 'c') session_.connection = value;
        if (line.type != 'a') continue;
        const AttributeView attribute = attribute_of(line);
        if (read_transport(line, attribute, session_)) continue;
        if (attribute.name == "group") {
            if (append(line, read_group(attribute.value), out_.groups)) group_lines_.emplace_back(&line, out_.groups.size() - 1);
        } else if (attribute.name == "ice-lite") {
            out_.ice_lite = true;
        } else if (attribute.name == "end-of-candidates") {
            all_candidates_ = true;
        } else if (attribute.name == "extmap-allow-mixed") {
            out_.extmap_allow_mixed = true;
        } else if (attribute.name == "msid-semantic") {
            std::string_view rest = attribute.value;
            while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
            out_.msid_semantic = rest;
        } else if (attribute.name == "extmap") {
            if (append(line, read_header_extension(attribute.value), out_.extensions) && !ids.take(out_.extensions.back()))
                fail(line, {attribute.value, "a second meaning for the id of a header extension", "give each its own"});
        }
    }
}

// @return it was one of them.
bool Reader::read_transport(const Line& line, AttributeView attribute, Transport& transport) {
    const auto [name, value] = attribute;
    if (name == "ice-ufrag") {
        if (auto wrong = check_ufrag(value)) fail(line, std::move(*wrong));
        transport.ufrag = value;
        transport.credentials_line = line.number;
    } else if (name == "ice-pwd") {
        if (auto wrong = check_password(value)) fail(line, std::move(*wrong));
        transport.password = value;
        transport.credentials_line = line.number;
    } else if (name == "ice-options") {
        // The RFC parts them by blanks, libdatachannel by commas.
        std::string words(value);
        std::replace(words.begin(), words.end(), ',', ' ');
        std::string_view rest = words;
        for (std::string_view word = take_word(rest); !word.empty(); word = take_word(rest))
            if (transport.options.size() < most_options && word.size() <= most_option_bytes) transport.options.emplace_back(word);
    } else if (name == "fingerprint") {
        if (transport.fingerprints.size() == most_fingerprints)
            fail(line, {value, fmt::format("more than {} fingerprints", most_fingerprints), {}});
        else
            append(line, read_fingerprint(value), transport.fingerprints);
    } else if (name == "setup") {
        put(line, read_setup(value), transport.setup);
        transport.setup_line = line.number;
    } else if (const auto direction = direction_named(name); direction && value.empty()) {
        transport.direction = direction;
    } else {
        return false;
    }
    return true;
}

void Reader::read_media(const Section& section) {
    Media media;
    const Line& first = section.lines.front();
    if (!put(first, read_media_line(first.value), media.line)) return;
    media.where.media = first.number;
    Transport own;
    ExtensionIds ids;
    for (std::size_t i = 1; i < section.lines.size() && !error_; ++i) {
        const Line& line = section.lines[i];
        if (line.type == 'c') own.connection = line.value;
        if (line.type != 'a') continue;
        const AttributeView attribute = attribute_of(line);
        const auto [name, value] = attribute;
        if (read_transport(line, attribute, own)) continue;
        if (name == "mid") {
            read_mid(line, value, media);
        } else if (name == "candidate") {
            if (++candidates_ > most_candidates)
                fail(line, {value, fmt::format("more than {} candidates", most_candidates), "a few dozen are plenty"});
            else
                media.candidates.emplace_back(value);
        } else if (name == "end-of-candidates") {
            media.end_of_candidates = true;
        } else if (name == "bundle-only") {
            media.bundle_only = true;
        } else if (name == "extmap") {
            if (append(line, read_header_extension(value), media.extensions) && !ids.take(media.extensions.back()))
                fail(line, {value, "a second meaning for the id of a header extension", "give each its own"});
        } else if (!read_data(line, attribute, media)) {
            read_rtp(line, attribute, media);
        }
    }
    if (error_) return;
    inherit(section, std::move(own), media);
    if (media.is_rtp()) add_codecs(section, media);
    if (!error_) out_.media.push_back(std::move(media));
}

void Reader::read_mid(const Line& line, std::string_view value, Media& media) {
    if (!is_token(value))
        return fail(line, {value, "the mid " + in_quotes(value) + " is no word", "it names the section, as in mid:0"});
    if (!media.mid.empty()) return fail(line, {value, "a second mid in one section", "a section has one name"});
    const auto [at, is_new] = mids_.emplace(value, line.number);
    if (!is_new)
        return fail(line, {value, fmt::format("the mid {} is that of another section, in line {}", in_quotes(value), at->second),
                           "give each section its own"});
    media.mid = value;
    media.where.mid = line.number;
}

// @return it was one of them.
bool Reader::read_data(const Line& line, AttributeView attribute, Media& media) {
    const auto [name, value] = attribute;
    if (name == "sctp-port") {
        const auto port = number(value, 65535);
        if (!port || *port == 0) {
            fail(line, {value, "the SCTP port " + in_quotes(value) + " is none", "as in sctp-port:5000"});
            return true;
        }
        media.sctp_port = static_cast<std::uint16_t>(*port);
    } else if (name == "max-message-size") {
        media.max_message_size = number(value);
        if (!media.max_message_size) fail(line, {value, "the size " + in_quotes(value) + " is no number", "bytes, or 0 for any"});
    } else if (name == "sctpmap") {
        put(line, read_sctp_map(value), media.sctp_map);
    } else {
        return false;
    }
    return true;
}

void Reader::read_rtp(const Line& line, AttributeView attribute, Media& media) {
    const auto [name, value] = attribute;
    if (name == "rtcp-mux" || name == "rtcp-mux-only") {
        media.rtcp_mux = true;
    } else if (name == "rtcp-rsize") {
        media.rtcp_rsize = true;
    } else if (name == "msid") {
        append(line, read_msid(value), media.msids);
    } else if (name == "ssrc") {
        append(line, read_ssrc(value), media.ssrcs);
    } else if (name == "ssrc-group") {
        append(line, read_ssrc_group(value), media.ssrc_groups);
    } else if (name == "rid") {
        media.rids.emplace_back(value);
    } else if (name == "simulcast") {
        media.simulcast = value;
    }
}

// The section's own word, or else the session's. Credentials come in pairs: RFC 8839 section 5.4.
void Reader::inherit(const Section& section, Transport own, Media& media) {
    const auto with = [&](const Transport& transport) {
        if (transport.ufrag && transport.password) media.ice = IceCredentials{*transport.ufrag, *transport.password};
        return transport.ufrag || transport.password;
    };
    if (!own.ufrag != !own.password) {
        // One at each level is what some write.
        if (!own.ufrag) own.ufrag = session_.ufrag;
        if (!own.password) own.password = session_.password;
    }
    const bool any = with(own) || with(session_);
    if (any && !media.ice) {
        const Transport& half = own.credentials_line != 0 ? own : session_;
        const std::string_view missing = half.ufrag ? "ice-pwd" : "ice-ufrag";
        Line line = section.lines.front();
        line.number = half.credentials_line != 0 ? half.credentials_line : line.number;
        line.value = half.ufrag ? "ice-ufrag:" + *half.ufrag : "ice-pwd:...";
        line.type = 'a';
        return fail(line, {{}, fmt::format("{} is missing beside it", missing), "ice-ufrag and ice-pwd come in pairs"});
    }
    media.end_of_candidates = media.end_of_candidates || all_candidates_;
    media.ice_options = own.options.empty() ? session_.options : std::move(own.options);
    media.fingerprints = own.fingerprints.empty() ? session_.fingerprints : std::move(own.fingerprints);
    media.setup = own.setup ? own.setup : session_.setup;
    media.where.setup = own.setup ? own.setup_line : session_.setup_line;
    media.direction = own.direction.value_or(session_.direction.value_or(Direction::sendrecv));
    if (!own.connection.empty())
        media.connection = std::move(own.connection);
    else if (!session_.connection.empty() && session_.connection.size() <= most_option_bytes)
        media.connection = session_.connection;
}

// The formats of m=, in their order, and what the section's lines say of each.
void Reader::add_codecs(const Section& section, Media& media) {
    constexpr std::uint8_t none = 255;
    std::array<std::uint8_t, 128> places{};
    places.fill(none);
    std::vector<Codec> codecs;
    for (const std::string& format : media.line.formats) {
        const auto type = number(format, 127);
        if (!type) {
            const Line& line = section.lines.front();
            const std::size_t at = line.value.rfind(' ' + format);
            const std::string_view piece =
                at == std::string::npos ? std::string_view() : std::string_view(line.value).substr(at + 1);
            return fail(line,
                        {piece, "the payload type " + in_quotes(format) + " is none", "payload types are the numbers 0 to 127"});
        }
        if (places[*type] != none) continue;  // named twice
        places[*type] = static_cast<std::uint8_t>(codecs.size());
        Codec codec;
        if (const auto known = static_payload_type(static_cast<std::uint8_t>(*type)))
            codec = {known->payload_type, known->name, known->clock_rate, known->channels, {}, {}};
        codec.payload_type = static_cast<std::uint8_t>(*type);
        codecs.push_back(std::move(codec));
    }
    const auto codec_of = [&](std::uint8_t payload_type) {
        return places[payload_type] == none ? nullptr : &codecs[places[payload_type]];
    };
    for (const Line& line : section.lines) {
        if (line.type != 'a') continue;
        const auto [name, value] = attribute_of(line);
        if (name == "rtpmap") {
            RtpMap map;
            if (!put(line, read_rtp_map(value), map)) return;
            if (Codec* codec = codec_of(map.payload_type)) {
                codec->name = std::move(map.name);
                codec->clock_rate = map.clock_rate;
                codec->channels = map.channels;
            }
        } else if (name == "fmtp") {
            PayloadText text;
            if (!put(line, read_fmtp(value), text)) return;
            if (Codec* codec = codec_of(*text.payload_type)) codec->parameters = std::move(text.text);
        } else if (name == "rtcp-fb") {
            PayloadText text;
            if (!put(line, read_feedback(value), text)) return;
            if (!text.payload_type)
                media.any_feedback.push_back(std::move(text.text));
            else if (Codec* codec = codec_of(*text.payload_type))
                codec->feedback.push_back(std::move(text.text));
        }
    }
    // A dynamic type without an rtpmap means nothing to anybody.
    for (Codec& codec : codecs)
        if (!codec.name.empty()) media.codecs.push_back(std::move(codec));
}

void Reader::check_groups() {
    std::unordered_set<std::string_view> bundled;
    for (const auto& [line, index] : group_lines_) {
        const Group& group = out_.groups[index];
        if (out_.group_line == 0) out_.group_line = line->number;
        if (group.semantics != "BUNDLE") continue;
        for (const std::string& mid : group.mids) {
            const std::size_t at = line->value.find(mid, line->value.find(' '));
            const std::string_view piece =
                at == std::string::npos ? std::string_view() : std::string_view(line->value).substr(at);
            if (!mids_.contains(mid))
                return fail(*line, {piece, "no section has the mid " + in_quotes(mid), "name sections by their a=mid"});
            if (!bundled.insert(mid).second)
                return fail(*line, {piece, "the section " + in_quotes(mid) + " is bundled twice", "name it once"});
        }
    }
}

}  // namespace

Outcome<Session> read(const Description& description, std::string_view what) { return Reader(description, what).run(); }

Outcome<Session> read(std::string_view text, std::string_view what, const Limits& limits) {
    const auto description = parse(text, what, limits);
    if (!description) return description.error();
    return read(*description, what);
}

}  // namespace volley::proto::sdp
