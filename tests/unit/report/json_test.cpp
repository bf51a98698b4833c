#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include <volley/report/result.hpp>

namespace volley::report {
namespace {
using namespace std::chrono_literals;
namespace json = boost::json;

/// One phase: 400 answers of 10 ms, evenly over 2 s and a half, and 2 errors at the end.
RunResult load() {
    RunResult r;
    r.name = "t";
    r.started_at = "2026-01-02T03:04:05Z";
    auto& phase = r.servers.emplace_back().phases.emplace_back();
    phase.kind = PhaseKind::users;
    phase.load = "closed: \x1b 4 users";
    phase.elapsed = 2500ms;
    constexpr TimePoint start{1h};
    for (int i = 0; i < 402; ++i) {
        metrics::Sample s;
        s.planned = start + i * 6ms;
        s.started = s.sent = s.planned;
        s.done = s.planned + 10ms;
        s.right = i < 400;
        s.status = static_cast<std::int16_t>(i < 400 ? 200 : 500 + i % 2);
        phase.tally->add(s, "status");
        auto& slice = phase.tally->series.at(s.done - start);
        ++slice.done;
        ++slice.started;
        slice.in_flight_max = 4;
        if (s.right)
            slice.response.record(10ms);
        else
            ++slice.wrong;
    }
    phase.generator.transport = "fast";
    phase.generator.threads = 2;
    phase.generator.cpu = 500ms;
    phase.generator.connections = 4;
    phase.generator.busy = true;
    return r;
}

json::object phase_of(const RunResult& r) { return json::parse(to_json(r)).at("servers").at(0).at("phases").at(0).as_object(); }

TEST(Json, a_phase_tells_for_how_long_it_was_loaded_and_a_plan_only_where_there_was_one) {
    auto r = load();
    EXPECT_EQ(phase_of(r).at("loaded"), phase_of(r).at("elapsed")) << "nothing else is known";
    EXPECT_FALSE(phase_of(r).contains("planned")) << "time ended it";
    auto& phase = r.servers[0].phases[0];
    phase.loaded = 2s;
    phase.planned = 402;
    EXPECT_EQ(phase_of(r).at("loaded").to_number<double>(), 2.0);
    EXPECT_EQ(phase_of(r).at("planned").to_number<int>(), 402);
}

TEST(Json, a_phase_tells_how_it_went_from_slice_to_slice) {
    const auto phase = phase_of(load());
    const auto& series = phase.at("series").as_array();
    ASSERT_EQ(series.size(), 3U);
    EXPECT_EQ(series[0].at("start").to_number<double>(), 0.0);
    EXPECT_EQ(series[0].at("length").to_number<double>(), 1.0);
    EXPECT_EQ(series[0].at("done").to_number<int>(), 165) << "planned until 990 ms";
    EXPECT_EQ(series[0].at("rate").to_number<double>(), 165.0);
    EXPECT_EQ(series[0].at("p99").to_number<double>(), 0.01);
    EXPECT_EQ(series[2].at("start").to_number<double>(), 2.0);
    EXPECT_EQ(series[2].at("length").to_number<double>(), 0.5);
    EXPECT_EQ(series[2].at("done").to_number<int>(), 70);
    EXPECT_EQ(series[2].at("rate").to_number<double>(), 140.0);
    EXPECT_EQ(series[2].at("wrong").to_number<int>(), 2);
    EXPECT_EQ(series[2].at("in_flight_max").to_number<int>(), 4);
    EXPECT_FALSE(phase.contains("steady_state")) << "of three slices nobody can tell";
}

TEST(Json, a_phase_tells_how_far_its_percentiles_can_be_trusted) {
    const auto phase = phase_of(load());
    const auto& intervals = phase.at("response_intervals").as_object();
    EXPECT_EQ(intervals.at("confidence").to_number<double>(), 0.95);
    EXPECT_EQ(intervals.at("p99").at("n_eff").to_number<double>(), 400.0);
    EXPECT_EQ(intervals.at("p99").at("needed").to_number<int>(), 299);
    EXPECT_EQ(intervals.at("p99").at("high").to_number<double>(), 0.01);
    EXPECT_FALSE(intervals.at("p99.9").as_object().contains("high")) << "400 answers have no bound for it";
    EXPECT_EQ(phase.at("response_time").at("p99.9").to_number<double>(), 0.01);
}

TEST(Json, a_phase_tells_of_its_load_its_statuses_and_its_generator) {
    const auto phase = phase_of(load());
    EXPECT_EQ(phase.at("load"), "closed: \\x1b 4 users");
    EXPECT_EQ(phase.at("status_classes"), (json::value{{"2xx", 400}, {"5xx", 2}}));
    const auto& generator = phase.at("generator").as_object();
    EXPECT_EQ(generator.at("transport"), "fast");
    EXPECT_EQ(generator.at("threads").to_number<int>(), 2);
    EXPECT_EQ(generator.at("cpu").to_number<double>(), 0.5);
    EXPECT_EQ(generator.at("connections").to_number<int>(), 4);
    EXPECT_TRUE(generator.at("busy").as_bool());
    EXPECT_EQ(generator.at("timer_overshoot"), (json::value{{"count", 0}}));
}

TEST(Json, what_was_not_measured_is_absent) {
    auto r = load();
    auto& phase = r.servers[0].phases[0];
    phase.kind = PhaseKind::burst;
    phase.load.clear();
    phase.tally->series = metrics::TimeSeries();
    const auto burst = phase_of(r);
    for (const char* name : {"series", "steady_state", "response_intervals", "load"}) EXPECT_FALSE(burst.contains(name)) << name;
}

TEST(Json, requests_that_were_sent_again_are_counted_and_marked) {
    RunResult r = load();
    auto& phase = r.servers.front().phases.front();
    phase.tally->retried = 7;
    phase.samples.resize(2);
    phase.samples[1].repeated = true;
    const auto out = phase_of(r);
    EXPECT_EQ(out.at("retried").to_number<int>(), 7);
    const auto& samples = out.at("samples").as_array();
    EXPECT_FALSE(samples[0].as_object().contains("repeated"));
    EXPECT_TRUE(samples[1].at("repeated").as_bool());
}

}  // namespace
}  // namespace volley::report
