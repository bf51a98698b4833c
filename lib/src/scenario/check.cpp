// Judging checks: what a server answered against what the scenario says.
#include <algorithm>
#include <charconv>
#include <cmath>

#include <boost/json.hpp>
#include <boost/regex.hpp>

#include <volley/http/message.hpp>

#include "base/mask.hpp"
#include "metrics/log_linear.hpp"
#include "scenario/json_path.hpp"
#include "scenario/media_figures.hpp"
#include "scenario/pattern.hpp"
#include "scenario/reader.hpp"
#include "scenario/yaml.hpp"

namespace volley::scenario {

// Boost.Regex rather than std::regex: that one recurses once for each character, so that a long answer ends the process.
struct Pattern {
    boost::regex regex;
};

std::shared_ptr<const Pattern> compile_pattern(std::string_view text, std::string& why) {
    constexpr std::size_t most = 4096;
    if (text.size() > most) {
        why = "at most 4 KiB";
        return nullptr;
    }
    try {
        return std::make_shared<const Pattern>(Pattern{boost::regex(text.begin(), text.end(), boost::regex::perl)});
    } catch (const std::exception& e) {
        why = e.what();
        // Boost adds where the error happened; the first sentence says what it is.
        if (const auto end = why.find("  The error occurred"); end != std::string::npos) why.erase(end);
        return nullptr;
    }
}

std::optional<bool> matches_somewhere(const Pattern& pattern, std::string_view text) {
    try {
        return boost::regex_search(text.begin(), text.end(), pattern.regex);
    } catch (const std::runtime_error&) {
        return std::nullopt;
    }
}

namespace {

using Query = Check::Query;
using Predicate = Check::Predicate;

template <class T>
bool compare(Predicate p, const T& found, const T& wanted) {
    switch (p) {
        case Predicate::equal:
            return found == wanted;
        case Predicate::not_equal:
            return found != wanted;
        case Predicate::less:
            return found < wanted;
        case Predicate::less_equal:
            return found <= wanted;
        case Predicate::greater:
            return found > wanted;
        case Predicate::greater_equal:
            return found >= wanted;
        default:
            return false;
    }
}

std::optional<double> number(std::string_view text) {
    double n = 0;
    const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (bad != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return n;
}

/// Two JSON numbers. Integers are compared as such, since a double cannot tell 2^53 from 2^53 + 1 and identifiers are that long.
bool compare_numbers(Predicate p, const boost::json::value& found, const boost::json::value& wanted) {
    if (found.is_int64() && wanted.is_int64()) return compare(p, found.get_int64(), wanted.get_int64());
    if (found.is_uint64() && wanted.is_uint64()) return compare(p, found.get_uint64(), wanted.get_uint64());
    return compare(p, found.to_number<double>(), wanted.to_number<double>());
}

/// As a person writes it: Boost.JSON prints 0.2 as 2E-1.
std::string number_text(const boost::json::value& value) {
    if (!value.is_double()) return boost::json::serialize(value);
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, value.get_double()).ptr};
}

/// Shows what was found. Secrets are masked first: escaping or cutting would leave parts of them that nobody finds again.
class Show {
public:
    explicit Show(const CheckInput& in) : spellings_(in.secrets ? spellings(*in.secrets) : std::vector<std::string>{}) {}
    std::string operator()(std::string_view text) const { return in_quotes(mask_start(text, spellings_, yaml::most_in_quotes)); }
    std::string bare(std::string_view text) const { return mask(text, spellings_); }

private:
    std::vector<std::string> spellings_;
};

/// How one text is judged: `what` names it in the answer.
std::optional<std::string> judge_text(const Check& check, std::string_view wanted, std::string_view found,
                                      const std::string& what, const CheckInput& in) {
    const auto is = [&] { return what + " is " + Show(in)(found); };
    const bool has = found.find(wanted) != std::string_view::npos;
    switch (check.predicate) {
        case Predicate::equal:
            return found == wanted ? std::nullopt : std::optional(is());
        case Predicate::not_equal:
            return found != wanted ? std::nullopt : std::optional(is());
        case Predicate::contains:
            return has ? std::nullopt : std::optional(is());
        case Predicate::not_contains:
            return has ? std::optional(what + " contains " + Show(in)(wanted)) : std::nullopt;
        case Predicate::matches:
        case Predicate::not_matches: {
            std::string why;
            const auto pattern = check.pattern ? check.pattern : compile_pattern(wanted, why);
            if (!pattern) return "not a regular expression: " + Show(in)(wanted) + " (" + why + ")";
            const auto matched = matches_somewhere(*pattern, found);
            if (!matched) return "the expression is too costly for " + what;
            return *matched == (check.predicate == Predicate::matches) ? std::nullopt : std::optional(is());
        }
        default:
            return what + " cannot be compared so";
    }
}

std::optional<std::string> judge_header(const Check& check, std::string_view wanted, const CheckInput& in) {
    const std::string what = "header " + check.header;
    std::optional<std::string> last;
    bool any = false;
    if (in.headers)
        for (const auto& [name, value] : *in.headers) {
            if (!http::iequals(name, check.header)) continue;
            any = true;
            if (check.predicate == Predicate::exists) return std::nullopt;
            if (check.predicate == Predicate::not_exists) return what + " is " + Show(in)(value);
            const bool negative = check.predicate == Predicate::not_equal || check.predicate == Predicate::not_contains ||
                                  check.predicate == Predicate::not_matches;
            last = judge_text(check, wanted, value, what, in);
            // Of repeated fields one must fit; what must not be, must not be in any.
            if (negative ? last.has_value() : !last.has_value()) return last;
        }
    if (any) return last;
    return check.predicate == Predicate::not_exists ? std::nullopt : std::optional("there is no " + what);
}

std::optional<std::string> judge_json(const Check& check, std::string_view wanted, const CheckInput& in) {
    boost::system::error_code bad;
    const auto root = boost::json::parse(boost::json::string_view(in.body.data(), in.body.size()), bad);
    if (bad) return "the body is not JSON: " + Show(in)(in.body);
    const auto found = follow(check.path, root);
    const std::string what = "jq " + in_quotes(check.jq);
    if (check.predicate == Predicate::exists) return found ? std::nullopt : std::optional(what + " leads nowhere");
    if (check.predicate == Predicate::not_exists)
        return found ? std::optional(what + " is " + Show(in)(boost::json::serialize(*found))) : std::nullopt;
    if (!found) return what + " leads nowhere";
    const bool wants_text = check.value.quoted && !check.value.has_template;
    const bool compares = check.predicate <= Predicate::greater_equal;
    if (found->is_number() && !wants_text && compares && is_json_number(wanted)) {
        const auto wanted_number = boost::json::parse(boost::json::string_view(wanted.data(), wanted.size()), bad);
        if (bad) return "not a number: " + Show(in)(wanted);
        if (compare_numbers(check.predicate, *found, wanted_number)) return std::nullopt;
        return what + " is " + Show(in).bare(number_text(*found));
    }
    switch (check.predicate) {
        case Predicate::less:
        case Predicate::less_equal:
        case Predicate::greater:
        case Predicate::greater_equal:
            return what + " is no number: " + Show(in)(boost::json::serialize(*found));
        default:
            break;
    }
    if (const auto* string = found->if_string()) {
        // A text is not the number, true, false or null that looks like it, unless the check says so in quotes.
        const bool other_type = !check.value.quoted && !check.value.has_template && compares &&
                                (is_json_number(wanted) || wanted == "true" || wanted == "false" || wanted == "null");
        if (other_type && check.predicate == Predicate::equal)
            return what + " is the text " + Show(in)(boost::json::serialize(*found));
        if (other_type && check.predicate == Predicate::not_equal) return std::nullopt;
        return judge_text(check, wanted, {string->data(), string->size()}, what, in);
    }
    if (wants_text && check.predicate == Predicate::equal && !found->is_structured())
        return what + " is " + Show(in)(boost::json::serialize(*found)) + ", not a text";
    return judge_text(check, wanted, found->is_number() ? number_text(*found) : boost::json::serialize(*found), what, in);
}

}  // namespace

