#include "app/processes.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include <volley/net/signals.hpp>

#include "server/handover.hpp"
#include "server/listener.hpp"

namespace volley::app {
namespace {

using namespace std::chrono_literals;

/// How long nothing is accepted where no process can take a connection.
constexpr Duration full_pause = 5ms;
/// The same where the system is out of something.
constexpr Duration error_pause = 50ms;
/// Connections of one listener before the others and the signals have their turn.
constexpr int batch = 64;

std::string ending_of(int status) {
    if (!WIFSIGNALED(status)) return fmt::format("ended with exit code {}", WEXITSTATUS(status));
    const char* const name = ::sigabbrev_np(WTERMSIG(status));
    return name != nullptr ? fmt::format("was killed by SIG{}", name) : fmt::format("was killed by signal {}", WTERMSIG(status));
}

/// The parent of all of them.
class Dealer {
public:
    Dealer(const server::Options& settings, unsigned count) : settings_(settings), count_(count) {}
    Dealer(const Dealer&) = delete;
    Dealer& operator=(const Dealer&) = delete;
    ~Dealer() {
        close_channels();
        close_listeners();
        if (signals_ < 0) return;  // never watched, or in a child
        ::close(signals_);
        ::sigprocmask(SIG_SETMASK, &before_, nullptr);
    }

    int run(const std::function<int(ProcessWork)>& work, const std::function<void()>& forked) {
        net::raise_descriptor_limit();
        if (!listen()) return 3;
        watch_signals();
        for (unsigned i = 0; i < count_; ++i) {
            const auto code = start(i, work);
            if (code) return *code;  // of the process that was forked
            if (stopping_) break;
        }
        forked();
        if (!stopping_) {
            const std::string line = server::listening_line(settings_.host, settings_.port, settings_.kind);
            std::fwrite(line.data(), 1, line.size(), stdout);
            std::fflush(stdout);
        }
        while (!stopping_) deal();
        end();
        return exit_code_;
    }

private:
    struct Child {
        pid_t pid = -1;    // -1: waited for
        int channel = -1;  // hand_over()'s end
    };

    bool listen() {
        boost::asio::io_context context;
        Diagnostics why;
        auto acceptors = server::open_listeners(context.get_executor(), settings_.host, settings_.port, settings_.backlog, why);
        if (!acceptors) {
            settings_.on_error(why.message);
            return false;
        }
        error_code ec;
        settings_.port = acceptors->front().local_endpoint(ec).port();
        for (auto& acceptor : *acceptors) {
            acceptor.native_non_blocking(true, ec);
            listeners_.push_back(acceptor.release(ec));
        }
        return true;
    }

    void watch_signals() {
        sigset_t set;
        sigemptyset(&set);
        for (const int number : {SIGINT, SIGTERM, SIGCHLD}) sigaddset(&set, number);
        ::sigprocmask(SIG_BLOCK, &set, &before_);
        signals_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    }

    /// @return an exit code in the child. In the parent nothing; then it is ready, or this process is stopping.
    std::optional<int> start(unsigned number, const std::function<int(ProcessWork)>& work) {
        const auto channel = server::make_handover();
        const pid_t parent = ::getpid();
        std::fflush(nullptr);
        const pid_t pid = channel.from < 0 ? -1 : ::fork();
        if (pid < 0) {
            settings_.on_error(fmt::format("cannot start process {} of {}: {}", number + 1, count_, std::strerror(errno)));
            for (const int end : {channel.from, channel.to})
                if (end >= 0) ::close(end);
            stop(3);
            return std::nullopt;
        }
        if (pid == 0) {
            ::close(channel.from);
            become_child(parent);
            return work({number, share(channel.to), [to = channel.to] { (void)::send(to, "r", 1, MSG_NOSIGNAL); }});
        }
        ::close(channel.to);
        children_.push_back({pid, channel.from});
        while (!stopping_) {
            std::array<pollfd, 2> wait{{{signals_, POLLIN, 0}, {channel.from, POLLIN, 0}}};
            ::poll(wait.data(), wait.size(), -1);
            char word = 0;
            // Its word comes before its end.
            if (::recv(channel.from, &word, 1, MSG_DONTWAIT) == 1) break;
            read_signals(true);
        }
        return std::nullopt;
    }

    void become_child(pid_t parent) {
        ::prctl(PR_SET_PDEATHSIG, static_cast<unsigned long>(SIGKILL), 0UL, 0UL, 0UL);
        if (::getppid() != parent) std::_Exit(1);
        close_channels();  // whose end must be seen when the parent is gone
        children_.clear();
        close_listeners();
        ::close(std::exchange(signals_, -1));
        ::sigprocmask(SIG_SETMASK, &before_, nullptr);
    }

    [[nodiscard]] server::Options share(int channel) const {
        server::Options out = settings_;
        out.connections_from = channel;
        out.limits.connections = (settings_.limits.connections + count_ - 1) / count_;
        return out;
    }

