// Volley verified by itself: servers whose behaviour is known, and what the verdict says of them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include <volley/verify.hpp>

namespace volley::verify {

/// A server of ours and what is true of it.
struct KnownServer {
    std::string name;  ///< `pool:4`, `block`
    std::string kind = "coroutine";
    std::vector<std::string> faults;
    Duration service = std::chrono::milliseconds(300);
    /// What must hold, as `--expect` reads it; the headline is among it.
    std::vector<std::string> truths;
    verdict::Headline headline = verdict::Headline::asynchronous;
};

/// Each kind of server and each fault that a verdict can tell.
[[nodiscard]] std::vector<KnownServer> known_servers();

struct SelfTested {
    KnownServer server;
    Result result;
    std::vector<std::string> wrong;    ///< truths that the record contradicts, with what it says instead
    std::vector<std::string> unknown;  ///< truths that the record does not decide
    std::string trouble;               ///< why the server could not be asked
    Duration took{};
    /// Nothing is wrong. An inconclusive record is not wrong, but it is not right either.
    [[nodiscard]] bool right() const noexcept { return wrong.empty() && unknown.empty() && trouble.empty(); }
};

/// Told of it as it goes. Each may be empty.
struct SelfTestObserver {
    std::function<void(const KnownServer&)> began;
    std::function<void(const Progress&)> progress;
    std::function<void(const SelfTested&)> ended;
};

/// Verifies them one after the other. Cancellation (terminal) ends it early with those that were through.
/// @param servers  of known_servers()
/// @param options  `service_time` is found out; `time` holds for each
boost::asio::awaitable<std::vector<SelfTested>> self_test(std::vector<KnownServer> servers, Options options, SelfTestObserver observer);

}  // namespace volley::verify
