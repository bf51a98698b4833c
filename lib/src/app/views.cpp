#include <algorithm>
#include <chrono>
#include <optional>
#include <system_error>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <fmt/format.h>

#include <volley/app/app.hpp>
#include <volley/iso_time.hpp>

#include "app/call_views.hpp"
#include "app/faults.hpp"
#include "app/page.hpp"
#include "app/sleep.hpp"
#include "app/views.hpp"
#include "app/words.hpp"

namespace volley::app {
namespace asio = boost::asio;
namespace {

using view::awaitable;
using view::json_quote;
using view::Request;
using view::Response;

using appfile::most_bytes;
using appfile::most_ticks;
constexpr double longest_sleep = 60;

/// 1714564800.123456
double unix_seconds(std::chrono::system_clock::time_point when) {
    return std::chrono::duration<double>(when.time_since_epoch()).count();
}

/// How long /offer is to sleep, or what is wrong with the question.
struct Sleep {
    double seconds = 1;
    std::string error;
};

Sleep read_sleep(const Request& request, double usual) {
    std::optional<std::string> text;
    if (const auto s = request.query_value("s")) {
        text = *s;
    } else if (has_type(request, "application/x-www-form-urlencoded")) {
        for (const auto& [name, value] : view::parse_query(request.body))
            if (name == "sleep") text = value;
    } else if (has_type(request, "application/json") && !request.body.empty()) {
        boost::system::error_code ec;
        const boost::json::value json = boost::json::parse(request.body, ec);
        if (ec) return {0, "the body is not JSON: " + ec.message()};
        const auto* object = json.if_object();
        if (object == nullptr) return {0, "the body must be a JSON object, such as {\"sleep\": 1}"};
        if (const auto* sleep = object->if_contains("sleep")) {
            // A client that sends every field as a string (name=value) is understood as well.
            if (sleep->is_string()) {
                text = std::string(sleep->get_string().c_str(), sleep->get_string().size());
            } else if (sleep->is_number()) {
                text = fmt::format("{}", sleep->to_number<double>());
            } else {
                return {0, "'sleep' must be a number of seconds from 0 to 60"};
            }
        }
    }
    if (!text) return {usual, {}};
    const auto seconds = read_number(*text);
    if (!seconds || *seconds < 0 || *seconds > longest_sleep)
        return {0, "'" + text->substr(0, 40) + "' is not a number of seconds from 0 to 60"};
    return {*seconds, {}};
}

awaitable<Response> offer(SleepWays ways, const Request& request) {
    const Sleep sleep = read_sleep(request, to_seconds(ways.usual));
    if (!sleep.error.empty()) co_return Response::error(400, sleep.error);
    const auto started = std::chrono::system_clock::now();
    const TimePoint from = Clock::now();
    const Duration asked = from_seconds(sleep.seconds);
    bool no_thread = false;
    try {
        co_await sleep_as(ways, asked);
    } catch (const std::system_error&) {
        no_thread = true;
    }
    if (no_thread) co_return Response::error(503, "out of threads");
    const Duration elapsed = Clock::now() - from;
    const auto ended = std::chrono::system_clock::now();
    co_return Response::json(fmt::format(
        "{{\"slept\": {}, \"started\": \"{}\", \"ended\": \"{}\", \"started_s\": {:.6f}, \"ended_s\": {:.6f}, \"elapsed\": {:.6f}}}\n",
        sleep.seconds, iso_time(started, true), iso_time(ended, true), unix_seconds(started), unix_seconds(ended),
        to_seconds(elapsed)));
}

awaitable<Response> ping(const Request&) { co_return Response::text("pong\n"); }

std::string json_fields(const auto& fields) {
    std::string json = "[";
    for (const auto& [name, value] : fields) {
        if (json.size() > 1) json += ", ";
        json += "[" + json_quote(name) + ", " + json_quote(value) + "]";
    }
    return json + "]";
}

/// Fields as an object, which is what people read; a name that came several times holds a list.
std::string json_object(const auto& fields) {
    std::vector<std::pair<std::string, std::vector<std::string>>> grouped;
    for (const auto& [name, value] : fields) {
        auto it = grouped.begin();
        while (it != grouped.end() && it->first != name) ++it;
        if (it == grouped.end()) it = grouped.insert(it, {name, {}});
        it->second.push_back(json_quote(value));
    }
    std::string json = "{";
    for (const auto& [name, values] : grouped) {
        if (json.size() > 1) json += ", ";
        json += json_quote(name) + ": ";
        json += values.size() == 1 ? values.front() : fmt::format("[{}]", fmt::join(values, ", "));
    }
    return json + "}";
}

awaitable<Response> echo(const Request& request) {
    std::string json = "{\"method\": " + json_quote(request.method) + ", \"target\": " + json_quote(request.target) +
                       ", \"path\": " + json_quote(request.path) + ", \"query\": " + json_object(request.query) +
                       ", \"headers\": " + json_object(request.headers) + ", \"remote\": " + json_quote(request.remote) +
                       fmt::format(", \"length\": {}", request.body.size()) + ", \"body\": " + json_quote(request.body);
    if (has_type(request, "application/json")) {
        boost::system::error_code ec;
        boost::json::parse(request.body, ec);  // only to know that it is JSON: the client's own text goes back
        json += ", \"json\": " + (ec ? "null" : request.body);
    }
    co_return Response::json(json + "}\n");
}

Response with_status(int number) {
    Response response = Response::json(
        fmt::format("{{\"status\": {}, \"reason\": {}}}\n", number, json_quote(http::reason_phrase(number))), number);
    // What these statuses must or should come with (RFC 9110 sections 11.6.1, 15.4, 15.5.6).
    if (number == 401) response.headers.add("WWW-Authenticate", "Basic realm=\"volley\"");
    if (number == 405) response.headers.add("Allow", "");
    if (number == 301 || number == 302 || number == 303 || number == 307 || number == 308)
        response.headers.add("Location", "/ping");
    return response;
}

awaitable<Response> status(const Request& request) {
    const auto code = read_count(request.param("code").value_or(""));
    if (!code || *code < 200 || *code > 599) co_return Response::error(400, "a status is a number from 200 to 599");
    co_return with_status(static_cast<int>(*code));
}

awaitable<Response> inflight(std::shared_ptr<view::Gauge> gauge, std::map<std::string, std::string> names, std::string own) {
    std::size_t running = 0, waiting = 0;
    std::string routes;
    for (const auto& [route, count] : gauge->all()) {
        if (route == own) continue;
        running += count.running;
        waiting += count.waiting;
        if (!routes.empty()) routes += ", ";
        const auto name = names.find(route);
        routes += json_quote(route) + ": {" + (name == names.end() ? "" : "\"name\": " + json_quote(name->second) + ", ") +
                  fmt::format("\"running\": {}, \"waiting\": {}, \"peak\": {}, \"served\": {}}}", count.running, count.waiting,
                              count.peak, count.served);
    }
    co_return Response::json(
        fmt::format("{{\"inflight\": {}, \"waiting\": {}, \"routes\": {{{}}}}}\n", running, waiting, routes));
}

awaitable<void> produce_ticks(view::Writer& writer, std::uint64_t n, double every) {
    const TimePoint start = Clock::now();
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (std::uint64_t i = 0; i < n; ++i) {
        // From the start, not from the last tick: a slow client must not shift the rest.
        timer.expires_at(start + from_seconds(every * static_cast<double>(i)));
        co_await timer.async_wait(asio::use_awaitable);
        std::string event = fmt::format("id: {}\nevent: tick\ndata: {{\"tick\": {}, \"of\": {}, \"at\": \"{}\"}}\n\n", i + 1,
                                        i + 1, n, iso_time(std::chrono::system_clock::now(), true));
        const bool taken = co_await writer.write(std::move(event));
        if (!taken) break;
    }
}

awaitable<Response> ticks(std::uint64_t usual_n, Duration usual_every, const Request& request) {
    std::optional<std::uint64_t> n = usual_n;
    if (const auto text = request.query_value("n")) n = read_count(*text);
    if (!n || *n < 1 || *n > most_ticks) co_return Response::error(400, "'n' is a number from 1 to 100000");
    std::optional<double> every = to_seconds(usual_every);
    if (const auto text = request.query_value("every")) {
        every = read_number(*text);
        if (const auto duration = parse_duration(*text)) every = to_seconds(*duration);
    }
    if (!every || *every < 0 || *every > longest_sleep)
        co_return Response::error(400, "'every' is a duration from 0 to 60 s, such as 200ms, or a number of seconds");
    co_return Response::events([n = *n, every = *every](view::Writer& writer) { return produce_ticks(writer, n, every); });
}

awaitable<void> produce_bytes(view::Writer& writer, std::uint64_t n) {
    constexpr std::size_t piece = 64 * 1024;
    while (n > 0) {
        const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(n, piece));
        const bool taken = co_await writer.write(std::string(size, 'v'));
        if (!taken) break;
        n -= size;
    }
}

Response with_bytes(std::uint64_t n) {
    Response response;
    response.headers.add("Content-Type", "application/octet-stream");
    response.headers.add("Content-Length", fmt::format("{}", n));
    response.stream = [n](view::Writer& writer) { return produce_bytes(writer, n); };
    return response;
}

awaitable<Response> bytes(const Request& request) {
    const auto n = read_count(request.param("n").value_or(""));
    if (!n || *n > most_bytes) co_return Response::error(400, "the number of bytes is 0 to 1073741824");
    co_return with_bytes(*n);
}

awaitable<Response> once(Response response) { co_return response; }

Response with_location(int code, const std::string& to) {
    Response response = Response::text(to + "\n", code);
    response.headers.add("Location", to);
    return response;
}

}  // namespace

