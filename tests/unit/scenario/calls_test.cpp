// `webrtc:` steps, good and bad, and the checks and thresholds that go with them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/scenario/support.hpp"

namespace volley::scenario::test {
namespace {
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

Step step_of(const LoadResult& read) { return read.scenario.scenarios.at(0).steps.at(0); }

TEST(CallStep, a_path_alone_is_a_call_with_ten_pings) {
    const auto read = load_scenario(with_step("webrtc: /offer"), "f");
    ASSERT_THAT(to_lines(read.errors), IsEmpty());
    const Step step = step_of(read);
    ASSERT_TRUE(step.call);
    EXPECT_EQ(step.url.text, "/offer");
    EXPECT_EQ(step.method, "POST");
    EXPECT_EQ(step.name, "webrtc /offer");
    EXPECT_EQ(step.call->count, 10U);
    EXPECT_EQ(step.call->every, 100ms);
    EXPECT_EQ(step.call->within, 30s);
    EXPECT_EQ(step.call->signal, CallStep::Signal::automatic);
    EXPECT_TRUE(read.scenario.phases.at(0).calls);
    EXPECT_TRUE(read.scenario.scenarios.at(0).is_call());
}

TEST(CallStep, everything_is_read) {
    const auto read = load_scenario(R"(
version: 1
variables: { gap: 20ms, room: blue }
config: { target: "http://h" }
scenarios:
  call:
    - webrtc:
        offer: { post: "/offer?x=1", json: { room: "{{ room }}", n: 3 }, headers: { x-a: b }, query: { page: 2 }, signal: json,
                 timeout: 4s }
        ice: { servers: ["stun:stun.example.org", "turn:me:secret@turn.example.org:99"], relayed_only: true }
        datachannel: { label: talk, protocol: p, ordered: false, max_lifetime: 150ms,
                       pings: { every: "{{ gap }}", count: 7, size: 1KiB, timeout: 2s } }
        within: 10s
      name: talk
      checks: [connected < 2s, dc_open <= 3s, gather < 1s, offer_to_answer < 1s, ice < 1s, dtls < 1s, dc_rtt p95 < 80ms,
               answered == 100%, lost <= 1]
    
phases: [ { name: p, users: 1, iterations: 2 } ]
thresholds: [p.dc_rtt p95 < 1s, p.rtt max < 1s, p.connected p50 < 1s, p.dc_open p50 < 1s, p.setup p50 < 1s, p.gather p50 < 1s,
             p.offer_to_answer p50 < 1s, p.ice p50 < 1s, p.dtls p50 < 1s, p.answered == 100%, p.lost < 1%, p.loss == 0,
             p.calls_failed == 0, { expr: p.dc_rtt p50 < 1s, confidence: 90% }]
)",
                                    "f");
    ASSERT_THAT(to_lines(read.errors), IsEmpty());
    const Step step = step_of(read);
    const CallStep& call = *step.call;
    EXPECT_EQ(step.name, "talk");
    EXPECT_EQ(step.timeout, 4s);
    ASSERT_TRUE(step.json);
    EXPECT_EQ(step.headers.size(), 1U);
    EXPECT_EQ(step.query.size(), 1U);
    EXPECT_EQ(call.signal, CallStep::Signal::json);
    EXPECT_EQ(call.ice_servers.size(), 2U);
    EXPECT_TRUE(call.relayed_only);
    EXPECT_EQ(call.label.text, "talk");
    EXPECT_EQ(call.protocol.text, "p");
    EXPECT_FALSE(call.ordered);
    EXPECT_EQ(call.max_lifetime, 150ms);
    EXPECT_EQ(call.every, 20ms);
    EXPECT_EQ(call.count, 7U);
    EXPECT_EQ(call.size, 1024U);
    EXPECT_EQ(call.timeout, 2s);
    EXPECT_EQ(call.within, 10s);
    ASSERT_EQ(step.checks.size(), 9U);
    EXPECT_EQ(step.checks[0].time, metrics::CallTime::connected);
    EXPECT_EQ(step.checks[6].query, Check::Query::round_trip);
    EXPECT_EQ(step.checks[6].aggregate, "p95");
    EXPECT_EQ(read.scenario.thresholds.size(), 14U);
}

TEST(CallStep, pings_are_a_number_none_or_go_on_for_a_time) {
    const auto call_of = [](const std::string& pings) {
        const auto read = load_scenario(with_step("webrtc: { offer: /o, datachannel: { pings: " + pings + " } }"), "f");
        EXPECT_THAT(to_lines(read.errors), IsEmpty());
        return *step_of(read).call;
    };
    EXPECT_EQ(call_of("3").count, 3U);
    EXPECT_EQ(call_of("0").count, 0U);
    EXPECT_EQ(call_of("{ every: 1s }").count, 10U);
    EXPECT_EQ(call_of("{ for: 2s }").length, 2s);
    EXPECT_FALSE(call_of("{ for: 2s }").count);
}

TEST(CallStep, what_is_wrong_is_said_with_its_place) {
    struct Case {
        std::string step;
        std::string error;
    };
    for (
        const Case& c : {
            Case{"webrtc: offer", "5:15 not a path or URL: `offer` [write /offer]"},
            Case{"webrtc: { datachannel: { label: a } }",
                 "5:15 webrtc has no `offer` [the path that takes it: - webrtc: { offer: /offer, datachannel: { pings: 20 } }]"},
            Case{"webrtc: { offer: /o, datachanel: {} }",
                 "5:28 unknown key `datachanel` in webrtc [did you mean `datachannel`?]"},
            Case{"webrtc: { offer: { post: /o, json: { sdp: x } } }",
                 "5:44 `sdp` is the description's own [remove it: volley writes it]"},
            Case{"webrtc: { offer: { post: /o, json: [1] } }",
                 "5:42 `json` of an offer is a map, not a list [its members go beside the description: json: { room: blue }]"},
            Case{
                "webrtc: { offer: { post: /o, json: { a: 1 }, signal: whip } }",
                "5:36 the offer of `signal: whip` or `whep` is the description alone [remove `json`; `query` and `headers` go along]"},
            Case{"webrtc: { offer: { post: /o, signal: json, trickle: true } }",
                 "5:50 `trickle` needs a session that candidates can be sent to [it goes with `signal: whip` or `whep`]"},
            Case{"webrtc: { offer: { post: /o, signal: wip } }", "5:44 unknown `signal`: `wip` [did you mean `whip`?]"},
            Case{"webrtc: { offer: /o, ice: { relayed_only: true } }",
                 "5:35 `relayed_only` needs a server that relays [add one to `servers`: \"turn:USER:PASSWORD@HOST\"]"},
            Case{"webrtc: { offer: /o, datachannel: { max_retransmits: 1, max_lifetime: 1s } }",
                 "5:63 a data channel has `max_retransmits` or `max_lifetime`, not both [remove one of them]"},
            Case{"webrtc: { offer: /o, datachannel: { max_lifetime: 1500us } }",
                 "5:57 `max_lifetime` is counted in whole milliseconds [write 150ms]"},
            Case{"webrtc: { offer: /o, datachannel: { pings: { count: 2, for: 1s } } }",
                 "5:62 pings are bounded by `for` or by `count`, not by both [remove one of them]"},
            Case{"webrtc: { offer: /o, datachannel: { pings: { every: 5 } } }",
                 "5:59 `every` needs a unit: `5` [write 5s or 5ms]"},
            Case{"webrtc: { offer: /o, datachannel: { pings: { size: 65KiB } } }",
                 "5:58 `size` is out of range: `65KiB` [at most 65536 bytes]"},
            Case{"webrtc: { offer: /o, datachannel: { echo: 20 } }",
                 "5:43 `echo` is not supported by this version [write `pings: 20`]"},
        })
        EXPECT_THAT(errors_of(with_step(c.step)), ElementsAre(c.error)) << c.step;
}

TEST(CallStep, what_cannot_be_combined_is_said_with_its_place) {
    EXPECT_THAT(errors_of(with_step("{ webrtc: /o, get: / }")),
                ElementsAre("5:21 a step is one request or one call, not both `get` and `webrtc` [write a scenario for each]"));
    EXPECT_THAT(errors_of(with_step("{ webrtc: /o, json: { a: 1 } }")),
                ElementsAre("5:21 `json` beside `webrtc` [put it into `offer`: webrtc: { offer: { post: /offer, json: ... } }]"));
    EXPECT_THAT(
        errors_of(with_step("webrtc: /o\n    - get: /")),
        ElementsAre(
            "5:7 a scenario with a `webrtc` step has no other steps [make the call, and nothing else, in a scenario of its "
            "own: phases run one after the other]"));
    EXPECT_THAT(
        errors_of("version: 1\nconfig: { target: \"http://h\", threads: 2 }\nscenarios: { s: [ webrtc: /o ] }\n"
                  "phases: [ { name: p, burst: 1 } ]\n"),
        ElementsAre("2:40 `threads` beside a `webrtc` step: the calls of a process are made by one thread [remove it, or put the "
                    "calls into a file of their own; several processes make more calls]"));
    EXPECT_THAT(
        errors_of("version: 1\nconfig: { target: \"http://h\" }\nscenarios: { s: [ webrtc: /o ] }\n"
                  "probes: [ concurrency: { scenario: s } ]\n"),
        ElementsAre("4:36 `s` makes a WebRTC call: a probe sends a request [name a scenario with a request; a phase with `burst` "
                    "shows how far calls overlap]"));
}

TEST(CallChecks, speak_of_calls_and_those_of_requests_do_not) {
    const auto error = [](const std::string& check) {
        return errors_of(with_step("{ webrtc: /o, checks: [\"" + check + "\"] }"));
    };
    EXPECT_THAT(
        error("status == 200"),
        ElementsAre("5:31 `status` is a figure of a request, and this is a call [checks of calls: connected, dc_open, gather, "
                    "offer_to_answer, ice, dtls, dc_rtt, answered and lost, and those of video and audio]"));
    EXPECT_THAT(error("conected < 2s"), ElementsAre("5:31 unknown query `conected` [did you mean `connected`?]"));
    EXPECT_THAT(error("connected < 2"), ElementsAre("5:43 a duration needs a unit: `2` [write 2ms or 2s]"));
    EXPECT_THAT(error("connected == 2s"), ElementsAre("5:41 a duration is never exact [compare it with <, <=, > or >=]"));
    EXPECT_THAT(error("dc_rtt < 2s"),
                ElementsAre("5:38 `dc_rtt` needs an aggregate [p50, p99, p99.9 and so on, mean, min or max: dc_rtt p95 < 80ms]"));
    EXPECT_THAT(error("dc_rtt p101 < 2s"),
                ElementsAre("5:38 unknown aggregate `p101` [p50, p99, p99.9 and so on, mean, min or max: dc_rtt p95 < 80ms]"));
    EXPECT_THAT(error("lost < 2s"),
                ElementsAre("5:38 not a number or percentage: `2s` [write lost == 0, lost < 5% or answered >= 19]"));
    EXPECT_THAT(error("lost contains 2"),
                ElementsAre("5:36 a number of pings is a number [compare it with ==, !=, <, <=, > or >=]"));
    EXPECT_THAT(errors_of(with_step("{ get: /, checks: [connected < 2s] }")),
                ElementsAre("5:26 `connected` is a figure of a call [it goes with `webrtc` steps]"));
}

/// "" when the check holds, else what was found.
std::string judged(const std::string& check, const CallInput& in) {
    const auto loaded = load_scenario(with_step("{ webrtc: /o, checks: [\"" + check + "\"] }"), "f");
    if (!loaded.errors.empty()) return "error " + to_line(loaded.errors[0]);
    const Check parsed = step_of(loaded).checks[0];
    return failed_call_check(parsed, parsed.value.text, in).value_or("");
}

TEST(CallChecks, are_judged_on_one_call) {
    const std::vector<Duration> round_trips{30ms, 10ms, 20ms, 40ms};
    CallInput in;
    in.times[static_cast<std::size_t>(metrics::CallTime::connected)] = 150ms;
    in.round_trips = round_trips;
    in.answered = 4;
    EXPECT_EQ(judged("connected < 200ms", in), "");
    EXPECT_EQ(judged("connected < 150ms", in), "connected is 150 ms");
    EXPECT_EQ(judged("dc_open < 150ms", in), "the call did not come so far");
    EXPECT_EQ(judged("dc_rtt p50 <= 20ms", in), "");
    EXPECT_EQ(judged("dc_rtt p50 < 20ms", in), "dc_rtt p50 is 20.0 ms");
    EXPECT_EQ(judged("dc_rtt p95 < 40ms", in), "dc_rtt p95 is 40.0 ms");
    EXPECT_EQ(judged("dc_rtt min > 10ms", in), "dc_rtt min is 10.0 ms");
    EXPECT_EQ(judged("dc_rtt mean < 25ms", in), "dc_rtt mean is 25.0 ms");
    EXPECT_EQ(judged("dc_rtt max <= 40ms", in), "");
    // One that was lost is slower than all others.
    in.lost = 1;
    EXPECT_EQ(judged("dc_rtt p50 < 30ms", in), "dc_rtt p50 is 30.0 ms");
    EXPECT_EQ(judged("dc_rtt p80 <= 40ms", in), "");
    EXPECT_EQ(judged("dc_rtt p95 < 40ms", in), "1 of 5 pings never came back, so p95 is not known");
    EXPECT_EQ(judged("dc_rtt mean < 1s", in), "1 of 5 pings never came back, so mean is not known");
    EXPECT_EQ(judged("dc_rtt max < 1s", in), "1 of 5 pings never came back, so max is not known");
    EXPECT_EQ(judged("answered == 4", in), "");
    EXPECT_EQ(judged("answered == 100%", in), "4 of 5 pings were answered");
    EXPECT_EQ(judged("lost == 0", in), "1 of 5 pings were lost");
    EXPECT_EQ(judged("lost <= 20%", in), "");
    EXPECT_EQ(judged("lost < 20%", in), "1 of 5 pings were lost");
    in.answered = 999;
    EXPECT_EQ(judged("answered >= 99.9%", in), "") << "exactly so many: 99.9 / 100 is a little more than 0.999";
    EXPECT_EQ(judged("answered > 99.9%", in), "999 of 1000 pings were answered");
    EXPECT_EQ(judged("dc_rtt p50 < 1s", {}), "no ping was answered");
    EXPECT_EQ(judged("answered == 100%", {}), "no ping was sent");
    EXPECT_EQ(judged("lost == 0", {}), "");
}

TEST(CallThresholds, belong_to_phases_of_calls) {
    EXPECT_THAT(errors_of(with_threshold("steady.connected p50 < 2s")),
                ElementsAre("9:12 `connected` is a figure of WebRTC calls [`steady` has no `webrtc` step]"));
    EXPECT_THAT(errors_of(with_threshold("dc_rtt p50 < 2s")),
                ElementsAre("9:5 `dc_rtt` is a figure of WebRTC calls [write phase.dc_rtt p99 < 20ms]"));
    const std::string file =
        "version: 1\nconfig: { target: \"http://h\" }\nscenarios: { s: [ webrtc: /o ] }\n"
        "phases: [ { name: p, rate: 1/s, for: 1s } ]\nthresholds:\n  - ";
    EXPECT_THAT(
        errors_of(file + "{ expr: p.connected p50 < 2s, confidence: 90% }\n"),
        ElementsAre(
            "6:35 `confidence` belongs to percentiles of latency, service and round trips [remove it: other figures count as "
            "they are]"));
    EXPECT_THAT(errors_of(file + "p.conected p50 < 2s\n"),
                ElementsAre("6:7 unknown metric `conected` [did you mean `connected`?]"));
}

TEST(CallVariables, unknown_names_in_a_call_are_found_before_it_is_made) {
    const auto errors = [](const std::string& step) {
        const auto read = load_scenario(with_step(step), "f");
        EXPECT_THAT(to_lines(read.errors), IsEmpty());
        Variables variables;
        return to_lines(resolve_variables(read.scenario, {}, {}, variables));
    };
    EXPECT_THAT(errors("webrtc: { offer: /o, datachannel: { label: \"{{ lable }}\" } }").size(), 1U);
    EXPECT_THAT(errors("webrtc: { offer: /o, ice: { servers: [\"stun:{{ host_of_stun }}\"] } }").size(), 1U);
    EXPECT_THAT(errors("webrtc: { offer: { post: /o, json: { name: \"bot {{ iteration }}\" } } }"), IsEmpty());
    EXPECT_THAT(errors("webrtc: { offer: /o, datachannel: { label: \"{{ iteration }}\" } }").size(), 1U);
}

}  // namespace
}  // namespace volley::scenario::test
