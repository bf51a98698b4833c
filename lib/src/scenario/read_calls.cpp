// `webrtc:`: a step that is a call.
#include <algorithm>
#include <array>

#include "scenario/asked_transform.hpp"
#include "scenario/reader.hpp"
#include "scenario/step_parts.hpp"
#include "scenario/yaml.hpp"

namespace volley::scenario {
namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;

constexpr auto call_example = "- webrtc: { offer: /offer, datachannel: { pings: 20 } }"sv;
constexpr std::uint64_t default_count = 10;
constexpr std::uint64_t most_pings = 1'000'000;  // of one call
constexpr std::size_t largest_ping = 65'536;     // that any peer takes: RFC 8841 section 6.1
constexpr std::size_t longest_text = 65'535;     // of a label or protocol: RFC 8832 section 5.1
constexpr std::size_t most_ice_servers = 8;

/// Members that the offer brings itself.
void check_json(Reader& reader, const Node& node, Step& out) {
    if (node.kind != Node::Kind::map) {
        reader.error(node.pos(), std::string("`json` of an offer is a map, not ") + kind_name(node.kind),
                     "its members go beside the description: json: { room: blue }");
        out.json.reset();
        return;
    }
    for (const auto& [key, value] : node.entries)
        if (key.text == "sdp" || key.text == "type")
            reader.error(key.pos, in_quotes(key.text) + " is the description's own", "remove it: volley writes it");
}

/// What the server is asked for stands in two places, which may differ; a template is looked at once its value is known.
void check_transforms(Reader& reader, const Step& step) {
    const auto& video = step.call->video;
    const JsonMember* asked = asked_transform(step);
    if (asked == nullptr || !video || video->transform.empty()) return;
    const auto* value = std::get_if<Value>(&asked->value.node);
    if (value != nullptr && (value->has_template || value->text == video->transform)) return;
    reader.error(value != nullptr ? value->pos : asked->name.pos,
                 disagreement_of_transforms(value != nullptr ? &value->text : nullptr, video->transform),
                 "remove it: `transform` goes along with the offer as `video_transform`");
}

void check_signal(Reader& reader, const Keys& keys, const CallStep& call) {
    using Signal = CallStep::Signal;
    if (call.signal == Signal::automatic) return;  // the path tells, once it is known
    const bool json = call.signal == Signal::json;
    if (json && call.trickle)
        reader.error(keys.key_pos("trickle"), "`trickle` needs a session that candidates can be sent to",
                     "it goes with `signal: whip` or `whep`");
    if (!json && keys.has("json"))
        reader.error(keys.key_pos("json"), "the offer of `signal: whip` or `whep` is the description alone",
                     "remove `json`; `query` and `headers` go along");
}

void read_offer(Reader& reader, const Node& node, Step& out) {
    CallStep& call = *out.call;
    if (node.kind == Node::Kind::scalar) return read_url(reader, node, "offer", out);
    if (!reader.is_map(node, "offer", "offer: /offer, or offer: { post: /offer, json: { room: blue } }")) return;
    static constexpr std::array known{"post"sv, "json"sv, "headers"sv, "query"sv, "signal"sv, "timeout"sv, "trickle"sv};
    static constexpr std::array later{LaterKey{"answer", "with `signal: json` it is a JSON object with `sdp`"}};
    const Keys keys(reader, node, "offer", known, later);
    if (const Node* n = keys.require("post", "the path that takes it: offer: { post: /offer }"))
        read_url(reader, *n, "post", out);
    if (const Node* n = keys.find("json")) {
        out.json = read_json(reader, *n);
        check_json(reader, *n, out);
    }
    read_step_headers(reader, keys, out);
    if (const Node* n = keys.find("query")) out.query = read_pairs(reader, *n, "query", "query: { room: blue }");
    if (const Node* n = keys.find("timeout")) out.timeout = reader.duration(*n, "timeout", 1ms, 1h);
    if (const Node* n = keys.find("signal")) {
        using Signal = CallStep::Signal;
        static constexpr std::array words{"auto"sv, "json"sv, "whip"sv, "whep"sv};
        static constexpr std::array meant{Signal::automatic, Signal::json, Signal::whip, Signal::whep};
        if (const auto which = reader.word(*n, "signal", words)) call.signal = meant[*which];
    }
    if (const Node* n = keys.find("trickle")) call.trickle = reader.boolean(*n, "trickle").value_or(false);
    check_signal(reader, keys, call);
}

void read_ice(Reader& reader, const Node& node, CallStep& out) {
    constexpr auto example = "ice: { servers: [\"stun:stun.example.org\"] }"sv;
    if (!reader.is_map(node, "ice", example)) return;
    static constexpr std::array known{"servers"sv, "relayed_only"sv};
    const Keys keys(reader, node, "ice", known);
    const Node* servers = keys.find("servers");
    if (servers && reader.is_list(*servers, "servers", example)) {
        if (servers->items.size() > most_ice_servers)
            reader.error(servers->pos(), "too many servers", "at most " + std::to_string(most_ice_servers));
        for (const auto& item : servers->items)
            if (const Value* v = reader.scalar(item, "servers")) out.ice_servers.push_back(*v);
    }
    if (const Node* n = keys.find("relayed_only")) out.relayed_only = reader.boolean(*n, "relayed_only").value_or(false);
    const bool relays = std::ranges::any_of(
        out.ice_servers, [](const Value& v) { return v.text.starts_with("turn:") || v.text.starts_with("{{"); });
    if (out.relayed_only && !relays)
        reader.error(keys.key_pos("relayed_only"), "`relayed_only` needs a server that relays",
                     "add one to `servers`: \"turn:USER:PASSWORD@HOST\"");
}

void read_pings(Reader& reader, const Node& node, CallStep& out) {
    if (node.kind == Node::Kind::scalar) {
        out.count = reader.count(node, "pings", 0, most_pings).value_or(default_count);
        return;
    }
    if (!reader.is_map(node, "pings", "pings: { count: 20, every: 50ms }")) return;
    static constexpr std::array known{"every"sv, "count"sv, "for"sv, "size"sv, "timeout"sv};
    const Keys keys(reader, node, "pings", known);
    if (const Node* n = keys.find("every")) out.every = reader.duration(*n, "every", 1ms, 1h).value_or(out.every);
    if (const Node* n = keys.find("count")) out.count = reader.count(*n, "count", 0, most_pings);
    if (const Node* n = keys.find("for")) out.length = reader.duration(*n, "for", 1ms, 1h);
    if (keys.has("for") && !keys.has("count"))
        out.count.reset();
    else if (keys.has("for"))
        reader.error(keys.key_pos("for"), "pings are bounded by `for` or by `count`, not by both", "remove one of them");
    if (const Node* n = keys.find("size")) out.size = reader.size(*n, "size", largest_ping).value_or(out.size);
    if (const Node* n = keys.find("timeout")) out.timeout = reader.duration(*n, "timeout", 1ms, 1h).value_or(out.timeout);
}

/// What the peer is told in 16 bits.
void read_text(Reader& reader, const Keys& keys, std::string_view key, Value& out) {
    const Node* n = keys.find(key);
    const Value* v = n != nullptr ? reader.scalar(*n, key) : nullptr;
    if (v == nullptr) return;
    if (v->text.size() > longest_text)
        reader.error(v->pos, in_quotes(key) + " is too long", "at most " + std::to_string(longest_text) + " bytes");
    else
        out = *v;
}

void read_datachannel(Reader& reader, const Node& node, CallStep& out) {
    if (!reader.is_map(node, "datachannel", "datachannel: { label: chat, pings: { count: 20, every: 50ms } }")) return;
    static constexpr std::array known{"label"sv, "protocol"sv, "ordered"sv, "max_retransmits"sv, "max_lifetime"sv, "pings"sv};
    static constexpr std::array later{LaterKey{"echo", "write `pings: 20`"}, LaterKey{"size", "write it under `pings`"},
                                      LaterKey{"every", "write it under `pings`"}};
    const Keys keys(reader, node, "datachannel", known, later);
    read_text(reader, keys, "label", out.label);
    read_text(reader, keys, "protocol", out.protocol);
    if (const Node* n = keys.find("ordered")) out.ordered = reader.boolean(*n, "ordered").value_or(true);
    if (const Node* n = keys.find("max_retransmits"))
        if (const auto most = reader.count(*n, "max_retransmits", 0, 65'535))
            out.max_retransmits = static_cast<std::uint16_t>(*most);
    if (const Node* n = keys.find("max_lifetime")) {
        out.max_lifetime = reader.duration(*n, "max_lifetime", 1ms, 65'535ms);
        if (out.max_lifetime && *out.max_lifetime % Duration(1ms) != Duration{})
            reader.error(n->pos(), "`max_lifetime` is counted in whole milliseconds", "write 150ms");
    }
    if (keys.has("max_retransmits") && keys.has("max_lifetime"))
        reader.error(keys.key_pos("max_lifetime"), "a data channel has `max_retransmits` or `max_lifetime`, not both",
                     "remove one of them");
    if (const Node* n = keys.find("pings")) read_pings(reader, *n, out);
}

void read_call(Reader& reader, const Node& node, Step& out) {
    if (node.kind == Node::Kind::scalar) return read_url(reader, node, "webrtc", out);
    if (!reader.is_map(node, "webrtc", call_example)) return;
    static constexpr std::array known{"offer"sv, "ice"sv, "datachannel"sv, "video"sv, "audio"sv, "for"sv, "within"sv};
    const Keys keys(reader, node, "webrtc", known);
    if (const Node* n = keys.require("offer", "the path that takes it: " + std::string(call_example)))
        read_offer(reader, *n, out);
    if (const Node* n = keys.find("ice")) read_ice(reader, *n, *out.call);
    if (const Node* n = keys.find("datachannel")) read_datachannel(reader, *n, *out.call);
    if (const Node* n = keys.find("video")) read_video(reader, *n, *out.call);
    if (const Node* n = keys.find("audio")) read_audio(reader, *n, *out.call);
    check_transforms(reader, out);
    read_media_length(reader, keys, *out.call);
    if (const Node* n = keys.find("within")) out.call->within = reader.duration(*n, "within", 1ms, 1h).value_or(out.call->within);
}

}  // namespace

std::optional<Step> read_call_step(Reader& reader, const Node& node) {
    static constexpr std::array methods{"get"sv, "post"sv, "put"sv, "patch"sv, "delete"sv, "head"sv, "options"sv};
    static constexpr std::array of_offer{"headers"sv, "query"sv, "json"sv, "form"sv, "body"sv, "items"sv, "timeout"sv};
    static constexpr std::array known{"webrtc"sv, "name"sv,   "checks"sv, "get"sv,     "post"sv,    "put"sv,
                                      "patch"sv,  "delete"sv, "head"sv,   "options"sv, "headers"sv, "query"sv,
                                      "json"sv,   "form"sv,   "body"sv,   "items"sv,   "timeout"sv};
    const Keys keys(reader, node, "a step", known);
    for (const auto key : keys.among(methods))
        reader.error(keys.key_pos(key), "a step is one request or one call, not both " + in_quotes(key) + " and `webrtc`",
                     "write a scenario for each");
    for (const auto key : keys.among(of_offer))
        reader.error(keys.key_pos(key), in_quotes(key) + " beside `webrtc`",
                     key == "form" || key == "body" || key == "items"
                         ? "remove it: headers, query and json of the request stand in `offer`"
                         : "put it into `offer`: webrtc: { offer: { post: /offer, " + std::string(key) + ": ... } }");
    Step out;
    out.pos = node.pos();
    out.method = "POST";
    out.call.emplace();
    out.call->count = default_count;
    if (const Node* n = keys.find("webrtc")) read_call(reader, *n, out);
    out.name = default_name("webrtc", out.url.text);
    read_step_name(reader, keys, out);
    read_step_checks(reader, keys, out);
    check_media_checks(reader, out);
    return out;
}

}  // namespace volley::scenario
