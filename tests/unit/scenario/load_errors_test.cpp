// Bad files: what is said, and where.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/scenario/support.hpp"

namespace volley::scenario::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Case {
    std::string input;
    std::string error;  ///< the whole of it: place, text and hint
};

void expect_first(const Case& c, std::string (*around)(std::string_view)) {
    const auto errors = errors_of(around(c.input));
    ASSERT_FALSE(errors.empty()) << c.input;
    EXPECT_EQ(errors[0], c.error) << c.input;
}

TEST(LoadErrors, phases) {
    for (
        const Case& c : {
            Case{"name: p", "3:11 a phase has no `scenario` [scenarios: s, t]"},
            Case{"name: p, scenario: S, burst: 1", "3:32 no scenario is called `S` [scenarios: s, t]"},
            Case{
                "scenario: s, burst: 1",
                "3:11 a phase has no `name` [thresholds and results call the phase by it: - { name: ten, scenario: ping, burst: 10 }]"},
            Case{"name: a b, scenario: s, burst: 1",
                 "3:19 not a name for a phase: `a b` [a letter, then letters, digits, `_` and `-`, 64 at most]"},
            Case{"name: p, scenario: s, users: 1",
                 "3:11 a phase with `users` or `rate` has no end [add `for: 10s` or `iterations: 100`]"},
            Case{"name: p, scenario: s, users: 1, for: 10", "3:50 `for` needs a unit: `10` [write 10s or 10ms]"},
            Case{"name: p, scenario: s, users: 1, for: 10sec",
                 "3:50 `for` has an unknown unit: `10sec` [units are ns, us, ms, s, m and h]"},
            Case{"name: p, scenario: s, users: 1, for: soon",
                 "3:50 `for` is not a time: `soon` [write a number and a unit: 300ms, 10s, 2m]"},
            Case{"name: p, scenario: s, rate: 10, for: 1s", "3:41 `rate` needs a unit: `10` [write 10/s]"},
            Case{"name: p, scenario: s, rate: 0/s, for: 1s", "3:41 `rate` is out of range: `0/s` [above 0, at most 1000000/s]"},
            Case{"name: p, scenario: s, users: ten, for: 1s", "3:42 `users` is not a whole number: `ten` [write digits only]"},
            Case{"name: p, scenario: s, users: 0, for: 1s", "3:42 `users` is out of range: `0` [from 1 to 100000]"},
            Case{"name: p, scenario: s, users: 1e3, for: 1s", "3:42 `users` is not a whole number: `1e3` [write digits only]"},
            Case{"name: p, scenario: s, users: [1], for: 1s",
                 "3:42 `users` takes one value, not a list [quote the text, if it is one]"},
            Case{"name: p, scenario: s, burst: [1, 10]", "3:42 `burst` takes one number [write one phase for each]"},
            Case{"name: p, scenario: s, burst: , iterations: 2", "3:35 `burst` is empty [write a value, or remove the key]"},
            Case{"name: p, scenario: s, burst: 1, for: 1s",
                 "3:45 a burst has no `for` [a burst ends with its last answer; `iterations` says how often it is repeated]"},
            Case{"name: p, scenario: s, users: 1, for: 1s, iterations: 3",
                 "3:54 a phase is bounded by `for` or by `iterations`, not by both [remove one of them]"},
            Case{"name: p, scenario: s, users: 1, for: 1s, max_users: 3",
                 "3:54 `max_users` belongs to `rate` [remove it: burst and users say themselves how many there are]"},
            Case{"name: p, scenario: s, users: 1, for: 1s, solo_runs: 3",
                 "3:54 `solo_runs` belongs to `burst` [remove it: only bursts are compared with one request alone]"},
            Case{"name: p, scenario: s, burst: 1, warmup: yes", "3:53 `warmup` is neither true nor false: `yes` [write true]"},
            Case{"name: p, scenario: s, burst: 1, wramup: true", "3:45 unknown key `wramup` in a phase [did you mean `warmup`?]"},
            Case{
                "name: p, scenario: s, burst: 1, users: 2, for: 1s",
                "3:45 a phase takes exactly one of burst, users, rate and steps [`burst: 10` starts 10 at once, `users: 10` keeps 10 busy, `rate: 10/s` starts 10 a second, `steps: [10/s, 20/s]` first 10, then 20]"},
        })
        expect_first(c, with_phase);
    EXPECT_THAT(
        errors_of(
            "version: 1\nscenarios: { s: [ { get: \"http://h/\" } ] }\nphases:\n  - { name: p, burst: 1 }\n  - { name: p, burst: 2 }\n"),
        ElementsAre("5:5 two phases are called `p` [the first is in line 4]"));
}

