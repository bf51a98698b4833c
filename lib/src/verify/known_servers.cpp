// What our own servers do, and so what a verdict on them must say.
#include <volley/verify/self_test.hpp>

#include <deque>
#include <iterator>

namespace volley::verify {

using verdict::Headline;
using verdict::Question;
using verdict::Reply;

namespace {

constexpr const char* gauge = "/inflight";

}  // namespace

std::vector<KnownServer> known_servers() {
    std::deque<KnownServer> out;  // whose elements stay where they are
    const auto add = [&](std::string name, std::string kind, std::vector<std::string> faults, Headline headline,
                         std::vector<std::string> truths) -> KnownServer& {
        auto& server = out.emplace_back();
        server.name = std::move(name);
        server.kind = std::move(kind);
        server.faults = std::move(faults);
        server.headline = headline;
        server.truths = std::move(truths);
        return server;
    };
    const std::string coroutine = "coroutine";
    auto& plain =
        add("coroutine", coroutine, {}, Headline::asynchronous, {"async", "serial_fraction<5%", "not cpu_bound", "not refusing"});
    plain.answers = {{Question::cancellation, Reply::yes}};
    plain.gauge = gauge;
    add("serial", "serial", {}, Headline::serial, {"serial"});
    add("pool:2", "pool:2", {}, Headline::pool, {"pool==2"});
    add("pool:4", "pool:4", {}, Headline::pool, {"pool==4"});
    add("pool:13", "pool:13", {}, Headline::pool, {"pool==13"});
    add("block", coroutine, {"block"}, Headline::loop_blocked, {"loop_blocked", "not cpu_bound"}).answers = {
        {Question::isolation, Reply::no}};
    add("convoy", coroutine, {"convoy"}, Headline::loop_blocked, {"loop_blocked", "not cpu_bound"});
    add("lock", coroutine, {"lock"}, Headline::serial, {"serial", "not loop_blocked"}).answers = {
        {Question::isolation, Reply::yes}};
    // Without a gauge: what is abandoned delays the next request, or does not.
    add("semaphore:5", coroutine, {"semaphore:5"}, Headline::pool, {"pool==5", "not loop_blocked"}).answers = {
        {Question::cancellation, Reply::yes}};
    add("thread", coroutine, {"thread"}, Headline::thread_per_request, {"not loop_blocked"});
    add("cpu:100%", coroutine, {"cpu:100%"}, Headline::cpu_bound, {"cpu_bound"}).service = std::chrono::milliseconds(200);
    add("cpu:30%", coroutine, {"cpu:30%"}, Headline::cpu_bound, {"cpu_bound"});
    add("limit:10", coroutine, {"limit:10"}, Headline::refusing, {"refusing", "refuses_above==10"});
    add("backlog", coroutine, {"backlog"}, Headline::backlog_small, {"backlog_small"});
    // 50 ms between two starts: far from the service time, as which it would read as one at a time.
    add("pace:20", coroutine, {"pace:20"}, Headline::paced, {"paced", "paced>=16", "paced<=24", "not loop_blocked"});

    auto& streamed = add("ticks", coroutine, {}, Headline::asynchronous, {"async"});
    streamed.answers = {{Question::streaming, Reply::yes}};
    auto& buffered = add("buffer", coroutine, {"buffer"}, Headline::asynchronous, {"async"});
    buffered.answers = {{Question::streaming, Reply::no}};
    for (auto* server : {&streamed, &buffered}) {
        server->path = "/ticks?n=4&every=70ms";  // in 210 ms
        server->most = 50;
    }
    auto& stubborn = add("nocancel", coroutine, {"nocancel"}, Headline::asynchronous, {"async"});
    stubborn.answers = {{Question::cancellation, Reply::no}};
    stubborn.gauge = gauge;
    stubborn.most = 50;
    auto& queueing = add("semaphore:3 nocancel", coroutine, {"semaphore:3", "nocancel"}, Headline::pool, {"pool==3"});
    queueing.answers = {{Question::cancellation, Reply::no}};
    queueing.service = std::chrono::milliseconds(150);
    // Two thirds of the time it stands still, for a second each: some bursts meet that, and some do not.
    auto& stalling = add("stall:1.5", coroutine, {"stall:1.5"}, Headline::asynchronous, {"async", "loop_stall>=200ms"});
    stalling.service = std::chrono::milliseconds(100);
    stalling.most = 50;
    return {std::make_move_iterator(out.begin()), std::make_move_iterator(out.end())};
}

}  // namespace volley::verify
