#include "proto/sctp/usrsctp_stack.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include <usrsctp.h>

#include "proto/sctp/usrsctp_association.hpp"
#include "proto/sctp/usrsctp_backend.hpp"

namespace volley::proto::sctp {
namespace {

UsrsctpStack* the_stack = nullptr;

// Its address tells threads apart without a header that pure code may not include.
thread_local char thread_marker = 0;

// How long usrsctp may go on clearing away after the last association: the longest of its timers for that.
constexpr Duration clearing_time = std::chrono::seconds(5);

std::uint64_t id_of(void* address) noexcept { return reinterpret_cast<std::uintptr_t>(address); }

// Called in the middle of usrsctp, which must not be called again from here.
int packet_out(void* address, void* data, std::size_t size, std::uint8_t, std::uint8_t) {
    try {
        if (the_stack != nullptr) the_stack->take_packet(id_of(address), BytesView(static_cast<const std::uint8_t*>(data), size));
    } catch (const std::bad_alloc&) {
        return 0;  // lost, as packets are; an exception must not pass through C
    }
    return 0;
}

void set_up_for_data_channels() {
    usrsctp_enable_crc32c_offload();  // both ways: the ports are exchanged, and the sum with them
    // What WebRTC has no use for, or what lets a peer do more than it needs to.
    usrsctp_sysctl_set_sctp_ecn_enable(0);
    usrsctp_sysctl_set_sctp_asconf_enable(0);
    usrsctp_sysctl_set_sctp_auth_enable(0);
    usrsctp_sysctl_set_sctp_nrsack_enable(0);
    usrsctp_sysctl_set_sctp_pktdrop_enable(0);
    usrsctp_sysctl_set_sctp_pr_enable(1);
    usrsctp_sysctl_set_sctp_reconfig_enable(1);
    usrsctp_sysctl_set_sctp_blackhole(2);  // no answer to what belongs to no association
    usrsctp_sysctl_set_sctp_initial_cwnd(10);
    usrsctp_sysctl_set_sctp_max_chunks_on_queue(10 * 1024);  // 512 would keep a send buffer of 1 MiB half empty
    usrsctp_sysctl_set_sctp_delayed_sack_time_default(20);
    usrsctp_sysctl_set_sctp_heartbeat_interval_default(0);
}

}  // namespace

UsrsctpStack::UsrsctpStack() : thread_(&thread_marker), scratch_(64 * 1024) {
    if (the_stack != nullptr) throw std::runtime_error("there is one SCTP stack in a process, and it exists");
    usrsctp_init_nothreads(0, packet_out, nullptr);
    set_up_for_data_channels();
    the_stack = this;
}

UsrsctpStack::~UsrsctpStack() {
    assert_thread();
    // Sockets that were closed go when their timers have run.
    for (int i = 0; i < 100 && usrsctp_finish() != 0; ++i) usrsctp_handle_timers(100);
    the_stack = nullptr;
}

void UsrsctpStack::assert_thread() const noexcept {
    if (thread_ == &thread_marker) return;
    std::fputs("volley: SCTP was called from a thread that is not its own\n", stderr);
    std::abort();
}

std::unique_ptr<Association> UsrsctpStack::connect(TimePoint now, const AssociationConfig& config, std::uint64_t tag) {
    assert_thread();
    now_ = now;
    if (!ticked_at_) ticked_at_ = now;
    const std::uint64_t id = ++last_id_;
    auto association = std::make_unique<UsrsctpAssociation>(*this, config, id, tag);
    associations_.emplace(id, association.get());
    association->connect(now);
    return association;
}

void UsrsctpStack::forget(std::uint64_t id) noexcept {
    associations_.erase(id);
    if (associations_.empty() && ticked_at_) tick_until_ = *ticked_at_ + clearing_time;
}

// usrsctp looks at every timer in each tick, so the more there are, the more seldom it does; an idle association has none.
Duration UsrsctpStack::tick() const noexcept {
    return std::min(std::chrono::milliseconds(10 + 10 * (associations_.size() / 250)), std::chrono::milliseconds(50));
}

std::optional<TimePoint> UsrsctpStack::next_timeout() const {
    if (!ticked_at_ || (associations_.empty() && *ticked_at_ >= tick_until_)) return std::nullopt;
    return *ticked_at_ + tick();
}

void UsrsctpStack::handle_timeout(TimePoint now) {
    assert_thread();
    now_ = now;
    if (!ticked_at_ || now < *ticked_at_ + tick()) return;
    const auto elapsed = std::chrono::floor<std::chrono::milliseconds>(now - *ticked_at_);
    *ticked_at_ += elapsed;
    // Of a loop that stood still for days nothing is left to be told apart.
    usrsctp_handle_timers(static_cast<std::uint32_t>(std::min<std::int64_t>(elapsed.count(), 1'000'000)));
    for (std::size_t i = 0; i < marked_.size(); ++i) {
        if (const auto found = associations_.find(marked_[i]); found != associations_.end()) found->second->take_what_came();
    }
    if (associations_.empty() && *ticked_at_ >= tick_until_) ticked_at_.reset();
}

std::optional<std::uint64_t> UsrsctpStack::poll_ready() {
    while (!marked_.empty()) {
        const auto found = associations_.find(marked_.back());
        marked_.pop_back();
        if (found == associations_.end()) continue;
        found->second->marked = false;
        if (found->second->has_output()) return found->second->tag();
    }
    return std::nullopt;
}

std::uint16_t UsrsctpStack::next_port() noexcept {
    if (++last_port_ == 0) ++last_port_;
    return last_port_;
}

void UsrsctpStack::take_packet(std::uint64_t id, BytesView packet) {
    const auto found = associations_.find(id);
    if (found == associations_.end()) return;
    found->second->take_packet(packet);
    mark(id);
}

void UsrsctpStack::mark(std::uint64_t id) {
    const auto found = associations_.find(id);
    if (found == associations_.end() || found->second->marked) return;
    marked_.push_back(id);
    found->second->marked = true;
}

std::unique_ptr<Stack> make_usrsctp_stack() { return std::make_unique<UsrsctpStack>(); }

}  // namespace volley::proto::sctp
