// Servers to start, and the proof that nothing of them is left: every process of a test carries a mark in its environment.
#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <volley/server/spawn.hpp>

namespace volley::server::test {

/// Listens on its port and answers GET / with 200, anything else with 404.
std::vector<std::string> http_server(std::uint16_t port);
std::vector<std::string> shell(const std::string& script);
std::vector<std::string> python(const std::string& script);

class ProcessTest : public testing::Test {
protected:
    ProcessTest();
    ~ProcessTest() override;

    /// A spec whose processes carry the mark; TCP readiness on a picked port.
    SpawnSpec spec(std::vector<std::string> argv, std::uint16_t port = 0) const;
    SpawnSpec log_spec(std::vector<std::string> argv, std::string text) const;
    std::unique_ptr<SpawnedServer> start(SpawnSpec spec);
    error_code wait_ready(SpawnedServer& server);
    void stop(SpawnedServer& server);
    static std::uint16_t free_port();

    /// Runs the loop until a coroutine ends; the loop always has other work (the log), so run() would not return.
    template <class T>
    T run(boost::asio::awaitable<T> task) {
        io_.restart();  // without a server there was no other work
        std::optional<T> result;
        std::exception_ptr error;
        boost::asio::co_spawn(io_, std::move(task), [&](std::exception_ptr e, T value) {
            error = e;
            result = std::move(value);
        });
        while (!result) io_.run_one();
        if (error) std::rethrow_exception(error);
        return *result;
    }
    void run_for(Duration d) { io_.run_for(d); }

    /// How many processes with this test's mark run now, the supervisor included.
    int marked() const;
    /// Waits (they may be in the middle of ending) and says whether none is left.
    testing::AssertionResult all_gone() const;

    boost::asio::io_context io_{1};
    Diagnostics why_;
    std::string mark_;  ///< NAME=value
};

}  // namespace volley::server::test
