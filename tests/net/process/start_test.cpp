// Starting: what is ready when, and every way in which it never is.
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>

#include "net/process/fixture.hpp"
#include "process/ports.hpp"

namespace volley::server::test {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;
using testing::AllOf;
using testing::HasSubstr;
using testing::Le;

class Start : public ProcessTest {};

/// A listener of this very process.
tcp::acceptor listen_on(boost::asio::io_context& io, std::uint16_t port) {
    return tcp::acceptor(io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), port));
}

TEST_F(Start, ready_by_http_status) {
    const auto port = free_port();
    auto s = spec(http_server(port), port);
    s.ready.kind = ReadyWhen::Kind::http;
    const auto server = start(s);
    EXPECT_EQ(wait_ready(*server), error_code{}) << why_.message << '\n' << why_.remote;
    EXPECT_TRUE(server->alive());
    EXPECT_EQ(server->ending(), "");
    EXPECT_EQ(server->port(), port);
    EXPECT_EQ(marked(), 2);  // the supervisor and the server
    stop(*server);
    EXPECT_FALSE(server->alive());
    EXPECT_EQ(server->ending(), "killed by SIGTERM");
    EXPECT_TRUE(all_gone());
}

TEST_F(Start, ready_by_tcp_connection) {
    const auto port = free_port();
    const auto server = start(spec(http_server(port), port));
    EXPECT_EQ(wait_ready(*server), error_code{}) << why_.message;
    stop(*server);
}

TEST_F(Start, ready_by_a_log_line_that_comes_in_pieces_and_without_an_end) {
    const auto server = start(
        log_spec(shell("printf 'Application star'; sleep 0.2; printf 'tup complete.'; exec sleep 1000"), "startup complete"));
    EXPECT_EQ(wait_ready(*server), error_code{}) << why_.message;
    EXPECT_THAT(server->log_tail(), testing::ElementsAre("Application startup complete."));
    stop(*server);
    EXPECT_TRUE(all_gone());
}

TEST_F(Start, a_wrong_status_is_not_ready_and_the_words_say_so) {
    const auto port = free_port();
    auto s = spec(http_server(port), port);
    s.ready.kind = ReadyWhen::Kind::http;
    s.ready.path = "/elsewhere";
    s.ready.timeout = 3s;
    const auto server = start(s);
    EXPECT_EQ(wait_ready(*server), Condition::timeout);
    EXPECT_THAT(why_.message, AllOf(HasSubstr("/elsewhere"), HasSubstr("it answered 404, wanted 200"), HasSubstr("within 3")));
    EXPECT_THAT(why_.remote, HasSubstr("GET /elsewhere"));  // the server's own log
    stop(*server);
}

TEST_F(Start, what_is_no_http_server_is_not_ready) {
    const auto port = free_port();
    auto s = spec(python("import socket\nl = socket.create_server(('127.0.0.1', " + std::to_string(port) +
                         "))\nwhile True:\n  c = l.accept()[0]; c.sendall(b'SSH-2.0-\\x1b[31mred\\r\\n'); c.close()\n"),
                  port);
    s.ready.kind = ReadyWhen::Kind::http;
    s.ready.timeout = 2s;
    const auto server = start(s);
    EXPECT_EQ(wait_ready(*server), Condition::timeout);
    EXPECT_THAT(why_.message, HasSubstr("the answer is not HTTP: SSH-2.0-\\x1b[31mred"));
    stop(*server);
}

TEST_F(Start, never_listening_is_a_timeout) {
    auto s = spec(shell("exec sleep 1000"), free_port());
    s.ready.timeout = 300ms;
    const auto server = start(s);
    EXPECT_EQ(wait_ready(*server), Condition::timeout);
    EXPECT_THAT(why_.message, AllOf(HasSubstr("not ready within 300 ms"), HasSubstr("nobody listens there yet"),
                                    HasSubstr("it wrote nothing")));
    EXPECT_TRUE(server->alive());
    stop(*server);
    EXPECT_TRUE(all_gone());
}

TEST_F(Start, a_death_before_ready_is_told_at_once_with_the_last_words) {
    auto s = spec(shell("echo one; echo two >&2; exit 3"), free_port());
    s.ready.timeout = 1h;  // the test's own limit shows that nobody waits for this
    const auto server = start(s);
    EXPECT_EQ(wait_ready(*server), Condition::refused);
    EXPECT_THAT(why_.message, HasSubstr("exited with status 3"));
    EXPECT_EQ(why_.remote, "one\ntwo");
    EXPECT_FALSE(server->alive());
    EXPECT_EQ(server->ending(), "exited with status 3");
    stop(*server);
}

