// How many calls there are, of this process and of those that it was forked with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>

#include "base/endpoint.hpp"

namespace volley::call {

/// Limits of calls hold over all processes that share a ledger: it lies in memory that a fork(2) leaves in common.
/// Thread safety: every member from any thread of any of these processes.
class CallLedger {
public:
    static constexpr unsigned most_processes = 64;

    struct Limits {
        std::size_t calls = 1000;
        /// Of those who signal; an IPv6 address stands for its /64. Not for loopback ones, which may be a proxy's.
        std::size_t calls_per_address = 100;
    };
    enum class Full { calls, calls_of_address };

    /// One call's entry; taken out with it. Lifetime: not longer than the ledger.
    class Place {
    public:
        Place(Place&& other) noexcept
            : ledger_(std::exchange(other.ledger_, nullptr)), process_(other.process_), counted_(other.counted_) {}
        Place& operator=(Place&&) = delete;
        ~Place() {
            if (ledger_ != nullptr) ledger_->leave(process_, counted_);
        }

    private:
        friend class CallLedger;
        Place(CallLedger& ledger, unsigned process, std::optional<IpAddress> counted) noexcept
            : ledger_(&ledger), process_(process), counted_(counted) {}
        CallLedger* ledger_;
        unsigned process_;
        std::optional<IpAddress> counted_;
    };

    /// Throws std::system_error where there is no such memory.
    explicit CallLedger(Limits limits);
    CallLedger(const CallLedger&) = delete;
    CallLedger& operator=(const CallLedger&) = delete;
    ~CallLedger();

    [[nodiscard]] const Limits& limits() const noexcept { return limits_; }
    /// @param process  below most_processes: which of them has the call. @param who  signals
    [[nodiscard]] std::variant<Place, Full> enter(unsigned process, const IpAddress& who);
    /// Of one process, now.
    [[nodiscard]] std::size_t calls_of(unsigned process) const noexcept;
    /// Addresses that have calls, loopback ones aside.
    [[nodiscard]] std::size_t addresses() const;

private:
    struct Shared;
    struct Address;
    class Lock;

    [[nodiscard]] Address* find(const IpAddress& address) const noexcept;
    void leave(unsigned process, const std::optional<IpAddress>& counted) noexcept;

    Limits limits_;
    std::size_t bytes_;
    Shared* shared_;
    Address* addresses_;  // as many as there may be calls; those in use come first
};

}  // namespace volley::call
