#include "process/supervisor.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/proc_tree.hpp"

namespace volley::process {
namespace {

using namespace std::chrono_literals;

struct Options {
    int fd = -1;
    int signal = SIGTERM;
    std::chrono::milliseconds grace = 5s;
    const char* cwd = nullptr;
    char** command = nullptr;
};

template <class Int>
bool read_number(std::string_view text, Int& out) {
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
    return ec == std::errc{} && end == text.data() + text.size();
}

std::optional<Options> read_options(int argc, char** argv) {
    Options out;
    for (int i = 0; i < argc; ++i) {
        const std::string_view flag(argv[i]);
        if (flag == "--") {
            out.command = argv + i + 1;  // argv ends with a null pointer, as exec wants it
            break;
        }
        if (++i >= argc) return std::nullopt;
        const std::string_view value(argv[i]);
        long long ms = 0;
        if (flag == "--fd" && read_number(value, out.fd)) continue;
        if (flag == "--signal" && read_number(value, out.signal)) continue;
        if (flag == "--grace" && read_number(value, ms) && ms >= 0) {
            out.grace = std::chrono::milliseconds(ms);
            continue;
        }
        if (flag == "--cwd") {
            out.cwd = argv[i];
            continue;
        }
        return std::nullopt;
    }
    if (out.fd < 3 || out.signal <= 0 || out.signal >= NSIG || !out.command || !*out.command) return std::nullopt;
    return out;
}

class Supervisor {
public:
    explicit Supervisor(const Options& options) : options_(options) {}

    int run() {
        settle();
        if (!start()) return 127;
        for (;;) {
            const bool any_left = reap();
            if (!any_left) {
                say("gone\n");
                return 0;
            }
            if (phase_ != Phase::running && !end_round()) return 1;
            wait_for_news();
        }
    }

private:
    enum class Phase { running, stopping, killing };
    using Time = std::chrono::steady_clock::time_point;

    /// Makes this process a keeper: own session (no terminal's Ctrl-C or hang-up reaches it or the server), nothing open but the
    /// standard three and the control socket, orphans come to us.
    void settle() {
        ::fcntl(options_.fd, F_SETFD, FD_CLOEXEC);
        // Asio opens its sockets without CLOEXEC, so ours may have come along; a server must not hold them open.
        if (options_.fd > 3) ::syscall(SYS_close_range, 3U, static_cast<unsigned>(options_.fd) - 1U, 0U);
        ::syscall(SYS_close_range, static_cast<unsigned>(options_.fd) + 1U, ~0U, 0U);
        ::prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL);
        ::prctl(PR_SET_NAME, "volley-keeper", 0UL, 0UL, 0UL);
        ::setsid();
        for (const int s : {SIGINT, SIGHUP, SIGQUIT, SIGPIPE}) std::signal(s, SIG_IGN);
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGCHLD);
        sigaddset(&set, SIGTERM);
        ::sigprocmask(SIG_SETMASK, &set, nullptr);
        signals_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    }

