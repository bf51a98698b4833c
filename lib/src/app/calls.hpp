// The WebRTC calls of this process, for views on any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include <boost/asio/awaitable.hpp>

#include <volley/app/app.hpp>
#include <volley/error.hpp>

namespace volley::app {

class CallProcesses;

/// A call that has begun.
struct CallAnswer {
    /// Names it to who began it, and to nobody else: 132 bits of chance. Where there are several processes, behind a character for the one.
    std::string id;
    std::string answer;  ///< SDP
    std::string etag;    ///< of its generation of ICE, without quotes
};
/// What a PATCH has come to.
struct CallPatched {
    std::optional<std::string> fragment;  ///< of a restart: our side's
    std::string etag;
};
/// Why a request about a call is refused, as an answer of HTTP.
struct CallRefusal {
    int status = 500;
    std::string text;
    std::string hint{};
    SourcePos pos{};  ///< in the offer or fragment; line 0: no place
};

/// All calls on one thread and one UDP port, which start with the first offer: views await what they ask, their own loop goes on.
/// What they ask takes no longer than it computes: an answer is not kept waiting for anybody. Who is called gets echo.
/// A process has one of these that takes calls: a second one refuses each (503). After a fork(2) only the side that had none yet may begin.
/// Several processes have their calls together: see join().
/// Thread safety: every member from any thread, configure() and the destructor aside. Lifetime: longer than what it is asked.
class Calls {
public:
    explicit Calls(CallOptions options = {});
    Calls(const Calls&) = delete;
    Calls& operator=(const Calls&) = delete;
    ~Calls();  ///< close()

    /// Hangs up all calls, which their peers are told, and ends the thread. Whoever still waits for an answer gets it, or a refusal, by way of
    /// the loop that they have asked from: it must still exist, and nothing may be asked any more. Blocks. May be called again.
    void close() noexcept;

    /// Takes other options; before anything is asked.
    void configure(CallOptions options);
    [[nodiscard]] const CallOptions& options() const noexcept;

    /// Makes this process one of several, before anything is asked: a new call goes to that of them which has the fewest, and what is asked about
    /// a call to that which has it, whoever is asked. Limits are those of all together. A port that options name is that of the first, and the
    /// others have the ports behind it. @return why that fails.
    [[nodiscard]] std::optional<std::string> join(std::shared_ptr<CallProcesses> processes, unsigned number);

    /// Opens the port now, rather than with the first offer. Blocks. @return why that fails.
    [[nodiscard]] std::optional<std::string> start();

    /// @param remote  who signals, as Request::remote has it, for the limit per address.
    /// @param transform  what is to be done with video before it is sent back; empty: `none`.
    /// Cancellation: the call is hung up, since nobody has its answer.
    [[nodiscard]] boost::asio::awaitable<std::variant<CallAnswer, CallRefusal>> answer(std::string offer, std::string remote,
                                                                                       std::string transform = {});
    /// Whether there is such a call. One that has ended is gone. Refused where its process does not answer, which only another one does.
    [[nodiscard]] boost::asio::awaitable<std::variant<bool, CallRefusal>> knows(std::string id);
    /// Candidates of the peer, or its restart of ICE. @param if_match  the field as it came; nothing: it is missing.
    [[nodiscard]] boost::asio::awaitable<std::variant<CallPatched, CallRefusal>> patch(std::string id,
                                                                                       std::optional<std::string> if_match,
                                                                                       std::string fragment);
    /// @return whether there was such a call; refused as knows() is.
    [[nodiscard]] boost::asio::awaitable<std::variant<bool, CallRefusal>> hang_up(std::string id);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace volley::app
