// What a server's processes do over a burst, read while they do it.
#include <gmock/gmock.h>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include "net/deadline.hpp"
#include "net/process/fixture.hpp"
#include "process/ports.hpp"
#include "verify/process_tape.hpp"

namespace volley::verify {
namespace {

using namespace std::chrono_literals;
using boost::asio::awaitable;

class ProcessTapeTest : public server::test::ProcessTest {};

awaitable<verdict::Process> record(process::ServerProcesses& processes, Duration length) {
    ProcessTape tape(processes);
    tape.start();
    const TimePoint over = Clock::now() + length;
    co_await net::sleep_until(over);
    co_return tape.take();
}

TEST_F(ProcessTapeTest, keeps_the_peak_of_threads_and_the_processor_time_of_the_burst_alone) {
    const auto port = free_port();
    // Whoever connects gets three threads, 20 descriptors and 0.2 s of computing, which are over when the connection is.
    auto child = start(spec(server::test::python("import socket, threading, time, os\n"
                                                 "s = socket.create_server(('127.0.0.1', " +
                                                 std::to_string(port) +
                                                 "))\n"
                                                 "while True:\n"
                                                 "    c, _ = s.accept()\n"
                                                 "    if c.recv(1) != b'x': continue\n"
                                                 "    end = threading.Event()\n"
                                                 "    threads = [threading.Thread(target=end.wait) for i in range(3)]\n"
                                                 "    for t in threads: t.start()\n"
                                                 "    fds = [os.open('/dev/null', os.O_RDONLY) for i in range(20)]\n"
                                                 "    until = time.process_time() + 0.2\n"
                                                 "    while time.process_time() < until: pass\n"
                                                 "    time.sleep(0.5)\n"
                                                 "    end.set()\n"
                                                 "    for t in threads: t.join()\n"
                                                 "    for f in fds: os.close(f)\n"
                                                 "    c.close()\n"),
                            port));
    ASSERT_EQ(wait_ready(*child), error_code{}) << why_.message;
    process::ServerProcesses processes(process::listening_processes("127.0.0.1", port), port);
    ASSERT_FALSE(processes.gone());

    const auto idle = run(record(processes, 300ms));
    EXPECT_EQ(idle.threads_before, 1);
    EXPECT_EQ(idle.threads_peak, 1);
    EXPECT_EQ(idle.processes_peak, 1);
    EXPECT_LT(idle.cpu, 200ms) << "what was spent before does not count";
    EXPECT_EQ(idle.upstream, 0);

    boost::asio::ip::tcp::socket client(io_);
    client.connect({boost::asio::ip::make_address("127.0.0.1"), port});
    boost::asio::write(client, boost::asio::buffer("x", 1));
    const auto busy = run(record(processes, 3s));
    EXPECT_EQ(busy.threads_peak, 4);
    EXPECT_GE(busy.descriptors_peak, idle.descriptors_peak + 20);
    EXPECT_GE(busy.cpu, 100ms);
    EXPECT_GT(busy.rss_peak, 1U << 20U);
    stop(*child);

    const auto after = run(record(processes, 50ms));
    EXPECT_EQ(after.threads_peak, 0);
    EXPECT_EQ(after.cpu, Duration{}) << "never counted backwards";
    EXPECT_TRUE(processes.gone());
}

}  // namespace
}  // namespace volley::verify
