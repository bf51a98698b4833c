// Volley verified by itself: servers whose behaviour is known, and what the verdict says of them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include <volley/verify.hpp>

namespace volley::verify {

/// A question beside the verdict, and what is true.
struct KnownAnswer {
    verdict::Question question = verdict::Question::streaming;
    verdict::Reply reply = verdict::Reply::unknown;
};

/// A server of ours and what is true of it.
struct KnownServer {
    std::string name;  ///< `pool:4`, `block`
    std::string kind = "coroutine";
    std::vector<std::string> faults;
    Duration service = std::chrono::milliseconds(300);
    std::string path;      ///< of the request, with its query; empty: /offer, which sleeps for `service`
    std::size_t most = 0;  ///< requests at once, where fewer tell as much; 0: as many as the options say
    /// The questions that are asked. Isolation asks for /ping.
    std::vector<KnownAnswer> answers;
    std::string gauge;  ///< for cancellation, as Options has it
    /// What must hold, as `--expect` reads it; the headline is among it.
    std::vector<std::string> truths;
    verdict::Headline headline = verdict::Headline::asynchronous;
};

/// Each kind of server, and each fault that a verdict or an answer can tell.
[[nodiscard]] std::vector<KnownServer> known_servers();

struct SelfTested {
    KnownServer server;
    Result result;
    std::vector<std::string> wrong;    ///< truths that the record or an answer contradicts, with what it says instead
    std::vector<std::string> unknown;  ///< truths that they do not decide
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
/// @param options  `service_time` is found out; `time` holds for each; questions are those of the servers
boost::asio::awaitable<std::vector<SelfTested>> self_test(std::vector<KnownServer> servers, Options options,
                                                          SelfTestObserver observer);

}  // namespace volley::verify