TEST_F(Start, a_death_while_it_is_being_asked_is_told_at_once) {
    const auto port = free_port();
    auto s = spec(python("import socket, os\nl = socket.create_server(('127.0.0.1', " + std::to_string(port) +
                         "))\nl.accept()\nos._exit(7)\n"),
                  port);
    s.ready.kind = ReadyWhen::Kind::http;
    s.ready.timeout = 1h;
    const auto server = start(s);
    EXPECT_EQ(wait_ready(*server), Condition::refused);
    EXPECT_EQ(server->ending(), "exited with status 7");
    stop(*server);
}

TEST_F(Start, a_death_by_signal_has_its_name) {
    const auto server = start(log_spec(shell("kill -SEGV $$"), "never"));
    EXPECT_EQ(wait_ready(*server), Condition::refused);
    EXPECT_THAT(why_.message, HasSubstr("killed by SIGSEGV"));
    stop(*server);
}

TEST_F(Start, a_port_taken_before_the_start_names_who_has_it) {
    const auto port = free_port();
    const auto taken = listen_on(io_, port);
    const auto server = spawn_server(io_.get_executor(), spec(http_server(port), port), why_);
    ASSERT_FALSE(server);
    EXPECT_EQ(server.error(), boost::system::errc::address_in_use);
    EXPECT_THAT(why_.message,
                AllOf(HasSubstr("port " + std::to_string(port)), HasSubstr("process " + std::to_string(::getpid()) + " (")));
    EXPECT_EQ(marked(), 0);
}

TEST_F(Start, a_port_taken_after_the_start_is_noticed) {
    const auto port = free_port();
    auto s = spec(shell("echo starting slowly; exec sleep 1000"), port);
    const auto server = start(s);
    const auto taken = listen_on(io_, port);
    EXPECT_EQ(wait_ready(*server), boost::system::errc::address_in_use);
    EXPECT_THAT(why_.message,
                AllOf(HasSubstr("not the server that was started"), HasSubstr("process " + std::to_string(::getpid()) + " (")));
    EXPECT_EQ(why_.remote, "starting slowly");
    stop(*server);
}

TEST_F(Start, an_unknown_program_names_the_path_searched) {
    const auto server = spawn_server(io_.get_executor(), spec({"volley-no-such-program"}, free_port()), why_);
    ASSERT_FALSE(server);
    EXPECT_EQ(server.error(), boost::system::errc::no_such_file_or_directory);
    EXPECT_THAT(why_.message, AllOf(HasSubstr("'volley-no-such-program'"), HasSubstr("PATH ("), HasSubstr("/usr/bin")));
}

TEST_F(Start, the_path_searched_is_the_servers_own) {
    auto s = spec({"sh"}, free_port());
    s.env.emplace_back("PATH", "/nowhere");
    ASSERT_FALSE(spawn_server(io_.get_executor(), s, why_));
    EXPECT_THAT(why_.message, HasSubstr("PATH (/nowhere)"));
}

TEST_F(Start, what_is_not_executable_says_so) {
    char name[] = "/tmp/volley_spawn_XXXXXX";
    const int fd = ::mkstemp(name);
    ASSERT_GE(fd, 0);
    ::close(fd);
    const auto server = spawn_server(io_.get_executor(), spec({name}, free_port()), why_);
    ASSERT_FALSE(server);
    EXPECT_EQ(server.error(), boost::system::errc::permission_denied);
    EXPECT_THAT(why_.message, HasSubstr("chmod +x"));
    // What only exec itself finds out comes back from the supervisor: an interpreter that is not there.
    FILE* f = std::fopen(name, "w");
    std::fputs("#!/no/such/interpreter\n", f);
    std::fclose(f);
    ::chmod(name, 0700);
    const auto again = spawn_server(io_.get_executor(), spec({name}, free_port()), why_);
    ::unlink(name);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error(), boost::system::errc::no_such_file_or_directory);
    EXPECT_THAT(why_.message, HasSubstr("cannot run"));
    EXPECT_TRUE(all_gone());
}

TEST_F(Start, a_missing_folder_and_helper_are_told_apart) {
    auto s = spec(shell("true"), free_port());
    s.cwd = "/no/such/folder";
    ASSERT_FALSE(spawn_server(io_.get_executor(), s, why_));
    EXPECT_THAT(why_.message, HasSubstr("no folder '/no/such/folder'"));
    s.cwd.clear();
    set_helper({"/no/such/helper"});
    ASSERT_FALSE(spawn_server(io_.get_executor(), s, why_));
    EXPECT_THAT(why_.message, HasSubstr("helper program '/no/such/helper' is missing"));
    set_helper({"/bin/echo", "this is no helper:"});
    ASSERT_FALSE(spawn_server(io_.get_executor(), s, why_));
    EXPECT_THAT(why_.message, HasSubstr("ended before it started the server"));
    EXPECT_THAT(why_.remote, HasSubstr("this is no helper: supervise"));
}