std::optional<std::string> failed_check(const Check& check, std::string_view wanted, const CheckInput& in) {
    switch (check.query) {
        case Query::status: {
            const auto n = number(wanted);
            if (!n) return "not a status: " + Show(in)(wanted);
            return compare(check.predicate, static_cast<double>(in.status), *n)
                       ? std::nullopt
                       : std::optional("status is " + std::to_string(in.status));
        }
        case Query::duration: {
            const auto d = parse_duration(wanted);
            if (!d) return "not a duration: " + Show(in)(wanted);
            return compare(check.predicate, in.duration, *d) ? std::nullopt
                                                             : std::optional("duration is " + format_duration(in.duration));
        }
        case Query::header:
            return judge_header(check, wanted, in);
        case Query::body:
            return judge_text(check, wanted, in.body, "body", in);
        case Query::jq:
            return judge_json(check, wanted, in);
        case Query::call_time:
        case Query::round_trip:
        case Query::answered:
        case Query::lost:
        case Query::media:
            break;  // of a call
    }
    return std::nullopt;
}

namespace {

/// `5`, or `5%` as 0.05.
struct Share {
    double amount = 0;
    bool percent = false;
};
std::optional<Share> share_of(std::string_view text) {
    const bool percent = text.ends_with('%');
    const auto n = percent ? share_of_percent(text.substr(0, text.size() - 1)) : number(text);
    if (!n || !(*n >= 0) || !std::isfinite(*n)) return std::nullopt;
    return Share{*n, percent};
}

/// Of values as they are, the percentile by nearest rank. Empty values have none.
/// @param lost  so many more there are, larger than all of these: nothing where it is one of them, or they count in it.
std::optional<Duration> aggregate_of(std::string_view aggregate, std::span<const Duration> values, std::uint64_t lost) {
    if (values.empty()) return std::nullopt;
    if (aggregate == "min") return *std::min_element(values.begin(), values.end());
    if (lost > 0 && (aggregate == "max" || aggregate == "mean")) return std::nullopt;
    if (aggregate == "max") return *std::max_element(values.begin(), values.end());
    if (aggregate == "mean") {
        double sum = 0;
        for (const auto value : values) sum += to_seconds(value);
        return from_seconds(sum / static_cast<double>(values.size()));
    }
    const double q = number(aggregate.substr(1)).value_or(0) / 100;
    const auto rank = metrics::nearest_rank(q, values.size() + lost);
    if (rank > values.size()) return std::nullopt;
    std::vector<Duration> sorted(values.begin(), values.end());
    const auto at = sorted.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(rank, 1) - 1);
    std::nth_element(sorted.begin(), at, sorted.end());
    return *at;
}