TEST(LoadErrors, of_how_users_come_and_rest) {
    for (
        const Case& c : {
            Case{"name: p, scenario: s, rate: 1/s, ramp_to: 5, for: 1s", "3:55 `ramp_to` needs a unit: `5` [write 5/s]"},
            Case{"name: p, scenario: s, rate: 1/s, ramp_to: 5/s",
                 "3:11 a phase with `ramp_to` has no length [write `for: 30s`, the length of the whole phase]"},
            Case{"name: p, scenario: s, rate: 1/s, ramp_to: 5/s, iterations: 9",
                 "3:60 a phase with `ramp_to` has no length [write `for: 30s`, the length of the whole phase]"},
            Case{"name: p, scenario: s, rate: 0/s, ramp_to: 0/s, for: 1s",
                 "3:55 a ramp from 0 to 0 [nobody ever comes: give one of them a rate]"},
            Case{"name: p, scenario: s, rate: 1/s, ramp_to: 2000000/s, for: 1s",
                 "3:55 `ramp_to` is out of range: `2000000/s` [from 0/s to 1000000/s]"},
            Case{"name: p, scenario: s, users: 2, ramp_to: 5/s, for: 1s",
                 "3:45 `ramp_to` without `rate` [`rate: 100/s, ramp_to: 600/s` climbs from the one to the other]"},
            Case{"name: p, scenario: s, steps: [1/s, 2/s], ramp_to: 5/s, for: 1s",
                 "3:54 `ramp_to` without `rate` [`rate: 100/s, ramp_to: 600/s` climbs from the one to the other]"},
            Case{"name: p, scenario: s, steps: [1/s, 2/s]",
                 "3:11 a phase with `steps` has no length [write `for: 30s`, the length of the whole phase]"},
            Case{"name: p, scenario: s, steps: 5/s, for: 1s",
                 "3:42 `steps` is a list, not a text [write steps: [100/s, 200/s, 400/s]]"},
            Case{"name: p, scenario: s, steps: [5/s], for: 1s",
                 "3:42 `steps` takes two rates or more [from 2 to 1000; one is a `rate`]"},
            Case{"name: p, scenario: s, steps: [5/s, 0/s], for: 1s",
                 "3:48 `steps` is out of range: `0/s` [above 0, at most 1000000/s]"},
            Case{
                "name: p, scenario: s, steps: [5/s, 9/s], rate: 1/s, for: 1s",
                "3:54 a phase takes exactly one of burst, users, rate and steps [`burst: 10` starts 10 at once, `users: 10` keeps 10 busy, `rate: 10/s` starts 10 a second, `steps: [10/s, 20/s]` first 10, then 20]"},
            Case{"name: p, scenario: s, rate: 1/s, for: 1s, arrivals: poison",
                 "3:65 unknown `arrivals`: `poison` [did you mean `poisson`?]"},
            Case{"name: p, scenario: s, burst: 1, arrivals: poisson",
                 "3:45 `arrivals` belongs to `rate` [remove it: only there users come on schedule]"},
            Case{"name: p, scenario: s, users: 1, for: 1s, arrivals: uniform",
                 "3:54 `arrivals` belongs to `rate` [remove it: only there users come on schedule]"},
            Case{"name: p, scenario: s, rate: 1/s, for: 1s, think: 1s",
                 "3:55 `think` belongs to `users` [remove it: users that do not start again have nothing to wait for]"},
            Case{"name: p, scenario: s, burst: 1, think: 1s",
                 "3:45 `think` belongs to `users` [remove it: users that do not start again have nothing to wait for]"},
            Case{"name: p, scenario: s, users: 1, for: 1s, think: 200", "3:61 `think` needs a unit: `200` [write 200s or 200ms]"},
            Case{
                "name: p, scenario: s, users: 1, for: 1s, think: [1s, 2s]",
                "3:61 `think` is a time or a map, not a list [write think: 200ms, think: { exponential: 200ms } or think: { uniform: [100ms, 300ms] }]"},
            Case{"name: p, scenario: s, users: 1, for: 1s, think: { normal: 1s }",
                 "3:63 unknown key `normal` in think [known keys: exponential, uniform]"},
            Case{
                "name: p, scenario: s, users: 1, for: 1s, think: { exponential: 1s, uniform: [1s, 2s] }",
                "3:80 `think` takes one of exponential and uniform [write think: 200ms, think: { exponential: 200ms } or think: { uniform: [100ms, 300ms] }]"},
            Case{"name: p, scenario: s, users: 1, for: 1s, think: { exponential: 0s }",
                 "3:76 `exponential` is out of range: `0s` [from 1.00 us to 1 h 0 m]"},
            Case{"name: p, scenario: s, users: 1, for: 1s, think: { uniform: 1s }",
                 "3:72 `uniform` is a list, not a text [write uniform: [100ms, 300ms]]"},
            Case{"name: p, scenario: s, users: 1, for: 1s, think: { uniform: [1s] }",
                 "3:72 `uniform` takes two times [the shortest and the longest: [100ms, 300ms]]"},
            Case{"name: p, scenario: s, users: 1, for: 1s, think: { uniform: [2s, 1s] }",
                 "3:77 the longest `uniform` time is shorter than the shortest [turn them round]"},
        })
        expect_first(c, with_phase);
}

