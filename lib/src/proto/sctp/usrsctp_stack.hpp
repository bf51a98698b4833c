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
    void forget(std::uint64_t id) noexcept;
    [[nodiscard]] std::uint16_t next_port() noexcept;
    /// What the newest call said, for callbacks, which are told nothing.
    [[nodiscard]] TimePoint now() const noexcept { return now_; }
    void set_now(TimePoint now) noexcept { now_ = now; }
    [[nodiscard]] std::vector<std::uint8_t>& scratch() noexcept { return scratch_; }

    // From usrsctp's callbacks: an id is looked up, so that nothing goes to an association that is gone.
    void take_packet(std::uint64_t id, BytesView packet);
    void mark(std::uint64_t id);

private:
    [[nodiscard]] Duration tick() const noexcept;

    const void* thread_;
    std::unordered_map<std::uint64_t, UsrsctpAssociation*> associations_;
    std::vector<std::uint64_t> marked_;  // by id
    std::uint64_t last_id_ = 0;
    std::uint16_t last_port_ = 0;
    TimePoint now_;
    std::optional<TimePoint> ticked_at_;
    TimePoint tick_until_;  // usrsctp has things to clear away after the last association
    std::vector<std::uint8_t> scratch_;
};

}  // namespace volley::proto::sctp