TEST_F(Start, wrong_specs_are_refused) {
    const auto refused = [&](SpawnSpec s) {
        const auto r = spawn_server(io_.get_executor(), std::move(s), why_);
        return !r && r.error() == boost::system::errc::invalid_argument;
    };
    EXPECT_TRUE(refused(spec({}, free_port())));
    EXPECT_TRUE(refused(spec(shell("true"), 0)));
    auto s = spec(shell("true"), free_port());
    s.ready.kind = ReadyWhen::Kind::http;
    s.ready.path = "/a b\r\nX: y";
    EXPECT_TRUE(refused(s));
    EXPECT_THAT(why_.message, HasSubstr("percent-encoded"));
    s.ready.path = "/";
    s.stop_signal = 0;
    EXPECT_TRUE(refused(s));
    s.stop_signal = 15;
    s.env.emplace_back("A=B", "c");
    EXPECT_TRUE(refused(s));
    EXPECT_TRUE(refused(log_spec(shell("true"), "")));
}

TEST_F(Start, folder_environment_and_signals_reach_the_server) {
    auto s = log_spec(
        shell("pwd; echo \"$GREETING\"; kill -0 $$; trap 'echo interrupted' INT; kill -INT $$; echo done; exec sleep 1000"),
        "done");
    s.cwd = "/usr";
    s.env.emplace_back("GREETING", "hello there");
    const auto server = start(s);
    EXPECT_EQ(wait_ready(*server), error_code{}) << why_.message;
    // The supervisor ignores SIGINT; what it starts must not inherit that.
    EXPECT_THAT(server->log_tail(), testing::ElementsAre("/usr", "hello there", "interrupted", "done"));
    stop(*server);
}

TEST_F(Start, the_server_has_its_own_session_and_none_of_our_descriptors) {
    // As Asio opens them: without CLOEXEC.
    const auto leaky = listen_on(io_, free_port());
    const auto server = start(log_spec(shell("echo up; exec sleep 1000"), "up"));
    ASSERT_EQ(wait_ready(*server), error_code{}) << why_.message;
    EXPECT_NE(::getsid(server->pid()), ::getsid(0));
    EXPECT_NE(::getpgid(server->pid()), ::getsid(server->pid()));  // its group is not the supervisor's
    int descriptors = 0;  // the shell and then sleep's loader have a file open for a moment
    for (int i = 0; i < 500 && descriptors != 3; ++i) {
        run_for(10ms);
        descriptors = server->sample_tree().descriptors;
    }
    EXPECT_EQ(descriptors, 3);
    stop(*server);
}

TEST_F(Start, a_flood_of_log_is_taken_and_only_its_end_is_kept) {
    auto s = log_spec(
        shell("yes 'a line that is written over and over again' | head -c 30000000; head -c 5000 /dev/zero | tr '\\0' z; echo; "
              "printf '\\033[31mlast\\n'; exec sleep 1000"),
        "last");
    const auto server = start(s);
    EXPECT_EQ(wait_ready(*server), error_code{}) << why_.message;
    const auto tail = server->log_tail();
    ASSERT_EQ(tail.size(), 40U);
    EXPECT_THAT(tail, testing::Each(testing::SizeIs(Le(1000U))));
    EXPECT_EQ(tail.back(), "\\x1b[31mlast");  // safe to print
    EXPECT_EQ(tail[38].back(), 'z');
    EXPECT_EQ(tail[38].size(), 1000U);
    stop(*server);
}

TEST_F(Start, a_picked_port_is_free_and_outside_the_range_of_clients) {
    const auto port = pick_port("127.0.0.1");
    ASSERT_TRUE(port);
    unsigned low = 0;
    FILE* f = std::fopen("/proc/sys/net/ipv4/ip_local_port_range", "r");
    ASSERT_TRUE(f);
    ASSERT_EQ(std::fscanf(f, "%u", &low), 1);
    std::fclose(f);
    if (low > 11000) {
        EXPECT_LT(*port, low);
    }
    EXPECT_NO_THROW(listen_on(io_, *port));
    EXPECT_TRUE(pick_port("localhost"));
    EXPECT_TRUE(pick_port("0.0.0.0"));
}

TEST_F(Start, a_port_cannot_be_picked_on_somebody_elses_address) {
    EXPECT_EQ(pick_port("192.0.2.1").error(), boost::system::errc::address_not_available);  // TEST-NET-1: RFC 5737
    EXPECT_EQ(pick_port("no such host").error(), Condition::resolve);
}

TEST_F(Start, a_listener_belongs_to_the_tree_also_when_a_grandchild_holds_it) {
    const auto port = free_port();
    auto inner = http_server(port);
    auto s = spec({"/bin/sh", "-c", "setsid \"$@\" & wait", "sh"}, port);
    s.argv.insert(s.argv.end(), inner.begin(), inner.end());
    const auto server = start(s);
    EXPECT_EQ(wait_ready(*server), error_code{}) << why_.message;
    stop(*server);
    EXPECT_TRUE(all_gone());
}

}  // namespace
}  // namespace volley::server::test