TEST(LoadErrors, of_the_client) {
    const std::string rest = "version: 1\nscenarios: { s: [ { get: \"http://h/\" } ] }\nphases: [ { name: p, burst: 1 } ]\n";
    for (const Case& c : {
             Case{"transport: quick", "4:22 unknown `transport`: `quick` [write auto, fast or curl; words: auto, fast, curl]"},
             Case{"http: 2", "4:17 `http` is a map, not a text [write http: { version: 2 }]"},
             Case{"http: { version: 3 }", "4:28 unknown version of HTTP: `3` [write auto, 1.1 or 2]"},
             Case{"http: { versoin: 2 }", "4:19 unknown key `versoin` in http [did you mean `version`?]"},
             Case{"http: { preconnect: true }",
                  "4:19 `preconnect` is not supported by this version [sockets are opened before a burst anyway]"},
             Case{"http: { version: 2 }, transport: fast",
                  "4:28 the fast transport speaks no HTTP/2 [write `transport: curl`, or remove it]"},
             Case{"threads: 0", "4:20 `threads` is out of range: `0` [from 1 to 256]"},
             Case{"threads: two", "4:20 `threads` is not a whole number: `two` [write digits only]"},
         })
        EXPECT_THAT(errors_of(rest + "config: { " + c.input + " }\n"), ElementsAre(c.error)) << c.input;
}

