// What becomes of a run that breaks by a fault of ours, or for want of descriptors.
#include <gtest/gtest.h>

#include <exception>
#include <optional>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <volley/run/run.hpp>

namespace volley::run {
namespace {

/// Takes away all descriptors that are not in use, until it dies.
class NoDescriptors {
public:
    NoDescriptors() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        rlimit none = before_;
        none.rlim_cur = 3;
        ::setrlimit(RLIMIT_NOFILE, &none);
    }
    NoDescriptors(const NoDescriptors&) = delete;
    NoDescriptors& operator=(const NoDescriptors&) = delete;
    ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_{};
};

TEST(BrokenRun, stops_its_servers_and_whoever_looks_on) {
    // The exception passed both: the servers were left to their supervisor, and what looks at them once in 200 ms looked at a frame
    // that was gone.
    auto loaded = scenario::load_scenario(R"(
version: 1
config: { target: "http://127.0.0.1:1" }
scenarios: { a: [ { get: / } ] }
phases: [ { name: p, users: 1, for: 1s } ]
)",
                                          "t.yaml");
    ASSERT_TRUE(loaded.errors.empty());
    std::vector<std::string> told;
    std::optional<NoDescriptors> none;
    Observer observer;
    observer.server_changed = [&](const std::string&, const std::string& what) {
        none.reset();
        told.push_back(what);
    };
    observer.phase_began = [&](const std::string&, const std::string&, TimePoint) { none.emplace(); };
    boost::asio::io_context io{1};
    std::exception_ptr broken;
    report::RunResult result;
    boost::asio::co_spawn(io, run(loaded.scenario, {}, std::move(observer)), [&](std::exception_ptr error, report::RunResult r) {
        broken = std::move(error);
        result = std::move(r);
    });
    io.run();
    EXPECT_TRUE(broken || !result.servers.at(0).phases.at(0).inconclusive.empty());
    EXPECT_EQ(told, (std::vector<std::string>{"starting", "ready", "stopping"}));
}

}  // namespace
}  // namespace volley::run
