// SQL through a pool of connections. What counts is who waited for whom, never how long.
#include <gmock/gmock.h>

#include "net/app/fixture.hpp"

namespace volley::test {
namespace {

namespace json = boost::json;

class Query : public App {
protected:
    using App::App;
    /// So many clients that have sent the same request, one after another.
    std::vector<RawClient> clients(std::size_t n, std::string_view target) {
        std::vector<RawClient> all;
        for (std::size_t i = 0; i < n; ++i) {
            all.emplace_back(server.port());
            all.back().get(target);
        }
        return all;
    }
    /// That many requests have reached their view.
    bool arrived(std::size_t n) {
        return eventually([&] { return server.count("/query").running == n; });
    }
};

TEST_F(Query, answers_rows_and_times) {
    const auto answer = get("/query?ms=20");
    ASSERT_EQ(answer.status, 200) << answer.body;
    const json::object body = object_of(answer);
    EXPECT_EQ(body.at("rows").as_int64(), 50);
    EXPECT_EQ(body.at("connections").as_int64(), 5);
    EXPECT_EQ(body.at("busy").as_int64(), 1);
    EXPECT_EQ(body.at("ahead").as_int64(), 0);
    EXPECT_GE(body.at("ran_ms").as_double(), 20) << "the statement itself takes that long";
    EXPECT_EQ(get("/query").status, 200);
    EXPECT_EQ(get("/query?ms=0").status, 200);
    for (const char* query : {"ms=60001", "ms=-1", "ms=x", "ms=", "ms=1.5"})
        EXPECT_EQ(get("/query?" + std::string(query)).status, 400) << query;
}

TEST_F(Query, twenty_at_once_take_turns_on_five_connections) {
    auto all = clients(20, "/query?ms=50");
    for (auto& client : all) {
        const auto answer = client.read_answer();
        ASSERT_EQ(answer.status, 200) << answer.body;
        EXPECT_EQ(object_of(answer).at("rows").as_int64(), 50);
        EXPECT_LE(object_of(answer).at("busy").as_int64(), 5);
    }
    EXPECT_EQ(server.count("/query").served, 20U);
}

// Five long queries hold the connections until the test lets one go: the order of what follows does not depend on time.
TEST_F(Query, those_who_wait_are_served_in_order_and_hold_up_nobody_else) {
    auto holders = clients(5, "/query?ms=60000");
    ASSERT_TRUE(arrived(5));
    std::vector<RawClient> waiting;
    for (std::size_t i = 0; i < 15; ++i) {
        waiting.emplace_back(server.port());
        waiting.back().get("/query?ms=0");
        ASSERT_TRUE(arrived(6 + i));
    }
    EXPECT_EQ(get("/ping").status, 200) << "the loop is free while they wait";
    waiting[3].close();  // leaves the queue
    ASSERT_TRUE(arrived(19));
    holders[2].close();  // its query is interrupted, and its connection serves all who wait
    for (std::size_t i = 0; i < waiting.size(); ++i) {
        if (i == 3) continue;
        const auto answer = waiting[i].read_answer();
        ASSERT_EQ(answer.status, 200) << answer.body;
        const json::object body = object_of(answer);
        EXPECT_EQ(body.at("busy").as_int64(), 5);
        EXPECT_EQ(body.at("ahead").as_int64(), static_cast<std::int64_t>(i + 1));
        EXPECT_GT(body.at("waited_ms").as_double(), 0);
    }
    holders.clear();
    EXPECT_TRUE(eventually([&] { return object_of(get("/query?ms=0")).at("busy").as_int64() == 1; })) << "all came back";
}

class QueryOnThreads : public Query {
protected:
    QueryOnThreads() : Query("pool:8", {.query_connections = 2}) {}
};
TEST_F(QueryOnThreads, the_pool_is_shared_by_the_workers) {
    auto all = clients(40, "/query?ms=2");
    for (auto& client : all) {
        const auto answer = client.read_answer();
        ASSERT_EQ(answer.status, 200) << answer.body;
        EXPECT_LE(object_of(answer).at("busy").as_int64(), 2);
        EXPECT_EQ(object_of(answer).at("connections").as_int64(), 2);
    }
}

}  // namespace
}  // namespace volley::test