TEST(LoadErrors, steps) {
    for (
        const Case& c : {
            Case{
                "{ name: x }",
                "5:7 a step has no request [begin it with one of get, post, put, patch, delete, head or options: - { get: /path, checks: [status == 200] }]"},
            Case{"/ping", "5:7 `a step` is a map, not a text [write - { get: /path, checks: [status == 200] }]"},
            Case{"{ get: ping }", "5:14 not a path or URL: `ping` [write /ping]"},
            Case{"{ get: //ping }", "5:14 not a path or URL: `//ping` [begin it with / or http://]"},
            Case{"{ get: /a b }", "5:14 a URL with a space in it: `/a b` [write %20, or put the text under `query`]"},
            Case{"{ get: /, post: / }", "5:17 a step is one request, not both `get` and `post` [make it two steps]"},
            Case{"{ get: /, jsno: {} }", "5:17 unknown key `jsno` in a step [did you mean `json`?]"},
            Case{"{ get: /, json: {}, body: x }", "5:27 a request has one body, not both `json` and `body` [keep one of them]"},
            Case{"{ get: /, headers: { \"a b\": c } }", "5:35 not a header name: `a b` [letters, digits and `-`]"},
            Case{"{ get: /, headers: { a: \"b\\nc\" } }", "5:31 the header `a` holds a control character [write it on one line]"},
            Case{"{ get: /, headers: [a] }", "5:26 `headers` is a map, not a list [write headers: { accept: application/json }]"},
            Case{"{ get: /, timeout: 10 }", "5:26 `timeout` needs a unit: `10` [write 10s or 10ms]"},
            Case{"{ get: /, timeout: 0s }", "5:26 `timeout` is out of range: `0s` [from 1.00 ms to 1 h 0 m]"},
            Case{"{ get: /, checks: status == 200 }",
                 "5:25 `checks` is a list, not a text [write checks: [status == 200, duration < 800ms]]"},
            Case{"{ get: /, checks: [body contains a: b] }",
                 "5:26 this check reads as a map [quote it: YAML takes `: ` for a key]"},
            Case{"{ get: /, capture: {} }", "5:17 `capture` is not supported by this version [remove it]"},
            Case{"{ websocket: /ws }", "5:9 `websocket` is not supported by this version [remove it]"},
            Case{"{ webrtc: {} }",
                 "5:17 webrtc has no `offer` [the path that takes it: - webrtc: { offer: /offer, datachannel: { pings: 20 } }]"},
            Case{"{ get: /, name: \"{{ x }}\" }",
                 "5:23 `name` cannot hold a template [it names one series of figures: write a plain text]"},
        })
        expect_first(c, with_step);
}

TEST(LoadErrors, servers) {
    for (
        const Case& c : {
            Case{"coroutine", "2:15 a server is a map, not a text [write { builtin: coroutine }]"},
            Case{"{ builtin: corutine }", "2:26 unknown built-in server `corutine` [did you mean `coroutine`?]"},
            Case{"{ builtin: pool }", "2:26 unknown built-in server `pool` [write pool:4, with 1 to 1000 workers]"},
            Case{"{ builtin: \"pool:0\" }", "2:26 unknown built-in server `pool:0` [write pool:4, with 1 to 1000 workers]"},
            // Ten times as many passed here and could not start.
            Case{"{ builtin: \"pool:1001\" }", "2:26 unknown built-in server `pool:1001` [write pool:4, with 1 to 1000 workers]"},
            Case{"{ builtin: serial, cwd: x }", "2:34 `cwd` belongs to `command` [remove it]"},
            Case{
                "{ comand: [x] }",
                "2:12 a server takes one of builtin, command and url [write { builtin: coroutine }, { command: [...] } or { url: \"http://...\" }]"},
            Case{
                "{ command: uvicorn }",
                "2:26 `command` is a list, not a text [write command: [program, \"--port\", \"{{ port }}\"] (no shell is used)]"},
            Case{
                "{ command: [uvicorn] }",
                "2:27 the command is not told its port [hand it on: [..., --port, \"{{ port }}\"] or env: { PORT: \"{{ port }}\" }]"},
            Case{
                "{ command: [x, \"{{ port }}\"], ready: {} }",
                "2:52 `ready` takes one of get, tcp and log [write ready: { get: /ping, status: 200, timeout: 20s }, { tcp: true } or { log: \"text\" }]"},
            Case{"{ command: [x, \"{{ port }}\"], ready: { get: x } }", "2:59 `get` is not a path: `x` [begin it with /]"},
            Case{"{ command: [x, \"{{ port }}\"], stop: { signal: TREM } }", "2:61 unknown signal `TREM` [did you mean `TERM`?]"},
            Case{"{ url: example.test }", "2:22 `url` is not an address: `example.test` [begin it with http:// or https://]"},
        })
        expect_first(c, with_server);
}

