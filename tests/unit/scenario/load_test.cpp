// Good files: what they become.
#include <gtest/gtest.h>

#include "unit/scenario/support.hpp"

namespace volley::scenario::test {
namespace {

using namespace std::chrono_literals;

TEST(Load, every_key_of_the_format) {
    const auto loaded = load_scenario(R"(version: 1
name: everything
config: { target: "http://127.0.0.1:{{ server.port }}", timeout: 10s, seed: 42, transport: curl, http: { version: 2 }, threads: 2, tls: { verify: false, ca: dev.pem } }
variables: { delay: 0.2, token: "{{ env.TOKEN | default('dev') }}" }
servers:
  ours: { builtin: "pool:8" }
  uvicorn:
    command: [uvicorn, "app:application", --port, "{{ port }}"]
    cwd: django
    env: { DJANGO_SETTINGS_MODULE: demo.settings }
    ready: { get: /healthz, status: 204, timeout: 5s }
    stop: { signal: SIGINT, grace: 2s }
  daphne: { command: [daphne, "{{ port }}"], ready: { log: Listening } }
  other: { command: [x, "{{ port }}"], ready: { tcp: true } }
  staging: { url: "https://staging.example.test" }
scenarios:
  sleep:
    - post: /offer?x=1
      name: offer
      headers: { x-id: "{{ token }}" }
      query: { page: 2 }
      json: { sleep: "{{ delay }}", list: [1, two, ~] }
      timeout: 5s
      checks:
        - status == 200
        - header content-type contains json
        - jq '.slept' == 0.2
        - duration < 800ms
        - body not contains error
    - { put: "http://else.example/x", form: { a: b } }
    - { patch: /x, body: text }
    - delete: /x
    - head: /x
    - options: /x
  ping: [ { get: /ping } ]
phases:
  - { name: warm, scenario: ping, users: 5, for: 5s, warmup: true }
  - { name: fifty, scenario: sleep, burst: 50, iterations: 3, solo_runs: 5 }
  - { name: steady, scenario: sleep, rate: 6000/m, for: 30s, max_users: 500 }
  - { name: closed, scenario: sleep, users: 10, iterations: 30, think: { exponential: 200ms } }
  - { name: climb, scenario: sleep, rate: 0/s, ramp_to: 600/s, for: 30s, arrivals: poisson }
  - { name: stairs, scenario: sleep, steps: [100/s, 200/s, 400/s], for: 30s, max_users: 50 }
  - { name: rest, scenario: sleep, users: 10, for: 1s, think: { uniform: [100ms, 300ms] } }
  - { name: pause, scenario: sleep, users: 10, for: 1s, think: 50ms }
thresholds:
  - fifty.ratio <= 1.25 @ server=ours
  - steady.latency p99.9 < 400ms
  - errors < 0.1%
  - expr: closed.right == 100%
outputs: [console, json: out.json]
)",
                                      "dir/test.yaml");
    ASSERT_EQ(to_lines(loaded.errors), std::vector<std::string>{});
    const auto& s = loaded.scenario;
    EXPECT_EQ(s.name, "everything");
    EXPECT_EQ(s.config.timeout, 10s);
    EXPECT_EQ(s.config.seed, 42U);
    EXPECT_FALSE(s.config.tls_verify);
    EXPECT_EQ(s.config.transport, Config::Transport::curl);
    EXPECT_EQ(s.config.http_version, Config::HttpVersion::http2);
    EXPECT_EQ(s.config.threads, 2U);
    ASSERT_EQ(s.servers.size(), 5U);
    EXPECT_EQ(s.servers[0].builtin.text, "pool:8");
    const auto& uvicorn = s.servers[1];
    EXPECT_EQ(uvicorn.kind, ServerSpec::Kind::command);
    EXPECT_EQ(uvicorn.command.size(), 4U);
    EXPECT_EQ(uvicorn.env[0].second.text, "demo.settings");
    ASSERT_TRUE(uvicorn.ready);
    EXPECT_EQ(uvicorn.ready->kind, Ready::Kind::http);
    EXPECT_EQ(uvicorn.ready->status, 204);
    EXPECT_EQ(uvicorn.ready->timeout, 5s);
    EXPECT_EQ(uvicorn.stop_signal, "INT");
    EXPECT_EQ(uvicorn.stop_grace, 2s);
    EXPECT_EQ(s.servers[2].ready->kind, Ready::Kind::log);
    EXPECT_EQ(s.servers[3].ready->kind, Ready::Kind::tcp);
    EXPECT_EQ(s.servers[4].kind, ServerSpec::Kind::url);

