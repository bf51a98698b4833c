// Which of the calls that share a port a datagram is for.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <volley/time.hpp>

#include "base/endpoint.hpp"
#include "base/random.hpp"
#include "proto/stun/message.hpp"

namespace volley::call {

/// What a call is known by: the first letters of its user name fragments, the transactions of the checks that it has sent, and the
/// addresses that its peer sends from. Bounded for each call; nothing is left of one that is removed. Pure: no socket and no clock.
///
/// An address may be claimed by several calls, since a genuine check may have been sent with somebody else's source address, and ports are
/// used anew; data from there is for each of them to look at. Where there are too many, those that an answer has come from stay.
class Routes {
public:
    using CallId = std::uint64_t;

    static constexpr std::size_t prefix_size = 6;      ///< of a user name fragment; letters and digits
    static constexpr std::size_t most_claimants = 4;   ///< calls that one address leads to
    static constexpr std::size_t most_claims = 128;    ///< addresses that lead to one call
    static constexpr std::size_t most_requests = 256;  ///< of a call that wait for an answer
    static constexpr Duration request_lifetime = std::chrono::seconds(40);

    struct Sizes {
        std::size_t calls = 0;
        std::size_t requests = 0;
        std::size_t addresses = 0;
        bool operator==(const Sizes&) const = default;
    };

    /// @return what the call's user name fragments are to begin with.
    [[nodiscard]] std::string add(CallId call, RandomSource& random);
    void remove(CallId call);

    [[nodiscard]] std::optional<CallId> of_ufrag(std::string_view ufrag) const;

    /// The call sends this request, for the first time or again.
    void note_request(TimePoint now, CallId call, const proto::stun::TransactionId& id);
    /// The call that an answer is for. Answered once: what comes again leads nowhere.
    [[nodiscard]] std::optional<CallId> take_answer(TimePoint now, const proto::stun::TransactionId& id);

    /// @param answered  the peer has answered from there, so that it is not a made-up address.
    void claim(CallId call, const Endpoint& remote, bool answered);
    void give_up(CallId call, const Endpoint& remote);
    /// Valid until the next call of a function that is not const.
    [[nodiscard]] std::span<const CallId> claimants(const Endpoint& remote) const;

    [[nodiscard]] Sizes sizes() const noexcept { return {calls_.size(), requests_.size(), addresses_.size()}; }

private:
    struct Request {
        CallId call;
        TimePoint expires;
    };
    struct Call {
        std::string prefix;
        std::deque<proto::stun::TransactionId> requests;  // oldest first; some may be answered
        std::deque<Endpoint> claims;                      // oldest first
    };
    struct Claimants {
        std::vector<CallId> calls;
        std::vector<bool> answered;
    };

    [[nodiscard]] bool is_answered(CallId call, const Endpoint& remote) const;

    std::unordered_map<CallId, Call> calls_;
    // Ordered, since hashes of what peers choose could be made to collide.
    std::map<std::string, CallId, std::less<>> prefixes_;
    std::map<proto::stun::TransactionId, Request> requests_;
    std::map<Endpoint, Claimants> addresses_;
};

}  // namespace volley::call