TEST(LoadErrors, top_level) {
    EXPECT_THAT(errors_of(""), ElementsAre("0:0 the file is empty [begin with `version: 1`; see volley-scenario(5)]"));
    EXPECT_THAT(errors_of("- a\n"),
                ElementsAre("1:1 a scenario is a map, not a list [begin with `version: 1`; see volley-scenario(5)]"));
    EXPECT_THAT(errors_of("name: x\n"),
                ElementsAre("1:1 a scenario file has no `version` [begin the file with `version: 1`]",
                            "1:1 a scenario file has no `scenarios` [write `scenarios: { ping: [ { get: /ping } ] }`]",
                            "1:1 a scenario file has no `phases` [write `phases: [ { name: one, scenario: ping, burst: 1 } ]`]"));
    EXPECT_THAT(errors_of("version: 2\nscenarios: { s: [ { get: \"http://h/\" } ] }\nphases: [ { name: p, burst: 1 } ]\n"),
                ElementsAre("1:10 version `2` is not known [this program reads version 1]"));
    EXPECT_THAT(
        errors_of("version: 1\nscenarios: { s: [ { get: /x } ] }\nphases: [ { name: p, burst: 1 } ]\n"),
        ElementsAre(
            "2:26 `/x` is a path, but there is no server to send it to [add `servers:` or `config: { target: http://... }`, or write a whole URL]"));
    const std::string rest = "version: 1\nscenarios: { s: [ { get: \"http://h/\" } ] }\nphases: [ { name: p, burst: 1 } ]\n";
    EXPECT_THAT(errors_of(rest + "matrix: {}\n"),
                ElementsAre("4:1 `matrix` is not supported by this version [write one server for each case]"));
    EXPECT_THAT(errors_of(rest + "outputs: [consle, json, junit, html]\n"),
                ElementsAre("4:11 unknown output `consle` [did you mean `console`?]",
                            "4:19 `json` needs a file [write `json: result.json`]",
                            "4:25 `junit` needs a file [write `junit: junit.xml`]",
                            "4:32 the output `html` is not supported by this version [use console or json: FILE]"));
    EXPECT_THAT(errors_of(rest + "variables: { env: 1, \"a b\": 2, c: [1] }\n"),
                ElementsAre("4:14 the name `env` is taken [it stands for a value that volley sets itself: choose another]",
                            "4:22 not a name for a variable: `a b` [a letter, then letters, digits, `_` and `-`, 64 at most]",
                            "4:35 `c` takes one value, not a list [quote the text, if it is one]"));
    EXPECT_THAT(errors_of(rest + "config: { timeout: 10s, timeuot: 5s }\nname: a\nname: b\n"),
                ElementsAre("4:25 unknown key `timeuot` in config [did you mean `timeout`?]",
                            "6:1 duplicate key `name` [first given in line 5]"));
}

TEST(LoadErrors, come_all_at_once_in_the_order_of_lines_and_not_without_end) {
    std::string text = "version: 1\nscenarios: { s: [ { get: \"http://h/\" } ] }\nphases: [ { name: p, burst: 1 } ]\nconfig:\n";
    for (int i = 0; i < 200; ++i) text += "  unknown_" + std::to_string(i) + ": 1\n";
    const auto loaded = load_scenario(text, "f");
    ASSERT_EQ(loaded.errors.size(), 51U);
    for (std::size_t i = 0; i < 50; ++i) EXPECT_EQ(loaded.errors[i].pos.line, static_cast<int>(i) + 5);
    EXPECT_EQ(loaded.errors[50].text, "and 150 more errors");
}

TEST(LoadErrors, hostile_bytes_do_not_reach_the_terminal) {
    const auto loaded = load_scenario("version: 1\n\"\\e[31mx\": 1\n", "f");
    for (const auto& e : loaded.errors) EXPECT_EQ(format_source_error(e).find('\x1b'), std::string::npos);
    ASSERT_FALSE(loaded.errors.empty());
}

TEST(LoadErrors, print_with_the_line_and_a_caret) {
    const auto loaded = load_scenario(
        "version: 1\nconfig: { target: \"http://h\", timeout: 10 }\nscenarios: { s: [ { get: / } ] }\nphases: [ { name: p, burst: 1 } ]\n",
        "my.yaml");
    ASSERT_EQ(loaded.errors.size(), 1U);
    EXPECT_EQ(format_source_error(loaded.errors[0]),
              "my.yaml:2:40: error: `timeout` needs a unit: `10`\n"
              "    2 | config: { target: \"http://h\", timeout: 10 }\n"
              "      |                                        ^\n"
              "      = write 10s or 10ms\n");
}

}  // namespace
}  // namespace volley::scenario::test
