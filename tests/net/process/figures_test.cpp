// What a process tree uses, against trees whose figures are known.
#include "net/process/fixture.hpp"

namespace volley::server::test {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Ge;
using testing::Le;

class Figures : public ProcessTest {};

TEST_F(Figures, threads_and_descriptors_of_a_known_child) {
    const auto server =
        start(log_spec(python("import threading, time, os\n"
                              "for i in range(5): threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()\n"
                              "for i in range(20): os.open('/dev/null', os.O_RDONLY)\n"
                              "print('up', flush=True)\n"
                              "time.sleep(1000)\n"),
                       "up"));
    ASSERT_EQ(wait_ready(*server), error_code{}) << why_.message;
    const auto sample = server->sample_tree();
    EXPECT_EQ(sample.processes, 1);
    EXPECT_EQ(sample.threads, 6);
    EXPECT_EQ(sample.descriptors, 23);
    EXPECT_THAT(sample.rss_bytes, AllOf(Ge(1U << 20U), Le(1U << 30U)));
    EXPECT_LE(sample.at, Clock::now());
    stop(*server);
}

TEST_F(Figures, processes_of_the_whole_tree_count) {
    const auto server = start(
        log_spec(shell("sleep 1000 & setsid sleep 1000 & setsid sh -c 'sleep 1000 & exit' ; echo up; exec sleep 1000"), "up"));
    ASSERT_EQ(wait_ready(*server), error_code{}) << why_.message;
    int seen = 0;
    for (int i = 0; i < 500 && seen != 4; ++i) {
        seen = server->sample_tree().processes;
        run_for(10ms);
    }
    EXPECT_EQ(seen, 4);
    stop(*server);
}

TEST_F(Figures, cpu_time_counts_the_living_and_the_waited_for) {
    const std::string burn = "import time\nwhile time.process_time() < 0.4: pass\n";
    const auto server =
        start(log_spec({"/bin/sh", "-c", "/usr/bin/python3 -c \"$1\"; echo up; exec sleep 1000", "sh", burn}, "up"));
    ASSERT_EQ(wait_ready(*server), error_code{}) << why_.message;
    // The burner has ended and its parent has waited for it: the time is in cutime and cstime.
    EXPECT_THAT(to_seconds(server->sample_tree().cpu), AllOf(Ge(0.35), Le(30.0)));
    stop(*server);

    const auto living = start(log_spec(python(burn + "print('up', flush=True)\ntime.sleep(1000)\n"), "up"));
    ASSERT_EQ(wait_ready(*living), error_code{}) << why_.message;
    EXPECT_THAT(to_seconds(living->sample_tree().cpu), AllOf(Ge(0.35), Le(30.0)));
    stop(*living);
}

TEST_F(Figures, cpu_time_of_orphans_stays_counted_after_their_end) {
    const std::string burn = "import time\nwhile time.process_time() < 0.4: pass\nprint('burnt', flush=True)\n";
    // The burner's parent exits at once, so the supervisor inherits and reaps it.
    const auto server = start(log_spec(
        {"/bin/sh", "-c", "sh -c '/usr/bin/python3 -c \"$1\" & exit 0' sh \"$1\"; exec sleep 1000", "sh", burn}, "burnt"));
    ASSERT_EQ(wait_ready(*server), error_code{}) << why_.message;
    for (int i = 0; i < 500 && server->sample_tree().processes != 1; ++i) run_for(10ms);
    EXPECT_THAT(to_seconds(server->sample_tree().cpu), AllOf(Ge(0.35), Le(30.0)));
    stop(*server);
}

}  // namespace
}  // namespace volley::server::test
