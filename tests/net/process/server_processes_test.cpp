// A server that somebody else started, looked at through /proc.
#include "process/server_processes.hpp"
#include "net/process/fixture.hpp"
#include "process/ports.hpp"
#include "support/raw_server.hpp"

namespace volley::process {
namespace {

using testing::IsEmpty;

TEST(CountOfList, counts_what_the_kernel_writes) {
    EXPECT_EQ(count_of_list("0"), 1);
    EXPECT_EQ(count_of_list("0-3,8"), 5);
    EXPECT_EQ(count_of_list("2-2,4-5,7"), 4);
}

// `-5` counted one, `3,` too, and `0-2147483647` overflowed.
TEST(CountOfList, is_zero_for_anything_else) {
    for (const char* text :
         {"", "x", "3-1", "1-", "1-2-3", "-5", "3,", ",3", "1,,2", "0-2147483647", "0-4294967295", "4294967296", " 1", "1;2"})
        EXPECT_EQ(count_of_list(text), 0) << text;
}

class ServerProcessesTest : public server::test::ProcessTest {};

TEST_F(ServerProcessesTest, a_server_is_found_by_its_port_with_its_threads_and_what_it_opened_itself) {
    const volley::test::RawServer upstream([](volley::test::RawConnection& c, int) { c.wait_for_close(); });
    const auto port = free_port();
    const std::string script =
        "import socket, threading, time, os\n"
        "threads = [threading.Thread(target=time.sleep, args=(1000,), daemon=True).start() for i in range(5)]\n"
        "inner = socket.socket(socket.AF_UNIX); inner.bind(''); inner.listen()\n"
        "by_path = socket.socket(socket.AF_UNIX); by_path.connect(inner.getsockname())\n"
        "up = socket.create_connection(('127.0.0.1', " +
        std::to_string(upstream.port()) +
        "))\n"
        "s = socket.create_server(('127.0.0.1', " +
        std::to_string(port) +
        "))\n"
        "if os.fork() == 0:\n"
        "    up.close(); s.close(); by_path.close(); time.sleep(1000)\n"
        "kept = []\n"
        "while True: kept.append(s.accept())\n";
    const auto child = start(spec(server::test::python(script), port));
    ASSERT_EQ(wait_ready(*child), error_code{}) << why_.message;
    const auto pids = listening_processes("127.0.0.1", port);
    ASSERT_EQ(pids.size(), 1U);
    EXPECT_THAT(listening_processes("127.0.0.2", port), IsEmpty()) << "another address is another server";

    ServerProcesses processes(pids, port);
    EXPECT_FALSE(processes.gone());
    EXPECT_TRUE(processes.name().starts_with("python3")) << processes.name();
    auto reading = processes.look();
    for (int i = 0; i < 500 && reading.counts.processes != 2; ++i) {  // the child of the fork may be on its way
        run_for(std::chrono::milliseconds(10));
        reading = processes.look();
    }
    EXPECT_EQ(reading.counts.processes, 2);
    EXPECT_EQ(reading.counts.threads, 7);
    EXPECT_EQ(processes.counts().threads, 7);
    EXPECT_GT(reading.descriptors, 8);
    EXPECT_GT(reading.rss, 1U << 20U);
    EXPECT_GE(processes.processors(), 1);
    EXPECT_GE(processes.thread_limit(), 0);
    // Connections of clients end at the port; the one that it opened does not, nor does the one to a path.
    EXPECT_EQ(reading.outgoing, 2);

    stop(*child);
    (void)processes.look();
    EXPECT_TRUE(processes.gone());
    EXPECT_EQ(processes.counts().threads, 0);
    EXPECT_THAT(listening_processes("127.0.0.1", port), IsEmpty());
}

TEST_F(ServerProcessesTest, nothing_is_read_of_processes_that_are_not_there) {
    ServerProcesses none({}, 80);
    EXPECT_TRUE(none.gone());
    EXPECT_EQ(none.name(), "");
    EXPECT_EQ(none.processors(), 0);
    EXPECT_EQ(none.thread_limit(), 0);
    EXPECT_EQ(none.look().counts.processes, 0);
    EXPECT_TRUE(ServerProcesses({(1 << 22) + 1}, 80).gone()) << "beyond the largest pid";
}

}  // namespace
}  // namespace volley::process
