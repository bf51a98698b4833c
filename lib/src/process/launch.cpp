#include "process/launch.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <map>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <volley/time.hpp>

namespace volley::process {
namespace {

error_code from_errno(int number) { return {number, boost::system::system_category()}; }

/// An open descriptor. Moved above the numbers that the child's standard three and its control socket take.
class Fd {
public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd() { reset(); }
    void reset() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }
    bool lift() {
        const int high = ::fcntl(fd_, F_DUPFD_CLOEXEC, 10);
        if (high < 0) return false;
        reset();
        fd_ = high;
        return true;
    }
    [[nodiscard]] int get() const noexcept { return fd_; }
    int release() noexcept { return std::exchange(fd_, -1); }

private:
    int fd_ = -1;
};

/// The environment as exec wants it: ours, with the additions in place of what has the same name.
class Environment {
public:
    Environment(const server::SpawnSpec& spec, const std::string& marker) {
        for (char** e = environ; *e; ++e) {
            const std::string_view entry(*e);
            const auto equals = entry.find('=');
            if (equals != std::string_view::npos) values_[std::string(entry.substr(0, equals))] = entry;
        }
        for (const auto& [name, value] : spec.env) values_[name] = name + '=' + value;
        values_[marker.substr(0, marker.find('='))] = marker;
        for (auto& [name, entry] : values_) pointers_.push_back(entry.data());
        pointers_.push_back(nullptr);
    }
    char** data() { return pointers_.data(); }

private:
    std::map<std::string, std::string> values_;
    std::vector<char*> pointers_;
};

std::string value_in(const server::SpawnSpec& spec, const std::string& name) {
    for (auto it = spec.env.rbegin(); it != spec.env.rend(); ++it)
        if (it->first == name) return it->second;
    const char* ours = ::getenv(name.c_str());
    return ours ? ours : "/usr/local/bin:/usr/bin:/bin";
}

Result<int> spawn_helper(std::vector<std::string> argv, int control, int log, char** environment) {
    std::vector<char*> pointers;
    for (auto& a : argv) pointers.push_back(a.data());
    pointers.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, log, 1);
    posix_spawn_file_actions_adddup2(&actions, log, 2);
    posix_spawn_file_actions_adddup2(&actions, control, 3);

    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    sigdelset(&all, SIGKILL);
    sigdelset(&all, SIGSTOP);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    // Its own session from its first instruction on: a Ctrl-C in the terminal must not reach it even before it runs.
    posix_spawnattr_setflags(&attributes,
                             static_cast<short>(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID));

    pid_t pid = 0;
    const int failed = ::posix_spawn(&pid, argv[0].c_str(), &actions, &attributes, pointers.data(), environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) return from_errno(failed);
    return pid;
}

/// Of a supervisor that is to say what came of its start: usually milliseconds, but the machine may be full of others' work.
constexpr Duration longest_silence = std::chrono::seconds(30);

/// Reads the first line that the supervisor says. Errors: ECHILD: it ended; ETIMEDOUT.
Result<std::string> first_line(int control, std::string& rest) {
    const auto until = Clock::now() + longest_silence;
    std::string text;
    for (;;) {
        if (const auto end = text.find('\n'); end != std::string::npos) {
            rest = text.substr(end + 1);
            return text.substr(0, end);
        }
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
        pollfd wait{control, POLLIN, 0};
        if (left <= 0) return from_errno(ETIMEDOUT);
        if (::poll(&wait, 1, static_cast<int>(left)) <= 0) continue;
        std::array<char, 256> chunk{};
        const auto n = ::read(control, chunk.data(), chunk.size());
        if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) return from_errno(ECHILD);
        if (n > 0) text.append(chunk.data(), static_cast<std::size_t>(n));
    }
}

/// What the supervisor wrote before it failed, for the person who reads `why`.
std::string read_available(int log) {
    std::string out(4096, '\0');
    const auto n = ::read(log, out.data(), out.size());
    out.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return out;
}

}  // namespace

Result<std::string> find_program(const std::string& name, const std::string& path, const std::string& cwd, Diagnostics& why) {
    const auto shown = "'" + escape_for_terminal(name) + "'";
    const auto is_file = [](const std::string& p) {
        struct stat s {};
        return ::stat(p.c_str(), &s) == 0 && S_ISREG(s.st_mode);
    };
    if (name.empty()) {
        why.message = "the command is empty: name a program";
        return from_errno(EINVAL);
    }
    if (name.find('/') != std::string::npos) {
        const auto full = name.front() == '/' || cwd.empty() ? name : cwd + '/' + name;
        if (!is_file(full)) {
            why.message =
                "there is no program " + shown + (name.front() == '/' || cwd.empty() ? "" : " in " + escape_for_terminal(cwd));
            return from_errno(ENOENT);
        }
        if (::access(full.c_str(), X_OK) != 0) {
            why.message = shown + " is not executable: chmod +x it, or name its interpreter first";
            return from_errno(EACCES);
        }
        return full;
    }
    std::string blocked;
    for (std::size_t at = 0; at <= path.size();) {
        const auto end = std::min(path.find(':', at), path.size());
        const auto folder = path.substr(at, end - at);
        const auto full = (folder.empty() ? "." : folder) + '/' + name;
        if (is_file(full)) {
            if (::access(full.c_str(), X_OK) == 0) return full;
            blocked = full;
        }
        at = end + 1;
    }
    if (!blocked.empty()) {
        why.message = escape_for_terminal(blocked) + " is not executable: chmod +x it, or name its interpreter first";
        return from_errno(EACCES);
    }
    why.message = "there is no program " + shown + " in PATH (" + escape_for_terminal(path) + "): install it, or give its path";
    return from_errno(ENOENT);
}

