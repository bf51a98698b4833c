#include "run/prepare_call.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <volley/error.hpp>

#include "call/frame_loop.hpp"
#include "run/path_beside.hpp"
#include "scenario/asked_transform.hpp"
#include "scenario/media_figures.hpp"
#include "scenario/yaml.hpp"

namespace volley::run {
namespace {

using scenario::CallStep;
using scenario::Check;
using scenario::MediaValue;
using scenario::Scenario;
using scenario::Step;

/// A check whose value is known.
struct ReadyCheck {
    scenario::Check check;
    std::string value;
};

/// The checks of a call, and where it is counted which of them hold.
struct Judge {
    std::vector<ReadyCheck> checks;
    std::shared_ptr<CheckCounts> counts;  // may be empty
    std::size_t step = 0;                 // in `counts`

    engine::Judgement operator()(const call::CallSeen& seen) const {
        scenario::CallInput in;
        for (std::size_t i = 0; i < in.times.size(); ++i)
            in.times[i] = metrics::time_of(static_cast<metrics::CallTime>(i), seen.planned, seen.reached);
        in.round_trips = seen.round_trips;
        in.answered = seen.answered;
        in.lost = seen.lost;
        in.media = &seen.media;
        // All of them are asked: a call fails once, and each check is counted for what it found itself.
        std::vector<std::optional<std::string>> found;
        engine::Judgement first;
        for (const auto& c : checks) {
            const auto& one = found.emplace_back(scenario::failed_call_check(c.check, c.value, in));
            if (one && first.kind.empty()) first = {"check", c.check.source.text + ": " + *one};
        }
        if (counts) counts->judged(step, found);
        return first;
    }
};

std::optional<MediaValue> media_value_of(const Check& check) {
    if (check.query != Check::Query::media) return std::nullopt;
    return scenario::words_of(check.figure).value;
}

/// What a check is compared with, and an example of it.
struct Comparand {
    const char* what;
    const char* example;
};
Comparand comparand_of(const Check& check) {
    const auto media = media_value_of(check);
    const bool share = check.query == Check::Query::answered || check.query == Check::Query::lost || media == MediaValue::share;
    if (share) return {"number or percentage", "write 19 or 95%"};
    if (media == MediaValue::number) return {"number", "write 19"};
    if (media == MediaValue::transform) return {"transform that pictures tell", "write none, cartoon, edges or rotate"};
    return {"duration", "write a number and a unit: 800ms"};
}

/// As SDP writes it.
std::vector<std::string> codecs_of(const std::string& word) {
    static constexpr std::array<std::pair<std::string_view, const char*>, 6> names{
        {{"vp8", "VP8"}, {"h264", "H264"}, {"opus", "opus"}, {"g722", "G722"}, {"pcmu", "PCMU"}, {"pcma", "PCMA"}}};
    const auto at = std::ranges::find(names, std::string_view(word), [](const auto& name) { return name.first; });
    if (at == names.end()) return {};
    return {at->second};
}

/// Reads what is written in a step; the first mistake is kept.
class Preparer {
public:
    Preparer(const Scenario& where, const scenario::Variables& variables) : where_(where), variables_(variables) {}

    std::string text(const scenario::Value& value) {
        auto result = scenario::expand(value, variables_, where_);
        if (auto* text = std::get_if<std::string>(&result)) return std::move(*text);
        fail(std::get<SourceError>(std::move(result)));
        return {};
    }
    void fail(SourceError error) {
        if (!error_) error_ = std::move(error);
    }
    void fail(SourcePos pos, std::string text, std::string hint) {
        fail(scenario::error_at(where_, pos, std::move(text), std::move(hint)));
    }

    void signal(const Step& step, const std::string& path, call::CallPlan& out) {
        using Signal = CallStep::Signal;
        const auto asked = step.call->signal;
        out.signal = asked == Signal::json   ? call::Signal::json
                     : asked == Signal::whip ? call::Signal::whip
                     : asked == Signal::whep ? call::Signal::whep
                                             : call::signal_of_path(path).value_or(call::Signal::json);
        out.trickle = step.call->trickle;
        const std::string name(call::to_string(out.signal));
        if (out.signal == call::Signal::json && out.trickle)
            fail(step.url.pos, "`trickle` needs a session that candidates can be sent to, and this path is taken for one of JSON",
                 "add `signal: whip` or `whep`");
        if (out.signal != call::Signal::json && step.json)
            fail(step.url.pos, "this path is taken for one of " + name + ", whose offer is the description alone",
                 "remove `json`, or add `signal: json`");
        const auto& video = step.call->video;
        if (out.signal != call::Signal::json && video && !video->transform.empty() && video->transform != "none")
            fail(step.url.pos, "this path is taken for one of " + name + ", whose offer has no place for a `transform`",
                 "write `video: true`, or add `signal: json`");
    }