bool has_type(const Request& request, std::string_view type) {
    const auto given = request.headers.get("Content-Type");
    return given && http::iequals(given->substr(0, given->find_first_of("; ")), type);
}

Answer sleep_view(SleepWays ways) {
    return [ways](const Request& request) { return offer(ways, request); };
}
Answer echo_view() { return echo; }
Answer ping_view() { return ping; }
Answer inflight_view(std::shared_ptr<view::Gauge> gauge, std::map<std::string, std::string> names, std::string own) {
    return [gauge, names, own](const Request&) { return inflight(gauge, names, own); };
}
Answer status_view(int code) {
    return [code](const Request&) { return once(with_status(code)); };
}
Answer redirect_view(int code, std::string to) {
    return [code, to](const Request&) { return once(with_location(code, to)); };
}
Answer bytes_view(std::uint64_t n) {
    return [n](const Request&) { return once(with_bytes(n)); };
}
Answer ticks_view(std::uint64_t n, Duration every) {
    return [n, every](const Request& request) { return ticks(n, every, request); };
}

view::AnyView view_of(const Answer& answer, const std::vector<std::string>& methods) {
    view::AnyView view;
    if (methods.empty()) view.any.async = answer;
    for (const std::string& method : methods) {
        const auto at = std::find(view::method_names.begin(), view::method_names.end(), method);
        if (at != view::method_names.end())
            view.by_method[static_cast<std::size_t>(at - view::method_names.begin())].async = answer;
    }
    return view;
}

