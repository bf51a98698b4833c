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

// Called in the middle of usrsctp, which must not be called again from here.
int packet_out(void*, void* data, std::size_t size, std::uint8_t, std::uint8_t) {
    try {
        if (the_stack != nullptr) the_stack->take_packet(BytesView(static_cast<const std::uint8_t*>(data), size));
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
    usrsctp_register_address(inner_address);
    set_up_for_data_channels();
    the_stack = this;
}

UsrsctpStack::~UsrsctpStack() {
    assert_thread();
    usrsctp_deregister_address(inner_address);
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
    auto association = std::make_unique<UsrsctpAssociation>(*this, config, tag);
    association->connect(now);
    return association;
}

void UsrsctpStack::remember(UsrsctpAssociation& association) { associations_.emplace(association.inner_port(), &association); }

void UsrsctpStack::forget(UsrsctpAssociation& association) noexcept {
    if (const auto found = associations_.find(association.inner_port());
        found != associations_.end() && found->second == &association) {
        associations_.erase(found);
    }
    if (association.marked) std::erase(marked_, &association);
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
    for (std::size_t i = 0; i < marked_.size(); ++i) marked_[i]->take_what_came();  // which may mark more
    if (associations_.empty() && *ticked_at_ >= tick_until_) ticked_at_.reset();
}

std::optional<std::uint64_t> UsrsctpStack::poll_ready() {
    while (!marked_.empty()) {
        UsrsctpAssociation& association = *marked_.back();
        marked_.pop_back();
        association.marked = false;
        if (association.has_output()) return association.tag();
    }
    return std::nullopt;
}

std::uint16_t UsrsctpStack::next_port() noexcept {
    if (++last_port_ == 0) ++last_port_;
    return last_port_;
}

void UsrsctpStack::take_packet(BytesView packet) {
    const std::uint16_t port = ByteReader(packet).u16();  // the source is the end that sends it
    const auto found = associations_.find(port);
    if (found == associations_.end()) return;
    found->second->take_packet(packet);
    mark(*found->second);
}

void UsrsctpStack::mark(UsrsctpAssociation& association) {
    if (association.marked) return;
    marked_.push_back(&association);
    association.marked = true;
}

std::unique_ptr<Stack> make_usrsctp_stack() { return std::make_unique<UsrsctpStack>(); }

}  // namespace volley::proto::sctp