    void servers(const CallStep& step, call::CallPlan& out) {
        for (const auto& value : step.ice_servers) {
            const std::string server = text(value);
            if (server.starts_with("turn:")) {
                if (auto turn = call::parse_turn_server(server))
                    out.turn.push_back(*std::move(turn));
                else  // without what may be a password
                    fail(value.pos, "not a TURN server",
                         "write \"turn:USER:PASSWORD@HOST:PORT\", with ?transport=tcp behind it for TCP");
            } else if (auto stun = server.starts_with("stun:") ? call::parse_stun_server(server) : std::nullopt) {
                out.stun.push_back(*std::move(stun));
            } else {
                fail(value.pos, "not a STUN or TURN server", "write \"stun:HOST:PORT\" or \"turn:USER:PASSWORD@HOST:PORT\"");
            }
        }
        out.relayed_only = step.relayed_only;
        if (out.relayed_only && out.turn.empty() && !step.ice_servers.empty())
            fail(step.ice_servers.front().pos, "`relayed_only` needs a server that relays", "add a turn: server");
    }

    /// Members that a variable names, now that it is known: those of the description are written by the offer itself.
    void members(const Step& step) {
        const auto* members = step.json ? std::get_if<scenario::JsonObject>(&step.json->node) : nullptr;
        if (members == nullptr) return;
        for (const auto& [name, value] : *members) {
            if (!name.has_template) continue;
            const auto meant = scenario::expand(name, variables_, where_);  // what differs from call to call is neither of them
            const auto* text = std::get_if<std::string>(&meant);
            if (text != nullptr && (*text == "sdp" || *text == "type"))
                fail(name.pos, '`' + *text + "` is the description's own", "remove it: volley writes it");
        }
    }

    /// What the offer's own members ask for, now that it is known; else it was looked at when the file was read.
    void transform(const Step& step) {
        const auto* asked = scenario::asked_transform(step);
        const auto& video = step.call->video;
        const auto* value = asked != nullptr ? std::get_if<scenario::Value>(&asked->value.node) : nullptr;
        if (value == nullptr || !value->has_template || !video || video->transform.empty()) return;
        const std::string meant = text(*value);
        if (meant != video->transform)
            fail(value->pos, scenario::disagreement_of_transforms(&meant, video->transform),
                 "remove it: `transform` goes along with the offer as `video_transform`");
    }

    void media(const CallStep& step, call::CallPlan& out) {
        if (step.video) {
            const auto& from = *step.video;
            auto& video = out.video.emplace();
            video.transform = from.transform;
            if (call::is_camera(from.source.text))
                video.source = from.source.text;
            else if (!from.source.text.empty())
                video.source = file(from.source, "write `source: synthetic` for the moving picture");
            video.width = from.width;
            video.height = from.height;
            video.frames_per_second = from.frames_per_second;
            video.bits_per_second = from.bits_per_second;
            video.codecs = codecs_of(from.codec);
            video.decode_every = from.decode_every;
            if (!out.plays()) codec(from.source.pos, video);
        }
        if (step.audio) {
            static constexpr std::array<std::string_view, 2> made_here{"tone", scenario::timed_sound};
            const auto& source = step.audio->source;
            const bool is_made = std::ranges::find(made_here, std::string_view(source.text)) != made_here.end();
            auto& audio = out.audio.emplace();
            audio.source = is_made ? source.text : file(source, scenario::suggest(source.text, made_here, "made here"));
            audio.codecs = codecs_of(step.audio->codec);
        }
    }

