#include <volley/verdict/expect.hpp>

#include <gtest/gtest.h>

namespace volley::verdict {
namespace {

Record pool_of_5() {
    Record r;
    r.headline = Headline::pool;
    r.shape = Shape::pool;
    r.workers = 5;
    r.mechanism = Mechanism::threads;
    r.confidence = Confidence::medium;
    r.service = std::chrono::milliseconds(300);
    r.makespan = std::chrono::milliseconds(1200);
    r.n = 20;
    r.ratio = 4;
    r.serial_fraction = 0.158;
    r.stall_known = true;
    r.loop_stall = std::chrono::milliseconds(20);
    r.processes = 1;
    r.threads_grown = 5;
    return r;
}

Met of(std::string_view text, const Record& r) {
    const auto parsed = parse_expectation(text);
    const auto* e = std::get_if<Expectation>(&parsed);
    EXPECT_TRUE(e) << text << ": " << (e ? "" : format_source_error(std::get<SourceError>(parsed)));
    return e ? test(*e, r).met : Met::unknown;
}

TEST(Expect, facts) {
    const Record r = pool_of_5();
    EXPECT_EQ(of("pool", r), Met::yes);
    EXPECT_EQ(of("async", r), Met::no);
    EXPECT_EQ(of("not async", r), Met::yes);
    EXPECT_EQ(of("!serial", r), Met::yes);
    EXPECT_EQ(of("not refusing", r), Met::yes);
    EXPECT_EQ(of("not inconclusive", r), Met::yes);
}

TEST(Expect, what_was_not_looked_at_is_not_known) {
    Record r = pool_of_5();
    for (const auto* text : {"loop_blocked", "not loop_blocked", "not cpu_bound", "not backlog_small"})
        EXPECT_EQ(of(text, r), Met::unknown) << text;
    r.loop_known = r.cpu_known = r.backlog_known = true;
    for (const auto* text : {"not loop_blocked", "not cpu_bound", "not backlog_small"}) EXPECT_EQ(of(text, r), Met::yes) << text;
    EXPECT_EQ(of("loop_blocked", r), Met::no);
}

TEST(Expect, figures) {
    const Record r = pool_of_5();
    EXPECT_EQ(of("pool>=8", r), Met::no);
    EXPECT_EQ(of("pool==5", r), Met::yes);
    EXPECT_EQ(of("pool != 5", r), Met::no);
    EXPECT_EQ(of(" pool > 4 ", r), Met::yes);
    EXPECT_EQ(of("serial_fraction<2%", r), Met::no);
    EXPECT_EQ(of("serial_fraction < 0.2", r), Met::yes);
    EXPECT_EQ(of("loop_stall<50ms", r), Met::yes);
    EXPECT_EQ(of("service<1s", r), Met::yes);
    EXPECT_EQ(of("confidence>=medium", r), Met::yes);
    EXPECT_EQ(of("confidence==high", r), Met::no);
    EXPECT_EQ(of("threads_grown<=2", r), Met::no);
    EXPECT_EQ(of("refuses_above>=20", r), Met::yes);
    EXPECT_EQ(of("refuses_above>=100", r), Met::unknown) << "nobody asked for so many at once";
}

TEST(Expect, at_least_is_not_exactly) {
    Record r = pool_of_5();
    r.headline = Headline::concurrent;
    r.shape = Shape::async;
    r.workers = 100;
    r.workers_at_least = true;
    EXPECT_EQ(of("pool>=100", r), Met::yes);
    EXPECT_EQ(of("pool>=200", r), Met::unknown);
    EXPECT_EQ(of("pool==50", r), Met::no);
    EXPECT_EQ(of("pool<50", r), Met::no);
    EXPECT_EQ(of("concurrent", r), Met::yes);
    EXPECT_EQ(of("async", r), Met::unknown) << "the process was not seen";
    r = pool_of_5();
    r.workers_most = 9;
    EXPECT_EQ(of("pool>=4", r), Met::yes);
    EXPECT_EQ(of("pool>=8", r), Met::unknown);
    EXPECT_EQ(of("pool>=10", r), Met::no);
}

TEST(Expect, nothing_is_met_by_what_is_not_known) {
    Record r;
    EXPECT_EQ(of("async", r), Met::unknown);
    EXPECT_EQ(of("not loop_blocked", r), Met::unknown);
    EXPECT_EQ(of("inconclusive", r), Met::yes);
    EXPECT_EQ(of("service<1s", r), Met::unknown);
    r = pool_of_5();
    r.stall_known = false;
    EXPECT_EQ(of("loop_stall<50ms", r), Met::unknown);
}

TEST(Expect, says_what_it_is_instead) {
    const auto e = std::get<Expectation>(parse_expectation("pool>=8"));
    EXPECT_EQ(test(e, pool_of_5()).words, "pool>=8: 5 at a time");
}

struct Wrong {
    const char* text;
    int column;
    const char* what;
    const char* hint;
};

TEST(Expect, errors_point_at_the_place) {
    for (const auto& [text, column, what, hint] : {
             Wrong{"", 1, "an expectation begins with a fact or a figure", "write async, pool>=8, serial_fraction<2%"},
             Wrong{"asink", 1, "unknown fact or figure `asink`", "did you mean `async`?"},
             Wrong{"not asink", 5, "unknown fact or figure `asink`", "did you mean `async`?"},
             Wrong{"async>=2", 1, "`async` is a fact and has no amount", "write async or not async"},
             Wrong{"pool=5", 5, "a single `=`", "write =="},
             Wrong{"pool>=", 7, "the amount is missing", "write pool>=8"},
             Wrong{"pool>=8.5", 7, "not a whole number: `8.5`", "write pool>=8"},
             Wrong{"pool>=many", 7, "not a number: `many`", "write pool>=8"},
             Wrong{"pool>=8%", 7, "`pool` is not a share: `8%`", "write pool>=8"},
             Wrong{"loop_stall<50", 12, "`loop_stall` needs a unit: `50`", "write 50ms or 50s"},
             Wrong{"loop_stall<5%", 12, "not a time: `5%`", "write loop_stall<50ms"},
             Wrong{"loop_stall", 11, "`loop_stall` is a figure: a comparison is missing", "write loop_stall<50ms"},
             Wrong{"serial_fraction<-1", 17, "not a share: `-1`", "write serial_fraction<2%"},
             Wrong{"confidence>=hgih", 13, "unknown confidence `hgih`", "did you mean `high`?"},
             Wrong{"not pool>=8", 9, "`not` belongs to a fact, not to a comparison", "write the opposite comparison"},
             Wrong{"async please", 7, "unexpected `please`", "<, <=, >, >=, == or != may follow"},
             Wrong{"ratio<inf", 7, "not a number: `inf`", "write ratio<=1.25"},
         }) {
        const auto parsed = parse_expectation(text);
        const auto* e = std::get_if<SourceError>(&parsed);
        ASSERT_TRUE(e) << text;
        EXPECT_EQ(e->pos, (SourcePos{1, column})) << text;
        EXPECT_EQ(e->text, what) << text;
        EXPECT_EQ(e->hint, hint) << text;
    }
    EXPECT_EQ(format_source_error(std::get<SourceError>(parse_expectation("pool=5"))),
              "--expect:1:5: error: a single `=`\n    1 | pool=5\n      |     ^\n      = write ==\n");
}

}  // namespace
}  // namespace volley::verdict