    const auto* sleep = s.find_scenario("sleep");
    ASSERT_TRUE(sleep);
    ASSERT_EQ(sleep->steps.size(), 6U);
    EXPECT_EQ(sleep->steps[0].method, "POST");
    EXPECT_EQ(sleep->steps[0].name, "offer");
    EXPECT_EQ(sleep->steps[0].timeout, Duration(5s));
    EXPECT_EQ(sleep->steps[0].checks.size(), 5U);
    EXPECT_EQ(sleep->steps[0].pos, (SourcePos{18, 7}));
    EXPECT_EQ(sleep->steps[1].name, "PUT /x");
    EXPECT_EQ(sleep->steps[3].method, "DELETE");
    EXPECT_FALSE(s.find_scenario("nothing"));

    ASSERT_EQ(s.phases.size(), 8U);
    EXPECT_TRUE(s.phases[0].warmup);
    EXPECT_EQ(s.phases[0].users, 5U);
    EXPECT_EQ(s.phases[0].duration, Duration(5s));
    EXPECT_EQ(s.phases[1].burst, 50U);
    EXPECT_EQ(s.phases[1].iterations, 3U);
    EXPECT_EQ(s.phases[1].solo_runs, 5U);
    EXPECT_EQ(s.phases[2].rate->per_second, 100);
    EXPECT_EQ(s.phases[2].max_users, 500U);
    EXPECT_EQ(s.phases[2].arrivals, load::Arrivals::uniform);
    EXPECT_FALSE(s.phases[2].climbs());
    using Kind = load::Think::Kind;
    EXPECT_EQ(s.phases[2].think.kind, Kind::none);
    EXPECT_EQ(s.phases[3].think.kind, Kind::exponential);
    EXPECT_EQ(s.phases[3].think.a, 200ms);
    EXPECT_FALSE(s.phases[3].is_open());
    EXPECT_EQ(s.phases[4].rate->per_second, 0);
    EXPECT_EQ(s.phases[4].ramp_to->per_second, 600);
    EXPECT_EQ(s.phases[4].arrivals, load::Arrivals::poisson);
    EXPECT_TRUE(s.phases[4].climbs());
    EXPECT_FALSE(s.phases[5].rate);
    ASSERT_EQ(s.phases[5].steps.size(), 3U);
    EXPECT_EQ(s.phases[5].steps[2].per_second, 400);
    EXPECT_EQ(s.phases[5].max_users, 50U);
    EXPECT_TRUE(s.phases[5].is_open() && s.phases[5].climbs());
    EXPECT_EQ(s.phases[6].think.kind, Kind::uniform);
    EXPECT_EQ(s.phases[6].think.a, 100ms);
    EXPECT_EQ(s.phases[6].think.b, 300ms);
    EXPECT_EQ(s.phases[7].think.kind, Kind::constant);
    EXPECT_EQ(s.phases[7].think.a, 50ms);

    ASSERT_EQ(s.thresholds.size(), 4U);
    EXPECT_EQ(s.thresholds[0].server, "ours");
    EXPECT_EQ(s.thresholds[1].aggregate, "p99.9");
    EXPECT_EQ(s.thresholds[2].phase, "");
    EXPECT_EQ(s.thresholds[3].amount, 1);
    ASSERT_EQ(s.outputs.size(), 2U);
    EXPECT_EQ(s.outputs[1].path.text, "out.json");

