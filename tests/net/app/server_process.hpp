// The helper program's `serve` as a process of its own.
#pragma once

#include <array>
#include <csignal>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace volley::test {

/// The server program with both outputs in pipes. Killed if the test ends first.
class ServerProcess {
public:
    explicit ServerProcess(std::vector<std::string> arguments) {
        std::array<int, 2> out{}, err{};
        if (::pipe2(out.data(), O_CLOEXEC) != 0 || ::pipe2(err.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe");
        arguments.insert(arguments.begin(), VOLLEY_TEST_SERVER);
        std::vector<char*> argv;
        for (auto& argument : arguments) argv.push_back(argument.data());
        argv.push_back(nullptr);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::dup2(out[1], 1);
            ::dup2(err[1], 2);
            ::execv(argv[0], argv.data());
            ::_exit(127);
        }
        ::close(out[1]);
        ::close(err[1]);
        out_ = out[0];
        err_ = err[0];
    }
    ServerProcess(const ServerProcess&) = delete;
    ServerProcess& operator=(const ServerProcess&) = delete;
    ~ServerProcess() {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
        }
        ::close(out_);
        ::close(err_);
    }

    std::string read_line() const {
        std::string line;
        char c = 0;
        while (::read(out_, &c, 1) == 1 && c != '\n') line += c;
        return line;
    }
    std::string read_errors() const {
        std::string text;
        std::array<char, 4096> chunk{};
        for (ssize_t n = 0; (n = ::read(err_, chunk.data(), chunk.size())) > 0;)
            text.append(chunk.data(), static_cast<std::size_t>(n));
        return text;
    }
    [[nodiscard]] pid_t id() const noexcept { return pid_; }
    void signal(int number) const { ::kill(pid_, number); }
    /// @return the exit code, -1 for a death by signal.
    int wait() {
        int status = 0;
        ::waitpid(pid_, &status, 0);
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

private:
    pid_t pid_ = -1;
    int out_ = -1;
    int err_ = -1;
};

inline std::uint16_t port_of(const std::string& line) {
    constexpr std::string_view before = "listening on http://127.0.0.1:";
    if (!line.starts_with(before)) throw std::runtime_error("not the line: " + line);
    return static_cast<std::uint16_t>(std::stoi(line.substr(before.size())));
}

}  // namespace volley::test
