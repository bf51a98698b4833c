#include "app/call_views.hpp"

#include <optional>
#include <string>
#include <utility>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <fmt/format.h>

#include <volley/middleware.hpp>

namespace volley::app {
namespace {

using view::awaitable;
using view::json_quote;
using view::Request;
using view::Response;

/// Also where the server takes larger bodies. A browser's with several tracks has 10 KiB. The thread of all calls reads it: the worst of this
/// size, of some 900 sections, keeps it from its work for as long as half a dozen DTLS handshakes do.
constexpr std::size_t most_offer_bytes = 128UL * 1024;
constexpr std::string_view sdp_type = "application/sdp";
constexpr std::string_view fragment_type = "application/trickle-ice-sdpfrag";

Response refuse(const CallRefusal& refusal) {
    std::string text = refusal.text;
    if (refusal.pos.line > 0) text = fmt::format("line {}: {}", refusal.pos.line, text);
    std::string json = "{\"error\": " + json_quote(text);
    if (refusal.pos.line > 0) json += fmt::format(", \"line\": {}", refusal.pos.line);
    if (!refusal.hint.empty()) json += ", \"hint\": " + json_quote(refusal.hint);
    Response response = Response::json(json + "}\n", refusal.status);
    if (refusal.status == 429 || refusal.status == 503) response.headers.add("Retry-After", "5");
    return response;
}

std::optional<CallRefusal> too_large(std::string_view offer) {
    if (offer.size() <= most_offer_bytes) return std::nullopt;
    return CallRefusal{413, "an offer has at most 128 KiB"};
}

// ---- one request, one answer

/// The offer of a request's JSON; nothing where it holds none.
struct JsonOffer {
    std::optional<std::string> sdp;
    std::optional<CallRefusal> wrong;
    std::string transform;
    bool sleeps = false;
};

std::string text_of(const boost::json::value& value) {
    const auto* text = value.if_string();
    return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

JsonOffer read_offer(const Request& request) {
    JsonOffer out;
    if (request.body.empty()) return out;
    // It would be taken for a question that is to sleep, and answered with that. A page of another origin may send any body as text/plain.
    const CallRefusal wrong_type{415, "the Content-Type of an offer is application/json",
                                 "WHIP, at /whip, takes application/sdp"};
    if (has_type(request, sdp_type)) {
        out.wrong = wrong_type;
        return out;
    }
    boost::system::error_code ec;
    const boost::json::value json = boost::json::parse(request.body, ec);
    const auto* object = ec ? nullptr : json.if_object();
    if (object == nullptr) return out;  // the sleep says what is wrong with it
    const auto* sdp = object->if_contains("sdp");
    if (sdp == nullptr) return out;
    if (!has_type(request, "application/json")) {
        out.wrong = wrong_type;
        return out;
    }
    out.sdp = text_of(*sdp);
    out.sleeps = object->contains("sleep") || request.query_value("s");
    const auto* type = object->if_contains("type");
    if (!sdp->is_string())
        out.wrong = {400, "'sdp' must be a string: the session description of an offer"};
    else if (type == nullptr)
        out.wrong = {400, "'type' is missing", "an offer has \"type\": \"offer\""};
    else if (text_of(*type) != "offer")
        out.wrong = {400, "'type' must be \"offer\"", "this server answers; it makes no offers"};
    else
        out.wrong = too_large(*out.sdp);
    if (const auto* transform = object->if_contains("video_transform"); transform != nullptr && !out.wrong) {
        out.transform = text_of(*transform);
        if (!transform->is_string()) out.wrong = {400, "'video_transform' must be a string, such as \"edges\""};
    }
    return out;
}

awaitable<Response> offer(Answer sleep, std::shared_ptr<Calls> calls, const Request& request) {
    JsonOffer asked = read_offer(request);
    if (asked.wrong) co_return refuse(*asked.wrong);
    if (!asked.sdp || asked.sleeps) {
        auto sleeping = sleep(request);
        Response slept = co_await std::move(sleeping);
        if (!asked.sdp || slept.status != 200) co_return slept;
    }
    auto asking = calls->answer(std::move(*asked.sdp), request.remote, std::move(asked.transform));
    const auto outcome = co_await std::move(asking);
    if (const auto* refusal = std::get_if<CallRefusal>(&outcome)) co_return refuse(*refusal);
    const std::string& answer = std::get<CallAnswer>(outcome).answer;
    co_return Response::json("{\"sdp\": " + json_quote(answer) + ", \"type\": \"answer\"}\n");
}

// ---- WHIP and WHEP

using Shared = std::shared_ptr<Calls>;
using CallView = awaitable<Response> (*)(Shared, const Request&);

std::string in_tag(const std::string& etag) { return '"' + etag + '"'; }

void add_links(Response& response, const Calls& calls) {
    for (const std::string& server : calls.options().stun)
        response.headers.add("Link", fmt::format("<{}>; rel=\"ice-server\"", server));
}

awaitable<Response> begin(Shared calls, const Request& request) {
    if (!has_type(request, sdp_type)) {
        Response response = refuse({415, "the Content-Type of an offer is application/sdp"});
        response.headers.add("Accept-Post", std::string(sdp_type));
        co_return response;
    }
    if (const auto wrong = too_large(request.body)) co_return refuse(*wrong);
    auto asking = calls->answer(request.body, request.remote);
    const auto outcome = co_await std::move(asking);
    if (const auto* refusal = std::get_if<CallRefusal>(&outcome)) co_return refuse(*refusal);
    const auto& begun = std::get<CallAnswer>(outcome);
    Response response;
    response.status = 201;
    response.body = begun.answer;
    response.headers.add("Content-Type", std::string(sdp_type));
    response.headers.add("Location", request.target.substr(0, request.target.find('?')) + "/" + begun.id);
    response.headers.add("ETag", in_tag(begun.etag));
    response.headers.add("Accept-Patch", std::string(fragment_type));
    add_links(response, *calls);
    co_return response;
}

awaitable<Response> endpoint_options(Shared calls, const Request&) {
    Response response;
    response.status = 204;
    response.headers.add("Allow", "POST, OPTIONS");
    response.headers.add("Accept-Post", std::string(sdp_type));
    add_links(response, *calls);
    co_return response;
}

std::string session_of(const Request& request) { return std::string(request.param("session").value_or("")); }

awaitable<Response> patch(Shared calls, const Request& request) {
    // Whether it is there comes first: what is wrong with a request for nothing is of no interest.
    auto asking = calls->knows(session_of(request));
    const auto found = co_await std::move(asking);
    if (const auto* refusal = std::get_if<CallRefusal>(&found)) co_return refuse(*refusal);
    if (std::get<bool>(found) && !has_type(request, fragment_type)) {
        Response response = refuse({415, "the Content-Type of a PATCH is application/trickle-ice-sdpfrag"});
        response.headers.add("Accept-Patch", std::string(fragment_type));
        co_return response;
    }
    std::optional<std::string> if_match;
    if (const auto given = request.headers.get("If-Match")) if_match = std::string(*given);
    auto patching = calls->patch(session_of(request), std::move(if_match), request.body);
    const auto outcome = co_await std::move(patching);
    if (const auto* refusal = std::get_if<CallRefusal>(&outcome)) co_return refuse(*refusal);
    const auto& patched = std::get<CallPatched>(outcome);
    Response response;
    response.status = patched.fragment ? 200 : 204;
    response.headers.add("ETag", in_tag(patched.etag));
    if (patched.fragment) {
        response.headers.add("Content-Type", std::string(fragment_type));
        response.body = *patched.fragment;
    }
    co_return response;
}

awaitable<Response> end(Shared calls, const Request& request) {
    auto asking = calls->hang_up(session_of(request));
    const auto ended = co_await std::move(asking);
    if (const auto* refusal = std::get_if<CallRefusal>(&ended)) co_return refuse(*refusal);
    if (!std::get<bool>(ended)) co_return refuse({404, "there is no such call; it may have ended"});
    co_return Response();
}

awaitable<Response> session_options(Shared, const Request&) {
    Response response;
    response.status = 204;
    response.headers.add("Allow", "PATCH, DELETE, OPTIONS");
    response.headers.add("Accept-Patch", std::string(fragment_type));
    co_return response;
}

middleware::Cors::Options cors_options(const CallOptions& calls) {
    middleware::Cors::Options options;
    options.origins = calls.cors;
    options.loopback = true;
    options.methods = {"POST", "PATCH", "DELETE"};
    options.headers = {"Authorization", "Content-Type", "If-Match"};
    options.expose = {"Accept-Patch", "Accept-Post", "ETag", "Link", "Location"};
    return options;
}

// The options are known by the time that requests come, not when the view is made.
awaitable<Response> across_origins(Shared calls, view::AsyncNext next, const Request& request) {
    const middleware::Cors cors(cors_options(calls->options()));
    auto answering = cors(request, next);
    Response response = co_await std::move(answering);
    co_return response;
}

view::AnyView view_for(const Shared& calls, const std::vector<std::pair<std::string_view, CallView>>& methods) {
    view::AnyView out;
    for (const auto& [method, call_view] : methods) {
        const view::AsyncNext next = [calls, call_view = call_view](const Request& request) { return call_view(calls, request); };
        const Answer answer = [calls, next](const Request& request) { return across_origins(calls, next, request); };
        const view::AnyView one = view_of(answer, {std::string(method)});
        for (std::size_t i = 0; i < out.by_method.size(); ++i)
            if (one.by_method[i]) out.by_method[i] = one.by_method[i];
    }
    return out;
}

}  // namespace

Answer offer_view(SleepWays ways, std::shared_ptr<Calls> calls) {
    return [sleep = sleep_view(std::move(ways)), calls = std::move(calls)](const Request& request) {
        return offer(sleep, calls, request);
    };
}

view::AnyView whip_endpoint(std::shared_ptr<Calls> calls) {
    return view_for(calls, {{"POST", begin}, {"OPTIONS", endpoint_options}});
}

view::AnyView whip_session(std::shared_ptr<Calls> calls) {
    return view_for(calls, {{"PATCH", patch}, {"DELETE", end}, {"OPTIONS", session_options}});
}

}  // namespace volley::app
