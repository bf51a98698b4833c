// Somebody's server, started by a test that asserts that fifty requests overlap in it.
#include <exception>
#include <string>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <volley/report/result.hpp>
#include <volley/run/run.hpp>
#include <volley/scenario/scenario.hpp>
#include <volley/server/spawn.hpp>

namespace {

// `python3 server.py PORT`; any command that serves will do.
const std::string text = R"(
version: 1
name: overlap
servers:
  mine: { command: [/usr/bin/python3, FILE, "{{ port }}"], ready: { tcp: true, timeout: 60s } }
scenarios:
  sleep: [ { get: "PATH", checks: [ status == 200, body contains slept ] } ]
phases: [ { name: fifty, scenario: sleep, burst: 50 } ]
)";

volley::report::RunResult measure(const std::string& path) {
    std::string yaml = text;
    yaml.replace(yaml.find("FILE"), 4, SERVER);
    yaml.replace(yaml.find("PATH"), 4, path);
    const auto loaded = volley::scenario::load_scenario(yaml, "overlap.yaml");
    for (const auto& error : loaded.errors) ADD_FAILURE() << volley::format_source_error(error);
    volley::report::RunResult result;
    if (!loaded.errors.empty()) return result;
    volley::server::set_helper({HELPER});  // needed only because this tree was installed with --prefix
    boost::asio::io_context loop{1};
    boost::asio::co_spawn(loop, volley::run::run(loaded.scenario, {}, {}),
                          [&](std::exception_ptr error, volley::report::RunResult r) {
                              if (error) std::rethrow_exception(error);
                              result = std::move(r);
                          });
    loop.run();
    return result;
}

TEST(MyServer, fifty_requests_overlap) {
    const auto result = measure("/async");
    ASSERT_EQ(result.servers.size(), 1U);
    ASSERT_EQ(result.servers[0].phases.size(), 1U) << result.servers[0].message;
    const auto& burst = *result.servers[0].phases[0].burst;
    EXPECT_TRUE(burst.complete);
    EXPECT_GT(burst.overlap, 10) << volley::report::to_text(result);
}

TEST(MyServer, and_those_that_block_do_not) {
    const auto result = measure("/blocking");
    ASSERT_EQ(result.servers.size(), 1U);
    ASSERT_EQ(result.servers[0].phases.size(), 1U) << result.servers[0].message;
    EXPECT_LT(result.servers[0].phases[0].burst->overlap, 1.5) << volley::report::to_text(result);
}

}  // namespace
