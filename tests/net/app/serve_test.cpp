// `serve` as a process: what it prints, and how it ends.
#include <csignal>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/app/server_process.hpp"
#include "net/server/fixture.hpp"
#include "support/raw_client.hpp"

namespace volley::test {
namespace {

using testing::HasSubstr;

TEST(Serve, says_where_it_listens_and_ends_on_a_signal) {
    for (const int number : {SIGTERM, SIGINT}) {
        for (const char* kind : {"coroutine", "pool:3", "serial"}) {
            ServerProcess process({"--kind", kind, "--port=0", "--log"});
            const std::string line = process.read_line();
            EXPECT_THAT(line, HasSubstr(" (" + std::string(kind) + ")"));
            RawClient client(port_of(line));
            client.get("/ping");
            client.read_answer();
            process.signal(number);
            EXPECT_EQ(process.wait(), 0) << kind;
            EXPECT_THAT(process.read_errors(), HasSubstr("GET /ping 200 5 B"));
        }
    }
}

TEST(Serve, a_signal_lets_a_request_finish) {
    ServerProcess process({"--port", "0"});
    const std::uint16_t port = port_of(process.read_line());
    RawClient client(port);
    client.get("/offer?s=0.5");
    RawClient watcher(port);
    ASSERT_TRUE(eventually([&] {
        watcher.get("/inflight");
        return watcher.read_answer().body.starts_with("{\"inflight\": 1,");
    }));
    process.signal(SIGTERM);
    EXPECT_EQ(client.read_answer().status, 200);
    EXPECT_EQ(process.wait(), 0);
}

TEST(Serve, knows_where_it_can_ask_itself) {
    ServerProcess process({"--port", "0"});
    RawClient client(port_of(process.read_line()));
    client.get("/fanout?n=3&s=0");
    const auto answer = client.read_answer();
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_THAT(answer.body, HasSubstr("\"right\": 3,"));
    process.signal(SIGTERM);
    EXPECT_EQ(process.wait(), 0);
}

TEST(Serve, a_taken_port_and_bad_words_are_told) {
    ServerProcess first({"--port", "0"});
    const std::uint16_t port = port_of(first.read_line());
    ServerProcess second({"--port", std::to_string(port)});
    EXPECT_EQ(second.wait(), 3);
    EXPECT_THAT(second.read_errors(), HasSubstr("another program has this port"));
    for (const auto& words : std::vector<std::vector<std::string>>{{"--kind", "fast"},
                                                                   {"--kind", "pool:0"},
                                                                   {"--port", "65536"},
                                                                   {"--port", ""},
                                                                   {"--port"},
                                                                   {"--what", "1"},
                                                                   {"stray"}}) {
        ServerProcess bad(words);
        EXPECT_EQ(bad.wait(), 2) << words[0];
        EXPECT_THAT(bad.read_errors(), testing::StartsWith("volley serve: ")) << words[0];
    }
}

}  // namespace
}  // namespace volley::test
