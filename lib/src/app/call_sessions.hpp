// The calls of one port by the names that signalling gives them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "app/calls.hpp"
#include "base/endpoint.hpp"
#include "base/random.hpp"
#include "call/loop.hpp"
#include "call/server_port.hpp"

namespace volley::app {

/// Names of sessions have so many characters of these, behind the mark of their process.
constexpr std::size_t session_name_size = 22;
constexpr std::string_view session_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// What is asked about calls over HTTP; all on their loop's thread. A name goes with its call, however that ends.
class CallSessions {
public:
    /// @param mark  what names begin with. Throws what opening the port throws.
    CallSessions(call::Loop& loop, call::ServerPortConfig config, std::string mark = {});

    /// @param from  who signals, for the limit per address. @param media  what the call can carry beside data
    [[nodiscard]] std::variant<CallAnswer, CallRefusal> answer(
        const std::string& offer, const IpAddress& from, std::unique_ptr<call::CallHandler> handler = call::make_echo_handler(),
        std::vector<proto::sdp::LocalMedia> media = {});
    [[nodiscard]] bool knows(std::string_view id) const { return sessions_.contains(id); }
    [[nodiscard]] std::variant<CallPatched, CallRefusal> patch(const std::string& id, const std::optional<std::string>& if_match,
                                                               const std::string& fragment);
    /// @return whether there was such a call.
    bool hang_up(std::string_view id);

    /// See ServerPort::wake().
    void wake(std::uint64_t call) { port_.wake(call); }

    [[nodiscard]] std::size_t names() const noexcept { return sessions_.size(); }
    [[nodiscard]] const call::ServerPort& port() const noexcept { return port_; }

private:
    struct Session {
        std::uint64_t call = 0;
        std::string etag;
    };
    using Sessions = std::map<std::string, Session, std::less<>>;
    class Named;

    [[nodiscard]] CallRefusal refusal_of(const call::ServerPort::Failure& failure) const;

    call::CallLedger::Limits limits_;
    std::string mark_;
    OsRandom random_;
    Sessions sessions_;
    call::ServerPort port_;  // last: the calls that it ends forget their names
};

}  // namespace volley::app
