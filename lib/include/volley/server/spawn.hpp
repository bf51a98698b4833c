// Servers under test as child processes: ours and somebody else's, started, watched and surely ended.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <volley/error.hpp>
#include <volley/time.hpp>

namespace volley::server {

/// How a started server shows that it is ready.
struct ReadyWhen {
    enum class Kind { http, tcp, log } kind = Kind::tcp;
    std::string path = "/";  ///< for http
    int status = 200;        ///< for http
    std::string log_text;    ///< for log: text that a line contains
    Duration timeout = std::chrono::seconds(20);
};

/// What to start. `argv[0]` is looked up in PATH. Every occurrence of the picked port is already in place: see pick_port().
struct SpawnSpec {
    std::vector<std::string> argv;
    std::string cwd;                                       ///< empty: ours
    std::vector<std::pair<std::string, std::string>> env;  ///< added to ours
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;
    ReadyWhen ready;
    int stop_signal = 15;
    Duration stop_grace = std::chrono::seconds(5);
};

/// One reading of a process tree from /proc. Source: proc(5).
struct TreeSample {
    TimePoint at{};
    int processes = 0;
    int threads = 0;
    int descriptors = 0;
    Duration cpu{};  ///< user and system, of the living and the waited-for
    std::uint64_t rss_bytes = 0;
};

/// A server process under the supervisor. The death of this process, kill -9 included, ends the whole tree as stop() does.
/// Thread safety: none; every call on the executor's thread. Lifetime: not to be destroyed while wait_ready() or stop() runs, nor after its
/// executor's context.
class SpawnedServer {
public:
    /// Without stop() before it, ends the whole tree (the signal, after the grace SIGKILL) and blocks until that is done: at most
    /// `stop_grace` and 15 seconds, usually milliseconds.
    virtual ~SpawnedServer() = default;
    /// Waits until it is ready, has died, or the time is over. Words in `why.message`, its last 40 log lines, as they came, in `why.remote`.
    /// Errors: Condition::timeout; Condition::refused: it ended first; address_in_use: somebody else answers on that port.
    /// Cancellation: terminal; the server goes on running until stop().
    virtual boost::asio::awaitable<error_code> wait_ready(Diagnostics& why) = 0;
    [[nodiscard]] virtual std::uint16_t port() const noexcept = 0;
    [[nodiscard]] virtual int pid() const noexcept = 0;
    /// Still running, as far as the supervisor said. A program that exits with 0 and leaves descendants has gone into the background
    /// and counts as running until they are gone.
    [[nodiscard]] virtual bool alive() const noexcept = 0;
    /// "exited with status 1", "killed by SIGSEGV"; empty while it runs.
    [[nodiscard]] virtual std::string ending() const = 0;
    /// The last lines (40 at most) of its standard output and error, escaped for a terminal.
    [[nodiscard]] virtual std::vector<std::string> log_tail() const = 0;
    /// Its process tree now.
    [[nodiscard]] virtual TreeSample sample_tree() const = 0;
    /// Ends it and waits until no process of its tree is left. A second call does nothing.
    /// Cancellation: is put off: it takes effect at the caller's next wait. A caller that may be cancelled already must call
    /// this_coro::throw_if_cancelled(false) before, else the co_await itself throws.
    virtual boost::asio::awaitable<void> stop() = 0;
};

/// A port of that host on which nobody listens, tried by binding it. It is taken from below the kernel's range for outgoing connections, so
/// that no client's connection takes it in between; another server still may: readiness checks whose the listener is.
/// Errors: Condition::resolve; address_not_available: no address of this machine; address_in_use after 64 tries.
[[nodiscard]] Result<std::uint16_t> pick_port(const std::string& host);

/// Starts it; blocks until the program runs, which takes milliseconds. Errors, with words in `why`: no_such_file_or_directory and
/// permission_denied (with the PATH that was searched), address_in_use (with who listens there), invalid_argument, Condition::exhausted.
[[nodiscard]] Result<std::unique_ptr<SpawnedServer>> spawn_server(boost::asio::any_io_executor executor, SpawnSpec spec,
                                                                  Diagnostics& why);

/// Program and leading arguments that run the supervisor or a built-in server in a process of its own. The command-line program sets
/// itself; a library user gets the installed helper `libexec/volley/volley-server`. The first entry is a path, not looked up in PATH.
void set_helper(std::vector<std::string> argv);
[[nodiscard]] const std::vector<std::string>& helper();

/// The command that runs a built-in server of that kind (`coroutine`, `pool:8`, `serial`) in a process of its own: for SpawnSpec::argv.
/// @param faults  that its /offer has, as `volley serve --fault` takes them
[[nodiscard]] std::vector<std::string> builtin_command(const std::string& kind, const std::string& host, std::uint16_t port,
                                                       const std::vector<std::string>& faults = {});

/// The helper's own main: argv[1] is `supervise` or `serve`. To be called before the process starts any thread. @return an exit code.
int helper_main(int argc, char** argv);

}  // namespace volley::server
