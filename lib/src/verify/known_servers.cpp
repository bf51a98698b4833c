// What our own servers do, and so what a verdict on them must say.
#include <volley/verify/self_test.hpp>

namespace volley::verify {

using verdict::Headline;

std::vector<KnownServer> known_servers() {
    std::vector<KnownServer> out;
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
    add("coroutine", coroutine, {}, Headline::asynchronous, {"async", "serial_fraction<5%", "not cpu_bound", "not refusing"});
    add("serial", "serial", {}, Headline::serial, {"serial"});
    add("pool:2", "pool:2", {}, Headline::pool, {"pool==2"});
    add("pool:4", "pool:4", {}, Headline::pool, {"pool==4"});
    add("pool:13", "pool:13", {}, Headline::pool, {"pool==13"});
    add("block", coroutine, {"block"}, Headline::loop_blocked, {"loop_blocked", "not cpu_bound"});
    add("convoy", coroutine, {"convoy"}, Headline::loop_blocked, {"loop_blocked", "not cpu_bound"});
    add("lock", coroutine, {"lock"}, Headline::serial, {"serial", "not loop_blocked"});
    add("semaphore:5", coroutine, {"semaphore:5"}, Headline::pool, {"pool==5", "not loop_blocked"});
    add("thread", coroutine, {"thread"}, Headline::thread_per_request, {"not loop_blocked"});
    add("cpu:100%", coroutine, {"cpu:100%"}, Headline::cpu_bound, {"cpu_bound"}).service = std::chrono::milliseconds(200);
    add("cpu:30%", coroutine, {"cpu:30%"}, Headline::cpu_bound, {"cpu_bound"});
    add("limit:10", coroutine, {"limit:10"}, Headline::refusing, {"refusing", "refuses_above==10"});
    add("backlog", coroutine, {"backlog"}, Headline::backlog_small, {"backlog_small"});
    return out;
}

}  // namespace volley::verify
