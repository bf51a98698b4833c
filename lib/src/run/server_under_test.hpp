// One server of a scenario while its phases run: started in a fresh process, or only spoken to.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>

#include <volley/report/result.hpp>
#include <volley/scenario/scenario.hpp>
#include <volley/server/spawn.hpp>
#include <volley/time.hpp>

namespace volley::run {

/// Names that a server adds to the templates: server.name, server.host, server.port, server.url.
[[nodiscard]] scenario::Variables::Scope server_scope(const std::string& name, const std::string& url);

class ServerUnderTest {
public:
    ServerUnderTest(const scenario::Scenario& scenario, const scenario::ServerSpec& spec) : scenario_(scenario), spec_(spec) {}

    /// Starts it and waits until it is ready. On failure `result` says why.
    boost::asio::awaitable<bool> start(scenario::Variables& variables, report::ServerResult& result);
    /// Ends it, its whole tree included. Works in a cancelled coroutine too.
    boost::asio::awaitable<void> stop();

    /// `http://127.0.0.1:40123`; what was given for a server that runs already.
    [[nodiscard]] const std::string& url() const noexcept { return url_; }
    /// False when a process that we started has ended by itself.
    [[nodiscard]] bool alive() const { return !process_ || process_->alive(); }
    /// The same after at most so long, in which it may be seen to have ended. Cancellation: terminal; tells at once.
    boost::asio::awaitable<bool> alive_after(Duration most);
    [[nodiscard]] std::string ending() const { return process_ ? process_->ending() : std::string(); }
    [[nodiscard]] std::vector<std::string> log_tail() const {
        return process_ ? process_->log_tail() : std::vector<std::string>();
    }
    [[nodiscard]] std::optional<server::TreeSample> sample() const;

private:
    std::optional<server::SpawnSpec> spawn_spec(scenario::Variables& variables, report::ServerResult& result);

    const scenario::Scenario& scenario_;
    const scenario::ServerSpec& spec_;
    std::unique_ptr<server::SpawnedServer> process_;
    std::string url_;
};

}  // namespace volley::run
