// The end: whatever happens, no process of the tree is left.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <thread>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/this_coro.hpp>

#include "net/process/fixture.hpp"
#include "process/proc_tree.hpp"

namespace volley::server::test {
namespace {

using namespace std::chrono_literals;
using testing::Ge;

class End : public ProcessTest {
protected:
    /// A server that uses every trick to outlive its starter, without meaning to: a child in a session of its own, a grandchild whose parent
    /// has gone, and one that will not hear SIGTERM.
    std::vector<std::string> escapist(std::uint16_t port) const {
        auto inner = http_server(port);
        std::vector<std::string> out{"/bin/sh", "-c",
                                     "setsid sleep 1000 & "
                                     "setsid sh -c 'setsid sleep 1000 & exit 0' & "
                                     "setsid sh -c 'trap \"\" TERM HUP INT; while :; do sleep 0.1; done' & "
                                     "exec \"$@\"",
                                     "sh"};
        out.insert(out.end(), inner.begin(), inner.end());
        return out;
    }
    /// The escapist and its three relatives (the shells' short-lived children aside).
    void expect_whole_tree() const {
        for (int i = 0; i < 500 && marked() < 5; ++i) std::this_thread::sleep_for(10ms);
        EXPECT_THAT(marked(), Ge(5));
    }
};

TEST_F(End, stop_ends_escaped_descendants_too) {
    const auto port = free_port();
    auto s = spec(escapist(port), port);
    s.stop_grace = 300ms;
    const auto server = start(s);
    ASSERT_EQ(wait_ready(*server), error_code{}) << why_.message << why_.remote;
    expect_whole_tree();
    stop(*server);
    EXPECT_EQ(marked(), 0);  // at once: stop() waits for all of it
    stop(*server);           // a second stop is nothing
    EXPECT_EQ(server->sample_tree().processes, 0);
}

TEST_F(End, the_destructor_ends_escaped_descendants_too) {
    const auto port = free_port();
    auto s = spec(escapist(port), port);
    s.stop_grace = 300ms;
    {
        const auto server = start(s);
        ASSERT_EQ(wait_ready(*server), error_code{}) << why_.message;
        expect_whole_tree();
    }
    EXPECT_EQ(marked(), 0);
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);  // no zombie either
    io_.run_for(100ms);                              // handlers of the destroyed server come to nothing
}

TEST_F(End, a_failed_start_leaves_nothing) {
    auto s = spec(escapist(free_port()), free_port());  // it listens elsewhere
    s.ready.timeout = 500ms;
    s.stop_grace = 300ms;
    {
        const auto server = start(s);
        EXPECT_EQ(wait_ready(*server), Condition::timeout);
    }
    EXPECT_EQ(marked(), 0);
}

TEST_F(End, a_server_that_ends_itself_leaves_no_descendants_after_stop) {
    const auto server = start(log_spec(shell("setsid sleep 1000 & echo up; exit 4"), "up"));
    while (server->alive()) io_.run_one();
    EXPECT_EQ(server->ending(), "exited with status 4");
    stop(*server);
    EXPECT_EQ(marked(), 0);
}

TEST_F(End, a_server_that_goes_into_the_background_counts_as_running) {
    const auto server = start(log_spec(shell("setsid sh -c 'sleep 0.3; echo up; exec sleep 1000' & exit 0"), "up"));
    EXPECT_EQ(wait_ready(*server), error_code{}) << why_.message;
    EXPECT_TRUE(server->alive());
    EXPECT_EQ(server->sample_tree().processes, 1);
    stop(*server);
    EXPECT_EQ(marked(), 0);
}

TEST_F(End, a_death_in_the_middle_is_noticed) {
    const auto port = free_port();
    const auto server = start(spec(http_server(port), port));
    ASSERT_EQ(wait_ready(*server), error_code{}) << why_.message;
    ASSERT_EQ(::kill(server->pid(), SIGKILL), 0);
    while (server->alive()) io_.run_one();
    EXPECT_EQ(server->ending(), "killed by SIGKILL");
    stop(*server);
    EXPECT_EQ(marked(), 0);
}

TEST_F(End, the_stop_signal_is_the_one_asked_for_and_comes_once) {
    // os.write, because print() may write a line and its end apart, and then the signal's line lands between them.
    auto s = log_spec(python("import os, signal, sys, time\n"
                             "def on(n, f):\n"
                             "    os.write(1, b'got %d\\n' % n)\n"
                             "    if n == 15: sys.exit(9)\n"
                             "signal.signal(10, on); signal.signal(15, on)\n"
                             "os.write(1, b'up\\n')\n"
                             "while True: time.sleep(0.05)\n"),
                      "up");
    s.stop_signal = SIGUSR1;
    s.stop_grace = 600ms;
    const auto server = start(s);
    ASSERT_EQ(wait_ready(*server), error_code{}) << why_.message;
    stop(*server);
    EXPECT_EQ(server->ending(), "killed by SIGKILL");
    EXPECT_THAT(server->log_tail(), testing::ElementsAre("up", "got 10"));
}

TEST_F(End, a_server_may_use_its_grace_to_say_goodbye) {
    auto s = log_spec(shell("trap 'sleep 0.3; echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done"), "up");
    s.stop_grace = 60s;
    const auto server = start(s);
    ASSERT_EQ(wait_ready(*server), error_code{}) << why_.message;
    stop(*server);
    EXPECT_EQ(server->log_tail().back(), "bye");
    EXPECT_EQ(server->ending(), "exited with status 0");
}

TEST_F(End, a_writer_of_endless_log_ends_too) {
    for (const bool by_destructor : {false, true}) {
        // It ignores SIGTERM's default only to write on: the pipe is full whenever nobody drains it.
        auto s = log_spec(shell("trap 'head -c 3000000 /dev/zero; exit 5' TERM; echo up; while :; do echo x; done"), "up");
        s.stop_grace = 60s;
        auto server = start(s);
        ASSERT_EQ(wait_ready(*server), error_code{}) << why_.message;
        if (!by_destructor) {
            stop(*server);
            EXPECT_EQ(server->ending(), "exited with status 5");
        }
        server.reset();
        EXPECT_EQ(marked(), 0);
    }
}

TEST_F(End, a_supervisor_killed_with_9_takes_the_tree_with_it_at_stop) {
    const auto port = free_port();
    const auto server = start(spec(escapist(port), port));
    ASSERT_EQ(wait_ready(*server), error_code{}) << why_.message;
    expect_whole_tree();
    const auto child = process::read_stat(server->pid());
    ASSERT_TRUE(child);
    ASSERT_EQ(::kill(child->parent, SIGKILL), 0);
    while (server->alive()) io_.run_one();
    EXPECT_THAT(server->ending(), testing::HasSubstr("supervisor was killed"));
    stop(*server);
    EXPECT_TRUE(all_gone());
}

boost::asio::awaitable<bool> stop_when_cancelled(SpawnedServer& server, bool throws) {
    Diagnostics why;
    co_await boost::asio::this_coro::throw_if_cancelled(throws);
    error_code ec;
    try {
        ec = co_await server.wait_ready(why);
    } catch (const boost::system::system_error& e) {
        ec = e.code();
    }
    EXPECT_EQ(ec, Condition::cancelled) << ec.message();
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    co_await server.stop();
    co_return true;
}

TEST_F(End, a_cancelled_caller_can_still_stop) {
    for (const bool throws : {true, false}) {
        auto s = spec(escapist(free_port()), free_port());  // never ready
        s.stop_grace = 200ms;
        s.ready.timeout = 1h;
        const auto server = start(s);
        io_.restart();
        boost::asio::cancellation_signal cancel;
        bool done = false;
        auto on_end = [&done](std::exception_ptr e, bool) {
            EXPECT_FALSE(e);
            done = true;
        };
        boost::asio::co_spawn(io_, stop_when_cancelled(*server, throws),
                              boost::asio::bind_cancellation_slot(cancel.slot(), std::move(on_end)));
        io_.run_for(100ms);
        cancel.emit(boost::asio::cancellation_type::terminal);
        while (!done) io_.run_one();
        EXPECT_EQ(marked(), 0);
    }
}

TEST_F(End, one_servers_end_is_not_anothers) {
    const auto a = free_port();
    const auto b = free_port();
    const auto first = start(spec(http_server(a), a));
    const auto second = start(spec(http_server(b), b));
    ASSERT_EQ(wait_ready(*first), error_code{}) << why_.message;
    ASSERT_EQ(wait_ready(*second), error_code{}) << why_.message;
    stop(*first);
    EXPECT_TRUE(second->alive());
    EXPECT_EQ(wait_ready(*second), error_code{}) << why_.message;
    stop(*second);
    EXPECT_EQ(marked(), 0);
}

/// Another program that owns a server, killed in the middle; `said` is the first that it says.
class Owner {
public:
    Owner(const std::string& mark, std::uint16_t port, const std::vector<std::string>& command) {
        std::array<int, 2> out{};
        EXPECT_EQ(::pipe2(out.data(), O_CLOEXEC), 0);
        std::vector<std::string> argv{VOLLEY_TEST_HELPER, "own", std::to_string(port)};
        argv.insert(argv.end(), command.begin(), command.end());
        std::vector<char*> pointers;
        for (auto& a : argv) pointers.push_back(a.data());
        pointers.push_back(nullptr);
        std::vector<char*> environment;
        for (char** e = environ; *e; ++e) environment.push_back(*e);
        std::string no_pyc = "PYTHONDONTWRITEBYTECODE=1";
        environment.push_back(no_pyc.data());
        std::string marked = mark;
        environment.push_back(marked.data());
        environment.push_back(nullptr);
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, out[1], 1);
        EXPECT_EQ(::posix_spawn(&pid_, argv[0].c_str(), &actions, nullptr, pointers.data(), environment.data()), 0);
        posix_spawn_file_actions_destroy(&actions);
        ::close(out[1]);
        std::array<char, 256> text{};
        const auto n = ::read(out[0], text.data(), text.size());
        said.assign(text.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
        ::close(out[0]);
    }
    void end_with(int signal) {
        ASSERT_EQ(::kill(pid_, signal), 0);
        ASSERT_EQ(::waitpid(pid_, nullptr, 0), pid_);
    }
    std::string said;

private:
    pid_t pid_ = 0;
};

TEST_F(End, kill_9_of_the_starter_ends_escaped_descendants_too) {
    const auto port = free_port();
    Owner owner(mark_, port, escapist(port));
    ASSERT_EQ(owner.said, "ready\n");
    expect_whole_tree();
    owner.end_with(SIGKILL);
    EXPECT_TRUE(all_gone());
}

TEST_F(End, sigint_to_the_starter_ends_the_server_too) {
    const auto port = free_port();
    Owner owner(mark_, port, http_server(port));
    ASSERT_EQ(owner.said, "ready\n");
    owner.end_with(SIGINT);
    EXPECT_TRUE(all_gone());
}

std::vector<std::string> uvicorn(std::uint16_t port) {
    return {"/usr/bin/python3",   "-m",        "uvicorn", "--app-dir", VOLLEY_SCENARIOS "/django", "demo:application", "--port",
            std::to_string(port), "--workers", "2"};
}

TEST_F(End, uvicorn_with_workers_is_gone_after_stop_and_after_kill_9) {
    const auto port = free_port();
    {
        auto s = spec(uvicorn(port), port);
        s.ready.kind = ReadyWhen::Kind::http;
        s.ready.path = "/healthz";
        const auto server = start(s);
        ASSERT_EQ(wait_ready(*server), error_code{}) << why_.message << '\n' << why_.remote;
        EXPECT_THAT(marked(), Ge(4));  // the supervisor, uvicorn, two workers (and Python's resource tracker)
        stop(*server);
        EXPECT_EQ(marked(), 0);
    }
    const auto again = free_port();
    Owner owner(mark_, again, uvicorn(again));
    ASSERT_EQ(owner.said, "ready\n");
    EXPECT_THAT(marked(), Ge(4));
    owner.end_with(SIGKILL);
    EXPECT_TRUE(all_gone());
}

}  // namespace
}  // namespace volley::server::test
