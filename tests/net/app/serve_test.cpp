// `serve` as a process: what it prints, and how it ends.
#include <array>
#include <csignal>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/server/fixture.hpp"
#include "support/raw_client.hpp"

namespace volley::test {
namespace {

using testing::HasSubstr;

/// The server program with both outputs in pipes. Killed if the test ends first.
class Process {
public:
    explicit Process(std::vector<std::string> arguments) {
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
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    ~Process() {
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

std::uint16_t port_of(const std::string& line) {
    constexpr std::string_view before = "listening on http://127.0.0.1:";
    if (!line.starts_with(before)) throw std::runtime_error("not the line: " + line);
    return static_cast<std::uint16_t>(std::stoi(line.substr(before.size())));
}

TEST(Serve, says_where_it_listens_and_ends_on_a_signal) {
    for (const int number : {SIGTERM, SIGINT}) {
        for (const char* kind : {"coroutine", "pool:3", "serial"}) {
            Process process({"--kind", kind, "--port=0", "--log"});
            const std::string line = process.read_line();
            EXPECT_THAT(line, HasSubstr(" (" + std::string(kind) + ")"));
            RawClient client(port_of(line));
            client.get("/ping");
            client.read_answer();
            process.signal(number);
            EXPECT_EQ(process.wait(), 0) << kind;
            EXPECT_THAT(process.read_errors(), HasSubstr("GET /ping 200 5 B"));
        }
    }
}

TEST(Serve, a_signal_lets_a_request_finish) {
    Process process({"--port", "0"});
    const std::uint16_t port = port_of(process.read_line());
    RawClient client(port);
    client.get("/offer?s=0.5");
    RawClient watcher(port);
    ASSERT_TRUE(eventually([&] {
        watcher.get("/inflight");
        return watcher.read_answer().body.starts_with("{\"inflight\": 1,");
    }));
    process.signal(SIGTERM);
    EXPECT_EQ(client.read_answer().status, 200);
    EXPECT_EQ(process.wait(), 0);
}

TEST(Serve, knows_where_it_can_ask_itself) {
    Process process({"--port", "0"});
    RawClient client(port_of(process.read_line()));
    client.get("/fanout?n=3&s=0");
    const auto answer = client.read_answer();
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_THAT(answer.body, HasSubstr("\"right\": 3,"));
    process.signal(SIGTERM);
    EXPECT_EQ(process.wait(), 0);
}

TEST(Serve, a_taken_port_and_bad_words_are_told) {
    Process first({"--port", "0"});
    const std::uint16_t port = port_of(first.read_line());
    Process second({"--port", std::to_string(port)});
    EXPECT_EQ(second.wait(), 3);
    EXPECT_THAT(second.read_errors(), HasSubstr("another program has this port"));
    for (const auto& words : std::vector<std::vector<std::string>>{{"--kind", "fast"},
                                                                   {"--kind", "pool:0"},
                                                                   {"--port", "65536"},
                                                                   {"--port", ""},
                                                                   {"--port"},
                                                                   {"--what", "1"},
                                                                   {"stray"}}) {
        Process bad(words);
        EXPECT_EQ(bad.wait(), 2) << words[0];
        EXPECT_THAT(bad.read_errors(), testing::StartsWith("volley serve: ")) << words[0];
    }
}

}  // namespace
}  // namespace volley::test
