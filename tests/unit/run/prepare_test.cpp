#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "run/prepare.hpp"

namespace volley::run {
namespace {

// Every answer's body was kept until its exchange was judged, though nothing read it: a thousand users and answers of a few megabytes
// filled the memory.
TEST(PrepareSteps, a_body_is_kept_only_where_a_check_reads_it) {
    const auto loaded = scenario::load_scenario(R"(
version: 1
config: { target: "http://127.0.0.1:1" }
scenarios:
  a:
    - get: /0
    - { get: /1, checks: [ status == 200, header x exists, duration < 1s ] }
    - { get: /2, checks: [ status == 200, body contains x ] }
    - { get: /3, checks: [ "jq '.a' == 1" ] }
phases: [ { name: p, burst: 4 } ]
)",
                                                "t.yaml");
    ASSERT_TRUE(loaded.errors.empty());
    const auto prepared =
        prepare_steps(loaded.scenario, loaded.scenario.scenarios[0], scenario::Variables{}, "http://127.0.0.1:1");
    const auto& steps = std::get<0>(prepared);
    ASSERT_EQ(steps.size(), 4U);
    EXPECT_FALSE(steps[0].target.keep_body);
    EXPECT_FALSE(steps[1].target.keep_body);
    EXPECT_TRUE(steps[2].target.keep_body);
    EXPECT_TRUE(steps[3].target.keep_body);
}

engine::PreparedStep one_step(const std::string& step) {
    const auto loaded = scenario::load_scenario(
        "version: 1\nconfig: { target: \"http://h\" }\nscenarios: { a: [ " + step + " ] }\nphases: [ { name: p, burst: 1 } ]\n",
        "t.yaml");
    for (const auto& e : loaded.errors) ADD_FAILURE() << format_source_error(e);
    auto prepared = prepare_steps(loaded.scenario, loaded.scenario.scenarios.at(0), scenario::Variables{}, "http://h");
    if (const auto* error = std::get_if<SourceError>(&prepared)) {
        ADD_FAILURE() << format_source_error(*error);
        return {};
    }
    return std::get<0>(std::move(prepared)).at(0);
}

/// The bytes that user 7 sends in iteration 120.
std::string sent_by(const engine::PreparedStep& step) {
    const auto bytes = engine::RequestTemplate::make(step.request, step.target);
    if (!bytes) return "error " + bytes.error().message();
    std::string out;
    bytes->render(7, 120, out);
    // A carrier that renders requests itself must send the same.
    http::Request filled = step.request;
    engine::fill(filled, 7, 120);
    EXPECT_TRUE(out.ends_with("\r\n\r\n" + filled.body)) << out;
    EXPECT_NE(out.find(filled.target + " HTTP/1.1"), std::string::npos) << out;
    return out;
}

TEST(PrepareSteps, each_sending_has_its_own_numbers) {
    using testing::HasSubstr;
    const auto get = sent_by(one_step(
        R"({ get: "/u{{ user.index }}/{{ iteration }}?a=1", query: { i: "{{ iteration }}" }, headers: { x-id: "v{{ iteration }}-{{ user.index }}" } })"));
    EXPECT_THAT(get, HasSubstr("GET /u7/120?a=1&i=120 HTTP/1.1\r\n"));
    EXPECT_THAT(get, HasSubstr("x-id: v120-7\r\n"));
    const auto json = sent_by(one_step(
        R"({ post: /, json: { id: "{{ iteration }}", s: "{{ user.index | string }}", t: "n {{ user.index }}", "{{ user.index }}": [1] } })"));
    EXPECT_THAT(json, HasSubstr(R"({"id": 120, "s": "7", "t": "n 7", "7": [1]})"));
    EXPECT_THAT(json, HasSubstr("Content-Length: 43\r\n"));
    const auto form = sent_by(one_step(R"({ post: /, form: { a b: "{{ iteration }}&{{ user.index }}" } })"));
    EXPECT_THAT(form, HasSubstr("\r\n\r\na+b=120%267"));
    EXPECT_THAT(form, HasSubstr("Content-Length: 11\r\n"));
    EXPECT_THAT(sent_by(one_step(R"({ put: /, body: "{{ iteration }}" })")), HasSubstr("Content-Length: 3\r\n"));
    EXPECT_FALSE(engine::has_slots(one_step("{ get: / }").request));
}

TEST(PrepareSteps, a_host_is_the_same_for_all_requests) {
    for (const auto& [url, error] :
         {std::pair{"http://h{{ user.index }}.test/", "the host of a request cannot differ from one to the next"},
          std::pair{"http://h:{{ iteration }}/", "`http://h:{{ iteration }}/` is not a URL: "}}) {
        const auto loaded = scenario::load_scenario(
            "version: 1\nscenarios: { a: [ { get: \"" + std::string(url) + "\" } ] }\nphases: [ { name: p, burst: 1 } ]\n",
            "t.yaml");
        ASSERT_TRUE(loaded.errors.empty());
        const auto prepared = prepare_steps(loaded.scenario, loaded.scenario.scenarios[0], scenario::Variables{}, "");
        ASSERT_TRUE(std::holds_alternative<SourceError>(prepared)) << url;
        EXPECT_TRUE(std::get<SourceError>(prepared).text.starts_with(error)) << std::get<SourceError>(prepared).text;
        EXPECT_EQ(std::get<SourceError>(prepared).pos.line, 2);
    }
}

TEST(PrepareSteps, checks_are_counted_up_to_the_first_that_fails_where_they_stand_in_the_file) {
    const auto loaded = scenario::load_scenario(R"(
version: 1
config: { target: "http://127.0.0.1:1" }
scenarios:
  a:
    - get: /0
      checks:
        - body contains a
        - body contains b
    - { get: /1, checks: [ status == 418 ] }
phases: [ { name: p, burst: 4 } ]
)",
                                                "t.yaml");
    ASSERT_TRUE(loaded.errors.empty());
    const auto counts = std::make_shared<CheckCounts>();
    const auto prepared =
        prepare_steps(loaded.scenario, loaded.scenario.scenarios[0], scenario::Variables{}, "http://127.0.0.1:1", counts);
    const auto& steps = std::get<0>(prepared);
    const auto answer = [&](std::size_t step, int status, const char* body) {
        client::Exchange exchange;
        exchange.response.status = status;
        exchange.response.body = body;
        return steps[step].judge(exchange).kind;
    };
    EXPECT_EQ(answer(0, 200, "ab"), "");
    EXPECT_EQ(answer(0, 500, "ab"), "status");
    EXPECT_EQ(answer(0, 200, "b"), "check");
    EXPECT_EQ(answer(0, 200, "a"), "check");
    EXPECT_EQ(answer(0, 200, ""), "check");
    EXPECT_EQ(answer(1, 418, ""), "");

    const auto results = counts->results();
    ASSERT_EQ(results.size(), 4U);
    const auto expect = [&](std::size_t i, const char* source, int line, std::uint64_t held, std::uint64_t failed) {
        EXPECT_EQ(results[i].source, source);
        EXPECT_EQ(results[i].pos.line, line) << source;
        EXPECT_EQ(results[i].held, held) << source;
        EXPECT_EQ(results[i].failed, failed) << source;
        EXPECT_EQ(results[i].example.empty(), failed == 0) << source;
    };
    expect(0, "status from 200 to 399", 6, 4, 1);
    expect(1, "body contains a", 8, 2, 2);
    expect(2, "body contains b", 9, 1, 1);
    expect(3, "status == 418", 10, 1, 0);

    counts->clear();
    for (const auto& cleared : counts->results())
        EXPECT_TRUE(cleared.held == 0 && cleared.failed == 0 && cleared.example.empty());
}

}  // namespace
}  // namespace volley::run