    /// Waits for connections and signals, and deals out what has come.
    void deal() {
        const TimePoint now = Clock::now();
        const bool paused = now < paused_until_;
        std::vector<pollfd> wait{{signals_, POLLIN, 0}};
        if (!paused)
            for (const int listener : listeners_) wait.push_back({listener, POLLIN, 0});
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(paused_until_ - now).count();
        ::poll(wait.data(), wait.size(), paused ? static_cast<int>(left) : -1);
        if (wait[0].revents != 0) read_signals(false);
        for (std::size_t i = 1; i < wait.size() && !stopping_; ++i)
            if (wait[i].revents != 0) accept_from(wait[i].fd);
    }

    void accept_from(int listener) {
        const bool pauses = settings_.accept_pause > Duration::zero();
        const int most = pauses ? settings_.backlog + 1 : batch;  // no more than can have waited
        for (int i = 0; i < most; ++i) {
            const int connection = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
            if (connection < 0) {
                if (errno == EINTR || errno == ECONNABORTED || errno == EPROTO) continue;
                if (errno != EAGAIN && errno != EWOULDBLOCK) tell_accept_error(errno);
                break;
            }
            hand(connection);
            ::close(connection);
        }
        if (pauses) paused_until_ = std::max(paused_until_, Clock::now() + settings_.accept_pause);
    }

    /// To the next one in turn that takes it. Where none does, the connection waits with this process, and those after it with the system.
    void hand(int connection) {
        while (!stopping_) {
            for (unsigned i = 0; i < count_; ++i) {
                const Child& child = children_[next_];
                next_ = (next_ + 1) % count_;
                if (server::hand_over(child.channel, connection) == server::HandedOver::yes) return;
            }
            pollfd wait{signals_, POLLIN, 0};
            ::poll(&wait, 1, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(full_pause).count()));
            read_signals(false);
        }
    }

    void tell_accept_error(int number) {
        const TimePoint now = Clock::now();
        paused_until_ = now + error_pause;
        if (now - last_accept_error_ < 1s) return;
        last_accept_error_ = now;
        settings_.on_error(fmt::format("cannot accept connections: {} (trying again)", std::strerror(number)));
    }

    void stop(int exit_code) {
        if (!std::exchange(stopping_, true)) exit_code_ = exit_code;
    }

    /// @param starting  the last child is not ready: what is wrong it says itself, and its exit code is ours.
    void read_signals(bool starting) {
        signalfd_siginfo info{};
        // All of them before the children are looked at: who signals a whole group means no failure.
        while (::read(signals_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
            if (info.ssi_signo == SIGCHLD) continue;
            if (signalled_) kill_all(static_cast<int>(info.ssi_signo));
            signalled_ = true;
            stop(0);
        }
        for (std::size_t i = 0; i < children_.size(); ++i) {
            int status = 0;
            Child& child = children_[i];
            if (child.pid < 0 || ::waitpid(child.pid, &status, WNOHANG) != child.pid) continue;
            // A signal to the whole group may have come before it was ready for one.
            const bool as_asked =
                signalled_ && WIFSIGNALED(status) && (WTERMSIG(status) == SIGINT || WTERMSIG(status) == SIGTERM);
            const bool failed = !as_asked && (!WIFEXITED(status) || WEXITSTATUS(status) != 0);
            const pid_t pid = std::exchange(child.pid, -1);
            if (stopping_ && !failed) continue;
            const bool told = starting && i + 1 == children_.size() && failed && WIFEXITED(status);
            if (!told)
                settings_.on_error(fmt::format("process {} of {} (pid {}) {}{}", i + 1, count_, pid, ending_of(status),
                                               stopping_ ? "" : "; the server ends, for its calls are lost"));
            if (stopping_ && exit_code_ == 0) exit_code_ = 1;
            stop(told ? WEXITSTATUS(status) : 1);
        }
    }

    /// A person who presses Ctrl-C twice wants out.
    [[noreturn]] void kill_all(int number) {
        for (const Child& child : children_)
            if (child.pid > 0) ::kill(child.pid, SIGKILL);
        std::_Exit(128 + number);
    }

    /// Its channel's end tells each to end; they take the time that one process alone would take.
    void end() {
        close_listeners();
        close_channels();
        const auto left = [this] {
            return std::any_of(children_.begin(), children_.end(), [](const Child& c) { return c.pid > 0; });
        };
        while (left()) {
            pollfd wait{signals_, POLLIN, 0};
            ::poll(&wait, 1, -1);
            read_signals(false);
        }
    }

    void close_channels() {
        for (Child& child : children_)
            if (child.channel >= 0) ::close(std::exchange(child.channel, -1));
    }
    void close_listeners() {
        for (const int listener : listeners_) ::close(listener);
        listeners_.clear();
    }

    server::Options settings_;
    unsigned count_;
    std::vector<int> listeners_;
    std::vector<Child> children_;
    std::size_t next_ = 0;
    TimePoint paused_until_{};
    TimePoint last_accept_error_{};
    sigset_t before_{};
    int signals_ = -1;
    bool signalled_ = false;
    bool stopping_ = false;
    int exit_code_ = 0;
};

}  // namespace

int run_processes(const server::Options& settings, unsigned count, const std::function<int(ProcessWork)>& work,
                  const std::function<void()>& forked) {
    Dealer dealer(settings, count);
    return dealer.run(work, forked);
}

}  // namespace volley::app