Result<Launched> launch(const server::SpawnSpec& spec, const std::string& marker, Diagnostics& why) {
    why = {};
    if (!spec.cwd.empty()) {
        struct stat s {};
        if (::stat(spec.cwd.c_str(), &s) != 0 || !S_ISDIR(s.st_mode)) {
            why.message = "there is no folder '" + escape_for_terminal(spec.cwd) + "' to run it in";
            return from_errno(ENOENT);
        }
    }
    const auto program = find_program(spec.argv.empty() ? "" : spec.argv[0], value_in(spec, "PATH"), spec.cwd, why);
    if (!program) return program.error();

    std::vector<std::string> argv = server::helper();
    const std::string helper = argv.empty() ? "" : argv[0];
    if (::access(helper.c_str(), X_OK) != 0) {
        why.message = "volley's helper program '" + escape_for_terminal(helper) +
                      "' is missing: install volley completely, or call set_helper()";
        return from_errno(errno);
    }
    const auto grace = std::chrono::duration_cast<std::chrono::milliseconds>(spec.stop_grace).count();
    for (const auto& a :
         {std::string("supervise"), std::string("--fd"), std::string("3"), std::string("--signal"),
          std::to_string(spec.stop_signal), std::string("--grace"), std::to_string(std::max<long long>(grace, 0))})
        argv.push_back(a);
    if (!spec.cwd.empty()) argv.insert(argv.end(), {"--cwd", spec.cwd});
    argv.push_back("--");
    argv.insert(argv.end(), spec.argv.begin(), spec.argv.end());

    std::array<int, 2> pair{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0) return from_errno(errno);
    Fd control(pair[0]);
    Fd theirs(pair[1]);
    if (::pipe2(pair.data(), O_CLOEXEC) != 0) return from_errno(errno);
    Fd log(pair[0]);
    Fd write_end(pair[1]);
    if (!theirs.lift() || !write_end.lift()) return from_errno(errno);
    // Slack, so that a server which logs every request does not wait for us in the middle of a measurement. Refused: the default must do.
    ::fcntl(log.get(), F_SETPIPE_SZ, 1 << 20);

    Environment environment(spec, marker);
    const auto pid = spawn_helper(std::move(argv), theirs.get(), write_end.get(), environment.data());
    theirs.reset();
    write_end.reset();
    if (!pid) {
        why.message = "cannot start the supervisor '" + escape_for_terminal(helper) + "': " + pid.error().message();
        return pid.error();
    }
    for (const int fd : {control.get(), log.get()}) ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);

    Launched out;
    out.supervisor = *pid;
    const auto line = first_line(control.get(), out.pending);
    if (line && line->starts_with("started ")) {
        std::from_chars(line->data() + 8, line->data() + line->size(), out.child);
        out.control = control.release();
        out.log = log.release();
        return out;
    }
    error_code failed = line ? from_errno(ECHILD) : line.error();
    if (line && line->starts_with("failed ")) {
        int number = 0;
        const auto* end = std::from_chars(line->data() + 7, line->data() + line->size(), number).ptr;
        const std::string step(end, line->data() + line->size());
        failed = from_errno(number);
        why.message =
            "cannot " +
            (step == " chdir" ? "enter the folder '" + escape_for_terminal(spec.cwd) : "run '" + escape_for_terminal(*program)) +
            "': " + failed.message();
    } else {
        const bool silent = failed == from_errno(ETIMEDOUT);
        why.message =
            "the supervisor '" + escape_for_terminal(helper) +
            (silent ? "' has not started the server after " + format_duration(longest_silence) + ": is this machine overloaded?"
                    : "' ended before it started the server: is it volley's helper?");
        why.remote = read_available(log.get());
    }
    control.reset();  // tells it to end, should it still run
    const auto until = Clock::now() + std::chrono::seconds(2);
    while (::waitpid(out.supervisor, nullptr, WNOHANG) == 0) {
        if (Clock::now() > until) ::kill(out.supervisor, SIGKILL);  // our unreaped child: the pid cannot be anybody else's
        ::poll(nullptr, 0, 5);
    }
    return failed;
}

}  // namespace volley::process