view::Routes make_routes(const IncludedFaults& faults, const AppOptions& options, const std::shared_ptr<Calls>& calls) {
    view::Routes routes;
    const auto add = [&](std::string_view pattern, const Answer& answer, const std::vector<std::string>& methods) {
        routes.add_view(pattern, view_of(answer, methods));
    };
    add_page(routes, options.calls.stun);
    add("/offer", with_faults(offer_view(ways_of(faults.offer), calls), faults.offer, 1), {"GET", "POST"});
    for (const std::string path : {"/whip", "/whep"}) {
        routes.add_view(path, whip_endpoint(calls));
        routes.add_view(path + "/{session}", whip_session(calls));
    }
    add("/ping", ping, {"GET", "POST"});
    add("/echo", echo, {});
    add("/status/{code}", status, {});
    add("/inflight", inflight_view(routes.gauge(), {}, "/inflight"), {"GET"});
    add("/ticks", with_faults(ticks_view(10, std::chrono::milliseconds(200)), faults.ticks, 1), {"GET"});
    add("/bytes/{n}", bytes, {"GET"});
    add_fanout(routes, options);
    add_query(routes, options);
    add_file(routes);
    return routes;
}

view::Routes make_routes(const AppOptions& options) {
    return make_routes(IncludedFaults{}, options, std::make_shared<Calls>(options.calls));
}

}  // namespace volley::app