    Variables variables;
    EXPECT_EQ(to_lines(resolve_variables(s, {{"TOKEN", "secret-token"}}, {}, variables)), std::vector<std::string>{});
    EXPECT_EQ(*variables.find("token"), "secret-token");
    EXPECT_EQ(variables.secrets(), std::vector<std::string>{"secret-token"});
    const auto json = to_json_text(*sleep->steps[0].json, variables, s);
    ASSERT_TRUE(std::holds_alternative<std::string>(json));
    EXPECT_EQ(std::get<std::string>(json), R"({"sleep": 0.2, "list": [1, "two", null]})");
}

TEST(Load, defaults_are_what_the_manual_says) {
    const auto loaded = load_scenario(
        "version: 1\nservers: { a: { builtin: serial } }\nscenarios: { s: [ { get: / } ] }\nphases: [ { name: p, burst: 1 } ]\n",
        "dir/my.test.yaml");
    ASSERT_EQ(to_lines(loaded.errors), std::vector<std::string>{});
    const auto& s = loaded.scenario;
    EXPECT_EQ(s.name, "my.test");
    EXPECT_EQ(s.config.timeout, 30s);
    EXPECT_TRUE(s.config.tls_verify);
    EXPECT_FALSE(s.config.seed);
    EXPECT_EQ(s.config.transport, Config::Transport::automatic);
    EXPECT_EQ(s.config.http_version, Config::HttpVersion::automatic);
    EXPECT_EQ(s.config.threads, 1U);
    EXPECT_EQ(s.phases[0].scenario, "s");
    EXPECT_EQ(s.phases[0].solo_runs, 3U);
    EXPECT_FALSE(s.phases[0].iterations);
    EXPECT_EQ(s.phases[0].max_users, 1000U);
    ASSERT_EQ(s.outputs.size(), 1U);
    EXPECT_EQ(s.outputs[0].kind, Output::Kind::console);
    EXPECT_TRUE(s.thresholds.empty());
}

TEST(Load, typed_keys_may_hold_templates) {
    const std::string text =
        "version: 1\nvariables: { n: 10, t: 2s }\nscenarios: { s: [ { get: \"http://h/\" } ] }\n"
        "phases: [ { name: p, users: \"{{ n }}\", for: \"{{ t }}\" } ]\n";
    const auto as_written = load_scenario(text, "f");
    ASSERT_EQ(to_lines(as_written.errors), std::vector<std::string>{});
    EXPECT_EQ(as_written.scenario.phases[0].users, 10U);
    const auto overridden = load_scenario(text, "f", {}, {{"n", "7"}});
    EXPECT_EQ(overridden.scenario.phases[0].users, 7U);
    EXPECT_EQ(overridden.scenario.phases[0].duration, Duration(2s));
    Variables out;
    EXPECT_EQ(to_lines(resolve_variables(overridden.scenario, {}, {{"n", "7"}}, out)), std::vector<std::string>{});
    EXPECT_EQ(errors_of(text, {}, {{"n", "x"}}),
              std::vector<std::string>{"4:29 `users` is not a whole number: `x` [write digits only]"});
}

TEST(Load, anchors_save_typing) {
    const auto loaded = load_scenario(
        "version: 1\nscenarios: { s: [ { get: \"http://h/\" } ] }\nphases:\n  - &p { name: a, users: 2, for: 1s }\n  - { <<: *p, name: b }\n",
        "f");
    ASSERT_EQ(to_lines(loaded.errors), std::vector<std::string>{});
    EXPECT_EQ(loaded.scenario.phases[1].name, "b");
    EXPECT_EQ(loaded.scenario.phases[1].users, 2U);
}

TEST(Load, byte_order_mark_and_windows_lines_are_read) {
    const auto errors = errors_of(
        "\xEF\xBB\xBFversion: 1\r\nnmae: x\r\nscenarios: { s: [ { get: \"http://h/\" } ] }\r\nphases: [ { name: p, burst: 1 } ]\r\n");
    EXPECT_EQ(errors, std::vector<std::string>{"2:1 unknown key `nmae` in a scenario file [did you mean `name`?]"});
}

}  // namespace
}  // namespace volley::scenario::test
