#include <volley/server/spawn.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <random>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "process/launch.hpp"
#include "process/log_ring.hpp"
#include "process/ports.hpp"
#include "process/proc_tree.hpp"
#include "process/ready.hpp"

namespace volley::server {
namespace asio = boost::asio;
using process::Attempt;
using process::LogRing;
using process::ReadyProbe;
namespace {

using namespace std::chrono_literals;
constexpr auto as_value = asio::as_tuple(asio::use_awaitable);
/// The supervisor gives up on what cannot be killed after 10 s of SIGKILL.
constexpr Duration supervisor_patience = 11s;

std::string name_of_signal(int number) {
    const char* name = ::sigabbrev_np(number);
    return name ? "SIG" + std::string(name) : "signal " + std::to_string(number);
}

/// What the reading handlers share with the server object. They keep it alive, so that the object may be destroyed at any time, also
/// by an exception while nobody can wait: this is why they are handlers and not coroutines of a TaskGroup, whose owner must join().
struct Shared {
    Shared(const asio::any_io_executor& executor, const process::Launched& launched)
        : control(executor, launched.control), log(executor, launched.log), changed(executor) {
        // Asio waits in epoll; the descriptors are non-blocking already, which it must know to leave them so.
        control.non_blocking(true);
        log.non_blocking(true);
    }

    asio::posix::stream_descriptor control;
    asio::posix::stream_descriptor log;
    asio::steady_timer changed;  ///< cancelled at every change: whoever waits looks again
    ReadyProbe* probe = nullptr;
    std::string line;  ///< of the supervisor, unfinished
    std::string ending;
    LogRing ring;
    bool alive = true;
    bool gone = false;  ///< the supervisor says that nothing is left
    bool control_ended = false;
    bool log_ended = false;
    std::array<char, 256> control_chunk{};
    std::array<char, 16384> log_chunk{};

    void tell() {
        changed.cancel();
        if (!alive && probe) probe->interrupt();
    }

    /// What the supervisor said: see supervise().
    void hear(std::string_view bytes) {
        line.append(bytes);
        for (auto end = line.find('\n'); end != std::string::npos; end = line.find('\n')) {
            hear_line(line.substr(0, end));
            line.erase(0, end + 1);
        }
    }

    void hear_line(const std::string& said) {
        const auto number_after = [&](std::string_view word) {
            int out = 0;
            if (const auto at = said.find(word); at != std::string::npos)
                std::from_chars(said.data() + at + word.size(), said.data() + said.size(), out);
            return out;
        };
        if (said.starts_with("exited code ")) {
            const int code = number_after("code ");
            ending = "exited with status " + std::to_string(code);
            // A program that ends well and leaves descendants has put itself into the background: it still runs.
            if (code == 0 && number_after("left ") == 1) return;
            alive = false;
        } else if (said.starts_with("exited signal ")) {
            ending = "killed by " + name_of_signal(number_after("signal "));
            alive = false;
        } else if (said == "gone") {
            gone = true;
            alive = false;
        } else if (said == "stuck") {
            ending += ending.empty() ? "some of its processes cannot be killed" : "; some of its processes cannot be killed";
        }
    }