    void say(const std::string& line) {
        if (options_.fd >= 0) ::send(options_.fd, line.data(), line.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    }

    bool start() {
        std::array<int, 2> failure{};
        if (::pipe2(failure.data(), O_CLOEXEC) != 0) {
            say("failed " + std::to_string(errno) + " pipe\n");
            return false;
        }
        const int self = ::getpid();
        // A plain fork is right here: this process has no other thread.
        child_ = ::fork();
        if (child_ == 0) {
            const char* step = become_server(self);
            const std::string told = std::to_string(errno) + ' ' + step;
            [[maybe_unused]] const auto n = ::write(failure[1], told.data(), told.size());
            ::_exit(127);
        }
        const int fork_error = errno;
        ::close(failure[1]);
        std::array<char, 64> told{};
        ssize_t n = 0;
        if (child_ > 0) {
            do n = ::read(failure[0], told.data(), told.size());
            while (n < 0 && errno == EINTR);
        }
        ::close(failure[0]);
        if (child_ < 0) {
            say("failed " + std::to_string(fork_error) + " fork\n");
            return false;
        }
        if (n > 0) {
            say("failed " + std::string(told.data(), static_cast<std::size_t>(n)) + '\n');
            ::waitpid(child_, nullptr, 0);
            return false;
        }
        say("started " + std::to_string(child_) + '\n');
        return true;
    }

    /// In the forked child: returns only if something failed, with its name.
    const char* become_server(int supervisor) {
        // Should somebody kill the supervisor itself with -9, then at least the server goes with it.
        ::prctl(PR_SET_PDEATHSIG, static_cast<unsigned long>(SIGKILL), 0UL, 0UL, 0UL);
        if (::getppid() != supervisor) ::_exit(127);
        ::setpgid(0, 0);
        for (const int s : {SIGINT, SIGHUP, SIGQUIT, SIGPIPE}) std::signal(s, SIG_DFL);
        sigset_t none;
        sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        if (options_.cwd && ::chdir(options_.cwd) != 0) return "chdir";
        ::execvp(options_.command[0], options_.command);
        return "exec";
    }

    /// Collects everything that has ended. @return whether any child is left.
    bool reap() {
        for (;;) {
            int status = 0;
            const pid_t pid = ::waitpid(-1, &status, WNOHANG);
            if (pid < 0 && errno == EINTR) continue;
            if (pid <= 0) {
                const bool left = pid == 0;
                if (std::exchange(child_ended_, false)) tell_end(left);
                return left;
            }
            if (pid == child_) {
                child_ended_ = true;
                child_status_ = status;
            }
        }
    }

    void tell_end(bool left) {
        const bool killed = WIFSIGNALED(child_status_);
        const int number = killed ? WTERMSIG(child_status_) : WEXITSTATUS(child_status_);
        say("exited " + std::string(killed ? "signal " : "code ") + std::to_string(number) + " left " + (left ? "1\n" : "0\n"));
    }

    void begin_end(bool at_once) {
        const Time now = std::chrono::steady_clock::now();
        if (at_once && phase_ != Phase::killing) {
            phase_ = Phase::killing;
            until_ = now + 10s;
        } else if (phase_ == Phase::running) {
            phase_ = Phase::stopping;
            until_ = now + options_.grace;
        }
    }

    /// One sweep over the tree. @return false when killing has not helped for 10 s.
    bool end_round() {
        if (std::chrono::steady_clock::now() >= until_) {
            if (phase_ == Phase::killing) {
                say("stuck\n");
                return false;
            }
            begin_end(true);
        }
        for (const auto& p : descendants(::getpid())) {
            if (p.dead()) continue;
            if (phase_ == Phase::killing)
                signal_process(p, SIGKILL);
            else if (asked_.emplace(p.pid, p.started).second)  // once each: to many a second TERM means "drop everything"
                signal_process(p, options_.signal);
        }
        return true;
    }

    void wait_for_news() {
        std::array<pollfd, 2> wait{{{signals_, POLLIN, 0}, {options_.fd, POLLIN, 0}}};
        // While ending, new descendants may appear at any time without a signal to us.
        const int timeout = phase_ == Phase::running ? -1 : phase_ == Phase::stopping ? 50 : 10;
        if (::poll(wait.data(), wait.size(), timeout) <= 0) return;
        if (wait[0].revents != 0) {
            signalfd_siginfo info{};
            while (::read(signals_, &info, sizeof info) == static_cast<ssize_t>(sizeof info))
                if (info.ssi_signo == SIGTERM) begin_end(false);
        }
        if (wait[1].revents != 0) {
            std::array<char, 16> word{};
            const auto n = ::recv(options_.fd, word.data(), word.size(), MSG_DONTWAIT);
            if (n > 0) {
                begin_end(std::memchr(word.data(), 'k', static_cast<std::size_t>(n)) != nullptr);
            } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
                ::close(options_.fd);
                options_.fd = -1;  // poll skips it from now on
                begin_end(false);
            }
        }
    }

    Options options_;
    Phase phase_ = Phase::running;
    Time until_{};
    int signals_ = -1;
    pid_t child_ = -1;
    int child_status_ = 0;
    bool child_ended_ = false;
    std::set<std::pair<int, std::uint64_t>> asked_;
};

}  // namespace

int supervise(int argc, char** argv) {
    const auto options = read_options(argc, argv);
    if (!options) {
        std::fputs("usage: supervise --fd N [--cwd DIR] [--signal N] [--grace MS] -- PROGRAM ARGUMENT...\n", stderr);
        return 2;
    }
    return Supervisor(*options).run();
}

}  // namespace volley::process
