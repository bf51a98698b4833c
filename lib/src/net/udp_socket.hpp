// A UDP socket that knows which of this machine's addresses each datagram came to, and sends from the one that it is told.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include <sys/socket.h>
#include <sys/uio.h>

#include <boost/asio/any_io_executor.hpp>

#include <volley/error.hpp>
#include <volley/time.hpp>

#include "base/bytes.hpp"
#include "base/endpoint.hpp"

namespace volley::net {

/// A datagram that has come or is to be sent. IPv4 addresses stand as such, whatever socket they went through. Bytes are borrowed.
struct UdpDatagram {
    Endpoint local;  ///< to send: an unspecified address leaves the choice to the system
    Endpoint remote;
    BytesView bytes;
};

/// Room for what one system call reads; one for all the sockets of a thread, which must not outlive it while they are open.
/// Memory: 2 MiB of addresses, of which the system gives those pages that datagrams have reached.
class UdpBatch {
public:
    static constexpr std::size_t most = 32;                          ///< datagrams at a time
    static constexpr std::size_t most_bytes = std::size_t{1} << 16;  ///< of a datagram: any fits

    UdpBatch();

private:
    friend class UdpSocket;
    struct Control {
        alignas(std::size_t) std::array<std::uint8_t, 64> bytes;
    };
    /// @param local  what stands for the local address of datagrams that do not say theirs. An error is told where nothing was read.
    [[nodiscard]] std::span<const UdpDatagram> read(int descriptor, const Endpoint& local, error_code& error) noexcept;

    std::unique_ptr<std::uint8_t[]> room_;
    std::array<sockaddr_storage, most> names_{};
    std::array<iovec, most> parts_{};
    std::array<Control, most> controls_{};
    std::array<mmsghdr, most> headers_{};
    std::array<UdpDatagram, most> datagrams_;
};

/// Non-blocking; all on the executor's thread. May be destroyed at any time, by its receiver too, which is not called afterwards.
class UdpSocket {
public:
    /// Called with all that one system call has read. @param at  when it had.
    using Receiver = std::function<void(TimePoint at, std::span<const UdpDatagram> datagrams)>;

    /// Datagrams that wait while the system takes no more; what comes then is dropped.
    static constexpr std::size_t most_unsent = 1024;

    UdpSocket(const boost::asio::any_io_executor& executor, UdpBatch& batch);
    UdpSocket(const UdpSocket&) = delete;
    UdpSocket& operator=(const UdpSocket&) = delete;
    ~UdpSocket();

    /// @param bind  0.0.0.0: all IPv4 addresses; ::: those and all of IPv6. Port 0: any that is free.
    /// @param buffer_bytes  what the system is asked to hold in each direction; it may give less. 0: what it likes.
    /// Errors: those of socket(2) and bind(2).
    [[nodiscard]] error_code open(const Endpoint& bind, std::size_t buffer_bytes = 0);
    /// Begins to read, once it is open.
    void start(Receiver receiver);
    /// Reads and sends nothing more; the descriptor is closed.
    void close() noexcept;

    [[nodiscard]] bool is_open() const noexcept;
    /// With the port that the system gave; the address as it was bound.
    [[nodiscard]] const Endpoint& local_endpoint() const noexcept;

    /// In this order. What the system refuses is lost, as datagrams may be.
    void send(std::span<const UdpDatagram> datagrams);
    /// Datagrams that were lost on this side: refused by the system, or too many.
    [[nodiscard]] std::uint64_t dropped() const noexcept;

private:
    struct State;
    std::shared_ptr<State> state_;  // shared with what waits for the descriptor
};

}  // namespace volley::net