std::optional<std::string> judge_time(const Check& check, std::string_view wanted, const std::string& what,
                                      std::optional<Duration> found, const char* missing) {
    const auto limit = parse_duration(wanted);
    if (!limit) return "not a duration: " + in_quotes(wanted);
    if (!found) return missing;
    if (compare(check.predicate, *found, *limit)) return std::nullopt;
    return what + " is " + format_duration(*found);
}

/// An aggregate of round trips, while `lost` more pings, frames or chirps never came back: each took longer than those that did.
std::optional<std::string> judge_round_trips(const Check& check, std::string_view wanted, const char* what,
                                             std::span<const Duration> values, std::uint64_t lost, const char* things,
                                             const std::string& none_back) {
    std::string missing = none_back;
    if (!values.empty() && lost > 0)
        missing = std::to_string(lost) + " of " + std::to_string(values.size() + lost) + ' ' + things + " never came back, so " +
                  check.aggregate + " is not known";
    return judge_time(check, wanted, std::string(what) + ' ' + check.aggregate, aggregate_of(check.aggregate, values, lost),
                      missing.c_str());
}

std::optional<std::string> judge_pings(const Check& check, std::string_view wanted, std::uint64_t n, std::uint64_t all) {
    const auto limit = share_of(wanted);
    if (!limit) return "not a number or percentage: " + in_quotes(wanted);
    if (all == 0 && limit->percent) return "no ping was sent";
    const auto count = static_cast<double>(n);
    if (compare(check.predicate, limit->percent ? count / static_cast<double>(all) : count, limit->amount)) return std::nullopt;
    return std::to_string(n) + " of " + std::to_string(all) + (all == 1 ? " ping was " : " pings were ") +
           (check.query == Query::lost ? "lost" : "answered");
}

/// `n` of `all`, against a number or a share of all.
std::optional<std::string> judge_part(const Check& check, std::string_view wanted, std::uint64_t n, std::uint64_t all,
                                      const char* things, const char* became) {
    const auto limit = share_of(wanted);
    if (!limit) return "not a number or percentage: " + in_quotes(wanted);
    if (all == 0 && limit->percent) return std::string("there were no ") + things;
    const auto count = static_cast<double>(n);
    if (compare(check.predicate, limit->percent ? count / static_cast<double>(all) : count, limit->amount)) return std::nullopt;
    return std::to_string(n) + " of " + std::to_string(all) + ' ' + things + ' ' + became;
}

std::optional<std::string> judge_number(const Check& check, std::string_view wanted, std::uint64_t n) {
    const auto limit = number(wanted);
    if (!limit) return "not a number: " + in_quotes(wanted);
    if (compare(check.predicate, static_cast<double>(n), *limit)) return std::nullopt;
    return std::string(words_of(check.figure).name) + " is " + std::to_string(n);
}

