// What is one for the process: usrsctp itself, its timers, its callbacks.
#pragma once

#include <unordered_map>
#include <vector>

#include "proto/sctp/association.hpp"

namespace volley::proto::sctp {

class UsrsctpAssociation;

class UsrsctpStack final : public Stack {
public:
    UsrsctpStack();  // throws std::runtime_error
    ~UsrsctpStack() override;

    [[nodiscard]] std::unique_ptr<Association> connect(TimePoint now, const AssociationConfig& config,
                                                       std::uint64_t tag) override;
    void handle_timeout(TimePoint now) override;
    [[nodiscard]] std::optional<TimePoint> next_timeout() const override;
    [[nodiscard]] std::optional<std::uint64_t> poll_ready() override;
    [[nodiscard]] std::size_t associations() const noexcept override { return associations_.size(); }

    // For associations alone.
    void assert_thread() const noexcept;
    void remember(UsrsctpAssociation& association);  // once it has its port
    void forget(UsrsctpAssociation& association) noexcept;
    [[nodiscard]] std::uint16_t next_port() noexcept;
    /// What the newest call said, for callbacks, which are told nothing.
    [[nodiscard]] TimePoint now() const noexcept { return now_; }
    void set_now(TimePoint now) noexcept { now_ = now; }
    [[nodiscard]] std::vector<std::uint8_t>& scratch() noexcept { return scratch_; }

    /// What usrsctp takes for the address of all ends, ours and the peers'; an association is told by its port.
    static inline void* const inner_address = reinterpret_cast<void*>(std::uintptr_t{1});

    // From usrsctp's callbacks: the port is looked up, so that nothing goes to an association that is gone.
    void take_packet(BytesView packet);
    void mark(UsrsctpAssociation& association);

private:
    [[nodiscard]] Duration tick() const noexcept;

    const void* thread_;
    std::unordered_map<std::uint16_t, UsrsctpAssociation*> associations_;  // by the port that they have inside
    std::vector<UsrsctpAssociation*> marked_;
    std::uint16_t last_port_ = 0;
    TimePoint now_;
    std::optional<TimePoint> ticked_at_;
    TimePoint tick_until_;  // usrsctp has things to clear away after the last association
    std::vector<std::uint8_t> scratch_;
};

}  // namespace volley::proto::sctp
