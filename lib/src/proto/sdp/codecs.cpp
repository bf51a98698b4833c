// Which codings of two sides are the same.
#include <algorithm>
#include <string_view>

#include "proto/h264/profile.hpp"
#include "proto/sdp/codecs.hpp"
#include "proto/sdp/syntax.hpp"

namespace volley::proto::sdp {
namespace {

std::string_view parameter_or(const Codec& codec, std::string_view name, std::string_view otherwise) noexcept {
    return parameter(codec.parameters, name).value_or(otherwise);
}

bool same_parameter(const Codec& a, const Codec& b, std::string_view name, std::string_view otherwise) noexcept {
    return equals_ignoring_case(parameter_or(a, name, otherwise), parameter_or(b, name, otherwise));
}

bool is_named(const Codec& codec, std::string_view name) noexcept { return equals_ignoring_case(codec.name, name); }

constexpr std::string_view profile_parameter = "profile-level-id";
constexpr std::string_view asymmetry_parameter = "level-asymmetry-allowed";

std::optional<h264::ProfileLevel> h264_profile(const Codec& codec) noexcept {
    const auto text = parameter(codec.parameters, profile_parameter);
    if (!text) return h264::unnamed_profile;
    const auto profile = h264::parse_profile_level_id(*text);
    return profile ? std::optional(*profile) : std::nullopt;
}

// The level may differ, and different bytes may name one profile.
bool same_h264_profile(const Codec& a, const Codec& b) noexcept {
    const auto first = h264_profile(a);
    const auto second = h264_profile(b);
    return first && second && h264::same_profile(*first, *second);
}

// Our own, with a level that both ends have agreed on (RFC 6184 section 8.2.2).
std::string h264_parameters(const Codec& offered, const Codec& own) {
    const auto allows = [](const Codec& codec) { return parameter_or(codec, asymmetry_parameter, "0") == "1"; };
    const bool asymmetry = allows(offered) && allows(own);
    const auto theirs = h264_profile(offered);
    const auto ours = h264_profile(own);
    const auto answer = theirs && ours ? h264::answer_profile(*theirs, *ours, asymmetry) : h264::Errc::bad_profile;
    std::string out;
    for (std::string_view left = own.parameters; !left.empty();) {
        const std::size_t end = left.find(';');
        const std::string_view part = left.substr(0, end);
        left = end == std::string_view::npos ? std::string_view() : left.substr(end + 1);
        std::string taken(part);
        if (parameter(part, asymmetry_parameter) && !asymmetry) continue;
        if (parameter(part, profile_parameter) && answer) taken = std::string(profile_parameter) + '=' + h264::to_string(*answer);
        if (!out.empty()) out += ';';
        out += taken;
    }
    return out;
}

const Codec* find_match(const Codec& codec, const std::vector<Codec>& among) noexcept {
    for (const Codec& other : among)
        if (same_codec(codec, other)) return &other;
    return nullptr;
}

std::optional<std::uint64_t> repeated_type(const Codec& codec) noexcept {
    const auto apt = parameter(codec.parameters, "apt");
    return apt ? number(*apt, 127) : std::nullopt;
}

// This side's rtx of what the remote one repeats (RFC 4588 section 8), which stands before it.
const Codec* find_repeating(const Codec& rtx, const std::vector<Codec>& taken, const std::vector<const Codec*>& matches,
                            const std::vector<Codec>& local) noexcept {
    const auto repeated = repeated_type(rtx);
    for (std::size_t i = 0; i < taken.size(); ++i) {
        if (!repeated || taken[i].payload_type != *repeated) continue;
        for (const Codec& own : local)
            if (is_named(own, "rtx") && own.clock_rate == rtx.clock_rate && repeated_type(own) == matches[i]->payload_type)
                return &own;
    }
    return nullptr;
}

}  // namespace

bool same_codec(const Codec& a, const Codec& b) noexcept {
    if (!equals_ignoring_case(a.name, b.name) || a.clock_rate != b.clock_rate || a.channels != b.channels) return false;
    if (is_named(a, "H264")) return same_parameter(a, b, "packetization-mode", "0") && same_h264_profile(a, b);
    if (is_named(a, "VP9")) return same_parameter(a, b, "profile-id", "0");
    if (is_named(a, "AV1")) return same_parameter(a, b, "profile", "0");
    return true;
}

bool carries_another(const Codec& codec) noexcept {
    return is_named(codec, "rtx") || is_named(codec, "red") || is_named(codec, "ulpfec") || is_named(codec, "flexfec-03");
}

std::vector<Codec> shared_codecs(const Media& remote, const std::vector<Codec>& local) {
    std::vector<Codec> out;
    std::vector<const Codec*> matches;  // this side's, for each of `out`
    bool any_alone = false;
    for (const Codec& offered : remote.codecs) {
        const bool repeats = is_named(offered, "rtx");
        const Codec* own = repeats ? find_repeating(offered, out, matches, local) : find_match(offered, local);
        if (own == nullptr) continue;
        Codec codec = offered;
        if (!own->parameters.empty() && !repeats)
            codec.parameters = is_named(*own, "H264") ? h264_parameters(offered, *own) : own->parameters;
        codec.feedback.clear();
        const auto take = [&](const std::string& feedback) {
            const auto among = [&](const std::vector<std::string>& all) {
                return std::find(all.begin(), all.end(), feedback) != all.end();
            };
            if (among(own->feedback) && !among(codec.feedback)) codec.feedback.push_back(feedback);
        };
        for (const std::string& feedback : offered.feedback) take(feedback);
        for (const std::string& feedback : remote.any_feedback) take(feedback);
        any_alone = any_alone || !carries_another(codec);
        out.push_back(std::move(codec));
        matches.push_back(own);
    }
    if (!any_alone) out.clear();
    return out;
}

std::vector<HeaderExtension> shared_extensions(const Session& session, const Media& remote,
                                               const std::vector<HeaderExtension>& local) {
    std::vector<HeaderExtension> out;
    const auto take = [&](const HeaderExtension& offered) {
        constexpr std::uint16_t last_usable = 255;
        if (offered.id > last_usable) return;
        for (const HeaderExtension& taken : out)
            if (taken.id == offered.id || taken.uri == offered.uri) return;
        for (const HeaderExtension& own : local)
            if (own.uri == offered.uri) return out.push_back({offered.id, {}, offered.uri, {}});
    };
    for (const HeaderExtension& extension : remote.extensions) take(extension);
    for (const HeaderExtension& extension : session.extensions) take(extension);
    return out;
}

}  // namespace volley::proto::sdp