    void end_of_control() {
        control_ended = true;
        alive = false;
        if (ending.empty()) ending = "lost: its supervisor was killed";
    }
};

void read_control(std::shared_ptr<Shared> s) {
    auto& state = *s;
    state.control.async_read_some(asio::buffer(state.control_chunk), [s = std::move(s)](error_code ec, std::size_t n) mutable {
        if (ec == asio::error::operation_aborted) return;
        auto& shared = *s;
        shared.hear({shared.control_chunk.data(), n});
        if (ec) shared.end_of_control();
        shared.tell();
        if (!ec) read_control(std::move(s));
    });
}

void read_log(std::shared_ptr<Shared> s) {
    auto& state = *s;
    state.log.async_read_some(asio::buffer(state.log_chunk), [s = std::move(s)](error_code ec, std::size_t n) mutable {
        if (ec == asio::error::operation_aborted) return;
        auto& shared = *s;
        const bool seen_before = shared.ring.seen();
        shared.ring.add({shared.log_chunk.data(), n});
        if (ec) shared.log_ended = true;
        if (ec || shared.ring.seen() != seen_before) shared.tell();
        if (!ec) read_log(std::move(s));
    });
}

std::string join_lines(const std::vector<std::string>& lines) {
    std::string out;
    for (const auto& l : lines) out += (out.empty() ? "" : "\n") + l;
    return out;
}

class Server final : public SpawnedServer {
public:
    Server(asio::any_io_executor executor, SpawnSpec spec, std::string marker, const process::Launched& launched)
        : executor_(std::move(executor)),
          spec_(std::move(spec)),
          marker_(std::move(marker)),
          supervisor_(launched.supervisor),
          child_(launched.child),
          shared_(std::make_shared<Shared>(executor_, launched)) {
        if (spec_.ready.kind == ReadyWhen::Kind::log) shared_->ring.watch_for(spec_.ready.log_text);
        shared_->hear(launched.pending);
        read_control(shared_);
        read_log(shared_);
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server() override { end_blocking(); }

    asio::awaitable<error_code> wait_ready(Diagnostics& why) override;
    asio::awaitable<void> stop() override;

    [[nodiscard]] std::uint16_t port() const noexcept override { return spec_.port; }
    [[nodiscard]] int pid() const noexcept override { return child_; }
    [[nodiscard]] bool alive() const noexcept override { return shared_->alive; }
    [[nodiscard]] std::string ending() const override { return shared_->alive ? std::string() : shared_->ending; }
    [[nodiscard]] std::vector<std::string> log_tail() const override {
        auto lines = shared_->ring.lines();
        for (auto& l : lines) l = escape_for_terminal(l);
        return lines;
    }
    [[nodiscard]] TreeSample sample_tree() const override {
        if (supervisor_ == 0) return TreeSample{Clock::now(), 0, 0, 0, {}, 0};
        return process::sample_tree(supervisor_);
    }

private:
    asio::awaitable<void> wait_change(TimePoint until) {
        shared_->changed.expires_at(until);
        co_await shared_->changed.async_wait(as_value);
    }
    asio::awaitable<error_code> fail(error_code ec, std::string message, Diagnostics& why);
    asio::awaitable<Attempt> look(TimePoint deadline);
    [[nodiscard]] std::string what_is_wanted() const;
    void say(char word) const {
        if (shared_->control.is_open()) ::send(shared_->control.native_handle(), &word, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    void end_blocking() noexcept;
    bool reap();
    void last_resort();

    asio::any_io_executor executor_;
    SpawnSpec spec_;
    std::string marker_;
    int supervisor_;  ///< 0 once it has been waited for
    int child_;
    std::shared_ptr<Shared> shared_;
};

std::string Server::what_is_wanted() const {
    const auto at =
        (spec_.host.find(':') == std::string::npos ? spec_.host : '[' + spec_.host + ']') + ':' + std::to_string(spec_.port);
    switch (spec_.ready.kind) {
        case ReadyWhen::Kind::http:
            return "GET http://" + at + spec_.ready.path;
        case ReadyWhen::Kind::tcp:
            return "connecting to " + at;
        case ReadyWhen::Kind::log:
            return "waiting for a log line with '" + spec_.ready.log_text + "'";
    }
    return {};
}

asio::awaitable<Attempt> Server::look(TimePoint deadline) {
    if (spec_.ready.kind == ReadyWhen::Kind::log) co_return Attempt{shared_->ring.seen(), "no such line yet"};
    ReadyProbe probe(executor_);
    struct Registered {  // also when a cancellation throws through here
        explicit Registered(Shared& s, ReadyProbe& p) : shared(s) { shared.probe = &p; }
        Registered(const Registered&) = delete;
        Registered& operator=(const Registered&) = delete;
        ~Registered() { shared.probe = nullptr; }
        Shared& shared;
    } registered(*shared_, probe);
    const bool http = spec_.ready.kind == ReadyWhen::Kind::http;
    // A server that hangs in its first request (it may have been asked too early) gets another chance after 5 s.
    const auto until = std::min<TimePoint>(deadline, Clock::now() + 5s);
    // Strings are named before a co_await, here and below: g++ 12 may destroy temporaries of the whole expression twice (GCC bug 107288).
    const std::string path = http ? spec_.ready.path : std::string();
    co_return co_await probe.attempt(spec_.host, spec_.port, path, spec_.ready.status, until);
}

/// Words and the last log lines. A dying server's last words may still be on their way: they get a moment.
asio::awaitable<error_code> Server::fail(error_code ec, std::string message, Diagnostics& why) {
    const auto until = Clock::now() + 300ms;
    while (!shared_->alive && !shared_->log_ended && Clock::now() < until) co_await wait_change(until);
    why.message = std::move(message);
    why.remote = join_lines(shared_->ring.lines());
    if (why.remote.empty()) why.message += "; it wrote nothing";
    co_return ec;
}

asio::awaitable<error_code> Server::wait_ready(Diagnostics& why) {
    why = {};
    const auto deadline = Clock::now() + spec_.ready.timeout;
    Duration pause = 20ms;
    std::string problem;
    for (;;) {
        const auto cancellation = co_await asio::this_coro::cancellation_state;
        if (cancellation.cancelled() != asio::cancellation_type::none)
            co_return NetErrc::cancelled;  // a caller that does not throw
        if (!shared_->alive) {
            const std::string words = "the server was not ready when it ended: " + shared_->ending;
            co_return co_await fail(NetErrc::refused, words, why);
        }
        const Attempt attempt = co_await look(deadline);
        if (attempt.ready && shared_->alive) break;
        if (!shared_->alive) continue;
        if (attempt.problem != process::no_answer || problem.empty()) problem = attempt.problem;
        if (Clock::now() >= deadline) {
            const std::string words = "the server was not ready within " + format_duration(spec_.ready.timeout) + ": " +
                                      escape_for_terminal(what_is_wanted()) + ": " + problem;
            co_return co_await fail(NetErrc::timed_out, words, why);
        }
        const bool only_news = spec_.ready.kind == ReadyWhen::Kind::log;
        const TimePoint next = only_news ? deadline : std::min<TimePoint>(deadline, Clock::now() + pause);
        co_await wait_change(next);
        pause = std::min<Duration>(pause * 3 / 2, 500ms);
    }
    if (spec_.port != 0) {
        const auto listener = process::find_listener(supervisor_, spec_.host, spec_.port);
        if (listener.owner == process::Listener::Owner::other) {
            // Ours is about to find out too: its own words help.
            const auto until = Clock::now() + 500ms;
            while (shared_->alive && Clock::now() < until) co_await wait_change(until);
            const std::string words = "port " + std::to_string(spec_.port) + " of " + escape_for_terminal(spec_.host) +
                                      " answers, but it is not the server that was started: " + process::describe(listener) +
                                      " listens there";
            const error_code taken = boost::system::errc::make_error_code(boost::system::errc::address_in_use);
            co_return co_await fail(taken, words, why);
        }
    }
    co_return error_code{};
}

/// Waits for the supervisor's own end, without blocking. @return whether it has been waited for.
bool Server::reap() {
    if (supervisor_ == 0) return true;
    const auto r = ::waitpid(supervisor_, nullptr, WNOHANG);
    if (r == 0 || (r < 0 && errno == EINTR)) return false;
    supervisor_ = 0;
    return true;
}

/// The supervisor is gone without a word, or does not do its work: end what it had, then itself.
void Server::last_resort() {
    if (supervisor_ != 0 && !reap()) {
        for (const auto& p : process::descendants(supervisor_)) process::signal_process(p, SIGKILL);
        ::kill(supervisor_, SIGKILL);  // our unreaped child: the pid cannot be anybody else's
    }
    process::kill_marked(marker_);
}

asio::awaitable<void> Server::stop() {
    // A cancellation of the caller must not cut this short; it takes effect at the caller's next wait.
    const bool throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    const auto s = shared_;
    if (supervisor_ != 0) {
        say('s');
        const auto deadline = Clock::now() + spec_.stop_grace + supervisor_patience;
        while (!s->control_ended && Clock::now() < deadline) co_await wait_change(deadline);
        if (!s->gone) last_resort();
        // Everybody who could write is gone, so the log ends now; a writer that could not be killed is not waited for.
        const auto drained = Clock::now() + 500ms;
        while (!s->log_ended && Clock::now() < drained) co_await wait_change(drained);
        const auto reaped = Clock::now() + 2s;
        while (!reap()) {
            if (Clock::now() > reaped) ::kill(supervisor_, SIGKILL);
            co_await wait_change(Clock::now() + 2ms);
        }
        s->alive = false;
        error_code ignored;
        s->control.close(ignored);
        s->log.close(ignored);
    }
    co_await asio::this_coro::throw_if_cancelled(throws);
}

/// For a destructor: nobody can wait for us, so this thread does, at most as long as stop() would.
void Server::end_blocking() noexcept {
    auto& s = *shared_;
    error_code ignored;
    if (supervisor_ != 0) {
        say('s');
        const auto deadline = Clock::now() + spec_.stop_grace + supervisor_patience;
        while (!s.control_ended && Clock::now() < deadline) {
            // The log is drained too: a server that cannot write its last words does not end.
            std::array<pollfd, 2> wait{
                {{s.control.native_handle(), POLLIN, 0}, {s.log_ended ? -1 : s.log.native_handle(), POLLIN, 0}}};
            if (::poll(wait.data(), wait.size(), 100) <= 0) continue;
            if (wait[0].revents != 0) {
                const auto n = ::read(wait[0].fd, s.control_chunk.data(), s.control_chunk.size());
                if (n > 0) s.hear({s.control_chunk.data(), static_cast<std::size_t>(n)});
                if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) s.end_of_control();
            }
            if (wait[1].revents != 0) {
                const auto n = ::read(wait[1].fd, s.log_chunk.data(), s.log_chunk.size());
                if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) s.log_ended = true;
            }
        }
        if (!s.gone) last_resort();
        for (int i = 0; !reap(); ++i) {
            if (i > 1000) ::kill(supervisor_, SIGKILL);
            ::poll(nullptr, 0, 2);
        }
    }
    s.control.close(ignored);
    s.log.close(ignored);
    s.changed.cancel();
}

std::string make_marker() {
    std::random_device random;
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "VOLLEY_TREE=%d-%08x%08x", static_cast<int>(::getpid()), random(), random());
    return text.data();
}

error_code check(const SpawnSpec& spec, Diagnostics& why) {
    const auto wrong = [&](std::string message) {
        why.message = std::move(message);
        return boost::system::errc::make_error_code(boost::system::errc::invalid_argument);
    };
    const auto& ready = spec.ready;
    if (ready.kind != ReadyWhen::Kind::log && spec.port == 0) return wrong("a server that is ready by HTTP or TCP needs a port");
    if (ready.kind == ReadyWhen::Kind::log && ready.log_text.empty()) return wrong("the log text that shows readiness is empty");
    if (ready.kind == ReadyWhen::Kind::http) {
        const bool visible =
            std::all_of(ready.path.begin(), ready.path.end(), [](unsigned char c) { return c > ' ' && c < 0x7f; });
        if (!ready.path.starts_with('/') || !visible)
            return wrong("the path that shows readiness must start with '/' and be percent-encoded: '" +
                         escape_for_terminal(ready.path) + "'");
    }
    if (spec.stop_signal <= 0 || spec.stop_signal >= NSIG) return wrong("there is no signal " + std::to_string(spec.stop_signal));
    for (const auto& a : spec.argv)
        if (a.find('\0') != std::string::npos) return wrong("a command's argument holds a zero byte");
    for (const auto& [name, value] : spec.env)
        if (name.empty() || name.find('=') != std::string::npos || name.find('\0') != std::string::npos ||
            value.find('\0') != std::string::npos)
            return wrong("'" + escape_for_terminal(name) + "' is no name, or its value no value, of an environment variable");
    return {};
}

}  // namespace

Result<std::unique_ptr<SpawnedServer>> spawn_server(asio::any_io_executor executor, SpawnSpec spec, Diagnostics& why) {
    why = {};
    if (const auto ec = check(spec, why)) return ec;
    if (spec.port != 0) {
        const auto where = process::endpoints_of(spec.host, spec.port);
        if (!where) {
            why.message = "the host '" + escape_for_terminal(spec.host) + "' has no address";
            return where.error();
        }
        for (const auto& w : *where) {
            const auto ec = process::try_listen(w);
            if (!ec) continue;
            const auto at = "port " + std::to_string(spec.port) + " of " + escape_for_terminal(spec.host);
            if (ec == boost::system::errc::address_in_use)
                why.message = at + " is taken by " + process::describe(process::find_listener(-1, spec.host, spec.port)) +
                              ": stop it, or use another port";
            else
                why.message = "cannot listen on " + at + ": " + ec.message();
            return ec;
        }
    }
    auto marker = make_marker();
    const auto launched = process::launch(spec, marker, why);
    if (!launched) return launched.error();
    return std::unique_ptr<SpawnedServer>(
        std::make_unique<Server>(std::move(executor), std::move(spec), std::move(marker), *launched));
}

}  // namespace volley::server
