// A view that asks many others: what an aggregating endpoint does.
#include <algorithm>
#include <vector>

#include <boost/asio/this_coro.hpp>

#include <fmt/format.h>

#include <volley/http/client.hpp>

#include "app/views.hpp"
#include "app/words.hpp"
#include "net/task_group.hpp"

namespace volley::app {
namespace asio = boost::asio;
namespace {

using view::awaitable;
using view::Request;
using view::Response;

constexpr std::uint64_t most_requests = 100;
constexpr double longest_sleep = 60;
/// Goes with every sub-request. A request that carries it comes from a /fanout: one that asked others like itself would never end.
constexpr std::string_view mark = "Volley-Fanout";

struct SubRequest {
    int status = 0;  ///< 0: no answer
    error_code error;
    Duration took{};
};

awaitable<void> ask(http::Client& client, std::string url, TimePoint deadline, SubRequest& out) {
    http::Request request{"GET", std::move(url), {}, {}};
    http::SendDetails details;
    const auto answer = co_await client.send(std::move(request), deadline, &details);
    out.took = details.total;
    if (answer) {
        out.status = answer->status;
    } else {
        out.error = answer.error();
    }
}

std::string sentence_of(const std::vector<SubRequest>& all, std::size_t right, const std::string& url) {
    const auto wrong = std::ranges::find_if(all, [](const SubRequest& each) { return each.status != 200; });
    std::string text = fmt::format(
        "{} of {} requests to {} were not answered as they should be; the first of them: ", all.size() - right, all.size(), url);
    if (!wrong->error) return text + fmt::format("status {}", wrong->status);
    text += to_string(condition_of(wrong->error));
    if (wrong->error == Condition::timeout)
        text += ". This request itself holds one of the server's workers, if it has a number of them, and waits for the others";
    return text;
}

class Fanout {
public:
    explicit Fanout(const AppOptions& options) : self_(options.self), patience_(options.fanout_patience) {}

    awaitable<Response> get(const Request& request) {
        if (request.headers.has(mark)) co_return Response::error(508, "a /fanout does not ask another /fanout");
        const auto n = read_count(request.query_value("n").value_or("5"));
        if (!n || *n < 1 || *n > most_requests) co_return Response::error(400, "'n' is a number from 1 to 100");
        const auto s = read_number(request.query_value("s").value_or("0.2"));
        if (!s || *s < 0 || *s > longest_sleep) co_return Response::error(400, "'s' is a number of seconds from 0 to 60");
        const std::string origin = self_ ? self_->origin() : std::string();
        if (origin.empty()) co_return Response::error(503, "this server does not know where it listens, so it cannot ask itself");
        std::string url = origin + fmt::format("/offer?s={}", *s);
        co_return co_await gather(std::move(url), static_cast<std::size_t>(*n), *s);
    }

private:
    awaitable<Response> gather(std::string url, std::size_t n, double s) const {
        const auto executor = co_await asio::this_coro::executor;
        http::ClientOptions options;
        options.headers.add(std::string(mark), "1");
        // One for each call: a pool server runs this view on several threads, and a client belongs to one.
        http::Client client(executor, std::move(options));
        const TimePoint start = Clock::now();
        // Long enough for a server that answers one after another, not for one that waits for itself.
        const TimePoint deadline = start + from_seconds(s * static_cast<double>(n)) + patience_;
        std::vector<SubRequest> all(n);
        net::TaskGroup group(executor);
        for (auto& one : all) group.spawn(ask(client, url, deadline, one));
        co_await group.join();
        co_return answer(all, url, Clock::now() - start);
    }

    static Response answer(const std::vector<SubRequest>& all, const std::string& url, Duration elapsed) {
        std::vector<int> statuses;
        for (const auto& each : all) statuses.push_back(each.status);
        const auto right = static_cast<std::size_t>(std::ranges::count(statuses, 200));
        const auto [fastest, slowest] = std::ranges::minmax(all, {}, &SubRequest::took);
        std::string json = fmt::format(
            "\"n\": {}, \"right\": {}, \"elapsed\": {:.6f}, \"fastest_ms\": {:.3f}, \"slowest_ms\": {:.3f}, \"statuses\": [{}]}}\n",
            all.size(), right, to_seconds(elapsed), to_seconds(fastest.took) * 1e3, to_seconds(slowest.took) * 1e3,
            fmt::join(statuses, ", "));
        if (right == all.size()) return Response::json("{" + json);
        return Response::json("{\"error\": " + view::json_quote(sentence_of(all, right, url)) + ", " + json, 502);
    }

    std::shared_ptr<const SelfAddress> self_;
    Duration patience_;
};

}  // namespace

void add_fanout(view::Routes& routes, const AppOptions& options) { routes.add("/fanout", Fanout(options)); }

}  // namespace volley::app
