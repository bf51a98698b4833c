// What all calls of a thread share: certificate, random numbers, the SCTP stack and its timer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include <boost/asio/any_io_executor.hpp>

#include <volley/time.hpp>

#include "base/random.hpp"
#include "proto/sctp/association.hpp"
#include "webrtc/peer.hpp"

namespace volley::net {
class DeadlineQueue;
class UdpBatch;
}  // namespace volley::net

namespace volley::call {

/// Something that owns a Peer and moves what it has to send.
class Station {
public:
    Station() = default;
    Station(const Station&) = delete;
    Station& operator=(const Station&) = delete;
    virtual ~Station() = default;
    /// The stack's timers have made packets or events for the call `tag`.
    virtual void take_stack(TimePoint now, std::uint64_t tag) = 0;
};

/// One for a process, since usrsctp is; on an io_context that one thread runs, which is where everything of it is called. More processors
/// are for more processes. Throws std::runtime_error where there is one already, or OpenSSL cannot make a certificate.
class Loop {
public:
    explicit Loop(boost::asio::any_io_executor executor);
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;
    ~Loop();  ///< stations are gone by then

    [[nodiscard]] boost::asio::any_io_executor executor() const;
    [[nodiscard]] RandomSource& random() noexcept;
    [[nodiscard]] proto::sctp::Stack& stack() noexcept;
    /// What sockets read into.
    [[nodiscard]] net::UdpBatch& batch() noexcept;
    /// The timers of all calls. The event loop is not kept running by it once the last call is removed.
    [[nodiscard]] net::DeadlineQueue& deadlines() noexcept;
    /// Of the process' certificate.
    [[nodiscard]] const webrtc::DtlsMaker& dtls() const noexcept;
    /// A certificate that no other call shows.
    [[nodiscard]] static webrtc::DtlsMaker own_dtls();

    /// A name for a new call; remove() when its peer is gone.
    [[nodiscard]] std::uint64_t add(Station& station);
    void remove(std::uint64_t tag) noexcept;
    /// After each call into a peer: its association may have been made, and the stack's timer is to run.
    void arm();
    [[nodiscard]] std::size_t calls() const noexcept;

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;  // its timer's handler may run after us
};

}  // namespace volley::call