/// Calls whose video is not decoded have no pictures to be asked.
std::optional<std::string> judge_transform(const Check& check, std::string_view wanted, const metrics::VideoSeen& video,
                                           const std::string& none_back) {
    const auto& seen = video.transform;
    if (!video.decoded) return std::nullopt;
    if (seen.pictures == 0)
        return video.returned == 0
                   ? none_back
                   : "its pictures were not looked at: let video flow for 2s or longer, or let fewer calls end at once";
    if (seen.seen.empty()) return "no transform stands out";
    if (compare(check.predicate, std::string_view(seen.seen), wanted)) return std::nullopt;
    return "the pictures tell " + in_quotes(seen.seen);
}

std::optional<std::string> judge_video(const Check& check, std::string_view wanted, const metrics::VideoSeen& video,
                                       const std::string& why_none_back) {
    const std::string none_back = why_none_back.empty() ? "no frame came back" : why_none_back;
    switch (check.figure) {
        case MediaFigure::video_sent:
            return judge_number(check, wanted, video.sent);
        case MediaFigure::video_frames:
        case MediaFigure::video_returned: {
            auto found = judge_part(check, wanted, video.returned, video.sent, "frames", "came back");
            if (found && !why_none_back.empty()) return why_none_back;
            if (found && video.untold > 0) *found += "; nobody can tell of " + std::to_string(video.untold);
            return found;
        }
        case MediaFigure::video_lost:
            return judge_part(check, wanted, video.lost, video.sent, "frames", "were lost");
        case MediaFigure::video_rtt:
            return judge_round_trips(check, wanted, "video.rtt", video.round_trips, video.lost, "frames", none_back);
        case MediaFigure::video_first_frame:
            return judge_time(check, wanted, "video.first_frame", video.first_frame, none_back.c_str());
        case MediaFigure::video_freezes:
            return judge_number(check, wanted, video.freezes);
        case MediaFigure::video_mismatched:
            return judge_number(check, wanted, video.mismatched);
        case MediaFigure::video_transform:
            return judge_transform(check, wanted, video, none_back);
        default:
            return std::nullopt;  // of sound
    }
}

std::optional<std::string> judge_audio(const Check& check, std::string_view wanted, const metrics::AudioSeen& audio) {
    switch (check.figure) {
        case MediaFigure::audio_sent:
            return judge_number(check, wanted, audio.sent);
        case MediaFigure::audio_received:
            return judge_number(check, wanted, audio.received);
        case MediaFigure::audio_lost:
            // What is missing is known by the packets around it.
            if (audio.received + audio.lost == 0)
                return std::string(audio.sent > 0 ? "no audio came back" : "no audio came") + ", so what was lost is not known";
            return judge_part(check, wanted, audio.lost, audio.received + audio.lost, "packets", "were lost");
        case MediaFigure::audio_rtt:
            return judge_round_trips(check, wanted, "audio.rtt", audio.round_trips, audio.chirps_lost, "chirps",
                                     "no chirp came back");
        default:
            return std::nullopt;  // of video
    }
}

std::optional<std::string> judge_media(const Check& check, std::string_view wanted, const metrics::MediaSeen* media) {
    if (is_of_video(check.figure)) {
        if (media == nullptr || !media->video) return "no video was agreed on";
        return judge_video(check, wanted, *media->video, media->none_back);
    }
    if (media == nullptr || !media->audio) return "no audio was agreed on";
    return judge_audio(check, wanted, *media->audio);
}

}  // namespace

std::optional<std::string> failed_call_check(const Check& check, std::string_view wanted, const CallInput& in) {
    switch (check.query) {
        case Query::call_time:
            return judge_time(check, wanted, std::string(metrics::to_string(check.time)),
                              in.times[static_cast<std::size_t>(check.time)], "the call did not come so far");
        case Query::round_trip:
            return judge_round_trips(check, wanted, "dc_rtt", in.round_trips, in.lost, "pings", "no ping was answered");
        case Query::answered:
            return judge_pings(check, wanted, in.answered, in.answered + in.lost);
        case Query::lost:
            return judge_pings(check, wanted, in.lost, in.answered + in.lost);
        case Query::media:
            return judge_media(check, wanted, in.media);
        default:
            return "it is a check of a request";
    }
}

bool is_call_value(const Check& check, std::string_view value) noexcept {
    const auto media = check.query == Query::media ? std::optional(words_of(check.figure).value) : std::nullopt;
    if (check.query == Query::answered || check.query == Query::lost || media == MediaValue::share)
        return share_of(value).has_value();
    if (media == MediaValue::number) return share_of(value) && !value.ends_with('%');
    if (media == MediaValue::transform) return std::ranges::find(told_transforms, value) != told_transforms.end();
    return parse_duration(value).has_value();
}

}  // namespace volley::scenario