    std::vector<ReadyCheck> checks(const Step& step) {
        std::vector<ReadyCheck> out;
        for (const auto& check : step.checks) {
            out.push_back({check, text(check.value)});
            if (!check.value.has_template || error_ || scenario::is_call_value(check, out.back().value)) continue;
            const auto comparand = comparand_of(check);
            fail(check.value.pos,
                 "`" + check.source.text + "` is compared with `" + out.back().value + "`, which is no " + comparand.what,
                 comparand.example);
        }
        return out;
    }

    [[nodiscard]] const std::optional<SourceError>& error() const noexcept { return error_; }

private:
    /// The path of a file that is there.
    std::string file(const scenario::Value& name, const std::string& hint) {
        auto path = path_beside(where_.file, name.text);
        if (const auto why = call::why_unreadable(path); !why.empty())
            fail(name.pos, '`' + escape_for_terminal(path) + "` cannot be read: " + why, hint);
        return path;
    }

    /// A file that is sent as it is coded is to be of a codec that the step asks for.
    void codec(SourcePos pos, const call::VideoPlan& video) {
        if (error_) return;
        std::string fault;
        (void)call::codec_of_source(video, fault);
        if (!fault.empty()) fail(pos, escape_for_terminal(fault), {});
    }

    const Scenario& where_;
    const scenario::Variables& variables_;
    std::optional<SourceError> error_;
};

constexpr Duration usual_length = std::chrono::seconds(5);  // of media

void take_channel(const CallStep& step, call::CallPlan& out) {
    out.channel.ordered = step.ordered;
    out.channel.max_retransmits = step.max_retransmits;
    out.channel.max_lifetime = step.max_lifetime;
    out.pings.every = step.every;
    out.pings.count = step.count;
    out.pings.length = step.length;
    out.pings.size = step.size;
    out.pings.timeout = step.timeout;
    // How long media flow; pings that are counted are all sent.
    if ((step.video || step.audio) && !step.length) {
        const auto pings = step.every * static_cast<std::int64_t>(step.count.value_or(0));
        out.pings.length = step.media_length.value_or(std::max<Duration>(usual_length, pings));
    }
    out.set_up_limit = step.within;
    out.set_up_limit_name = "`within`";
}

}  // namespace

std::variant<PreparedCall, SourceError> prepare_call(const Scenario& scenario, const Step& step,
                                                     const scenario::Variables& variables, engine::PreparedStep offer,
                                                     const std::shared_ptr<CheckCounts>& counts) {
    Preparer preparer(scenario, variables);
    PreparedCall out;
    auto& plan = out.plan;
    plan.request.name = step.name;
    plan.request.target = std::move(offer.target);
    plan.request.request = std::move(offer.request);
    plan.request.timeout = offer.timeout;
    if (engine::has_slots(plan.request.request))
        plan.fill = [](http::Request& request, call::CallNumber number) { engine::fill(request, number.user, number.call); };
    const auto& target = plan.request.request.target;
    preparer.signal(step, target.substr(0, target.find('?')), plan);
    preparer.servers(*step.call, plan);
    take_channel(*step.call, plan);
    preparer.media(*step.call, plan);
    preparer.members(step);
    preparer.transform(step);
    if (step.call->label.pos.line > 0) plan.channel.label = preparer.text(step.call->label);
    if (step.call->protocol.pos.line > 0) plan.channel.protocol = preparer.text(step.call->protocol);
    Judge judge{preparer.checks(step), counts};
    if (preparer.error()) return *preparer.error();
    if (judge.checks.empty()) return out;
    std::vector<report::CheckResult> results;
    for (const auto& c : judge.checks) {
        const bool round_trips = c.check.query == Check::Query::round_trip || media_value_of(c.check) == MediaValue::round_trip;
        out.judges_round_trips = out.judges_round_trips || round_trips;
        const bool media = c.check.query == Check::Query::media;
        out.judges_video = out.judges_video || (media && scenario::is_of_video(c.check.figure));
        out.judges_audio = out.judges_audio || (media && !scenario::is_of_video(c.check.figure));
        out.judges_pictures = out.judges_pictures || media_value_of(c.check) == MediaValue::transform;
        auto& result = results.emplace_back();
        result.step = step.name;
        result.source = c.check.source.text;
        result.pos = c.check.source.pos;
    }
    if (counts) judge.step = counts->add_step(std::move(results));
    out.judge = std::move(judge);
    return out;
}

}  // namespace volley::run
