#include "net/udp_socket.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <optional>
#include <utility>

#include <netinet/in.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>

namespace volley::net {
namespace {

using Descriptor = boost::asio::posix::stream_descriptor;

/// A busy socket lets others have the loop after so many batches.
constexpr int batches_in_a_row = 4;

[[nodiscard]] error_code last_error() noexcept { return {errno, boost::system::system_category()}; }

[[nodiscard]] bool is_mapped(const in6_addr& address) noexcept { return IN6_IS_ADDR_V4MAPPED(&address); }

[[nodiscard]] IpAddress to_address(const in6_addr& address) noexcept {
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(&address);
    return is_mapped(address) ? *IpAddress::from_bytes({bytes + 12, 4}) : *IpAddress::from_bytes({bytes, 16});
}

[[nodiscard]] IpAddress to_address(const in_addr& address) noexcept {
    return *IpAddress::from_bytes({reinterpret_cast<const std::uint8_t*>(&address), 4});
}

[[nodiscard]] std::optional<Endpoint> to_endpoint(const sockaddr_storage& name) noexcept {
    if (name.ss_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &name, sizeof v4);
        return Endpoint{to_address(v4.sin_addr), ntohs(v4.sin_port)};
    }
    if (name.ss_family != AF_INET6) return std::nullopt;
    sockaddr_in6 v6{};
    std::memcpy(&v6, &name, sizeof v6);
    return Endpoint{to_address(v6.sin6_addr), ntohs(v6.sin6_port)};
}

[[nodiscard]] in6_addr to_v6(const IpAddress& address) noexcept {
    in6_addr out{};
    auto* const bytes = reinterpret_cast<std::uint8_t*>(&out);
    if (address.is_v4()) bytes[10] = bytes[11] = 0xff;
    std::memcpy(bytes + (address.is_v4() ? 12 : 0), address.bytes().data(), address.bytes().size());
    return out;
}

[[nodiscard]] in_addr to_v4(const IpAddress& address) noexcept {
    in_addr out{};
    std::memcpy(&out, address.bytes().data(), std::min(sizeof out, address.bytes().size()));
    return out;
}

/// @return its size.
socklen_t write_name(sockaddr_storage& out, const Endpoint& endpoint, bool v6) noexcept {
    if (v6) {
        sockaddr_in6 name{};
        name.sin6_family = AF_INET6;
        name.sin6_port = htons(endpoint.port);
        name.sin6_addr = to_v6(endpoint.address);
        std::memcpy(&out, &name, sizeof name);
        return sizeof name;
    }
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(endpoint.port);
    name.sin_addr = to_v4(endpoint.address);
    std::memcpy(&out, &name, sizeof name);
    return sizeof name;
}

// Which of our addresses it came to: ip(7), ipv6(7).
[[nodiscard]] std::optional<IpAddress> local_address_in(msghdr& header) noexcept {
    for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            in_pktinfo info{};
            std::memcpy(&info, CMSG_DATA(c), sizeof info);
            return to_address(info.ipi_addr);
        }
        if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            in6_pktinfo info{};
            std::memcpy(&info, CMSG_DATA(c), sizeof info);
            return to_address(info.ipi6_addr);
        }
    }
    return std::nullopt;
}

template <class Info>
[[nodiscard]] std::size_t write_control(std::span<std::uint8_t> out, int level, int type, const Info& info) noexcept {
    cmsghdr header{};
    header.cmsg_level = level;
    header.cmsg_type = type;
    header.cmsg_len = CMSG_LEN(sizeof info);
    std::memcpy(out.data(), &header, sizeof header);
    std::memcpy(out.data() + CMSG_LEN(0), &info, sizeof info);
    return CMSG_SPACE(sizeof info);
}

// The address that a datagram is to be sent from.
[[nodiscard]] std::size_t write_source(std::span<std::uint8_t> out, const IpAddress& address, bool v6) noexcept {
    if (v6) {
        in6_pktinfo info{};
        info.ipi6_addr = to_v6(address);
        return write_control(out, IPPROTO_IPV6, IPV6_PKTINFO, info);
    }
    in_pktinfo info{};
    info.ipi_spec_dst = to_v4(address);
    return write_control(out, IPPROTO_IP, IP_PKTINFO, info);
}

void set_buffer(int descriptor, int option, int forced, std::size_t bytes) noexcept {
    const int size = static_cast<int>(std::min<std::size_t>(bytes, std::size_t{1} << 30));
    // The administrator's limit is passed over by those who may; others get as much as it allows.
    if (::setsockopt(descriptor, SOL_SOCKET, forced, &size, sizeof size) != 0)
        (void)::setsockopt(descriptor, SOL_SOCKET, option, &size, sizeof size);
}

[[nodiscard]] bool switch_on(int descriptor, int level, int option, int value = 1) noexcept {
    return ::setsockopt(descriptor, level, option, &value, sizeof value) == 0;
}

}  // namespace

// --- reading ---------------------------------------------------------------------------------------------------------------------

UdpBatch::UdpBatch() : room_(std::make_unique_for_overwrite<std::uint8_t[]>(most * most_bytes)) {}

std::span<const UdpDatagram> UdpBatch::read(int descriptor, const Endpoint& local, error_code& error) noexcept {
    for (std::size_t i = 0; i < most; ++i) {
        parts_[i] = {room_.get() + i * most_bytes, most_bytes};
        msghdr& header = headers_[i].msg_hdr;
        header = {};
        header.msg_name = &names_[i];
        header.msg_namelen = sizeof names_[i];
        header.msg_iov = &parts_[i];
        header.msg_iovlen = 1;
        header.msg_control = controls_[i].bytes.data();
        header.msg_controllen = controls_[i].bytes.size();
    }
    int n = 0;
    do n = ::recvmmsg(descriptor, headers_.data(), most, 0, nullptr);
    while (n < 0 && errno == EINTR);
    if (n < 0) {
        error = last_error();
        return {};
    }
    std::size_t count = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
        const auto remote = to_endpoint(names_[i]);
        if (!remote) continue;
        Endpoint to = local;
        if (const auto address = local_address_in(headers_[i].msg_hdr)) to.address = *address;
        datagrams_[count++] = {to, *remote, {room_.get() + i * most_bytes, headers_[i].msg_len}};
    }
    return {datagrams_.data(), count};
}

// --- the socket ------------------------------------------------------------------------------------------------------------------

struct UdpSocket::State : std::enable_shared_from_this<State> {
    struct Unsent {
        Endpoint local;
        Endpoint remote;
        Bytes bytes;
    };

    State(const boost::asio::any_io_executor& executor, UdpBatch& the_batch) : descriptor(executor), batch(the_batch) {}

    void wait_readable();
    void read();
    std::size_t send_some(std::span<const UdpDatagram> datagrams);
    void keep(std::span<const UdpDatagram> datagrams);
    void wait_writable();
    void send_unsent();

    Descriptor descriptor;
    UdpBatch& batch;  // may be gone once the descriptor is closed
    Endpoint local;
    bool v6 = false;
    bool all_addresses = false;
    Receiver receiver;
    std::deque<Unsent> unsent;
    bool waits_writable = false;
    std::uint64_t dropped = 0;
};

UdpSocket::UdpSocket(const boost::asio::any_io_executor& executor, UdpBatch& batch)
    : state_(std::make_shared<State>(executor, batch)) {}

UdpSocket::~UdpSocket() { close(); }

error_code UdpSocket::open(const Endpoint& bind, std::size_t buffer_bytes) {
    State& state = *state_;
    const bool v6 = bind.address.is_v6();
    const int fd = ::socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
    if (fd < 0) return last_error();
    error_code error;
    state.descriptor.assign(fd, error);
    if (error) {
        ::close(fd);
        return error;
    }
    state.v6 = v6;
    state.all_addresses = bind.address.is_unspecified();
    const bool set =
        !state.all_addresses || (v6 ? switch_on(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0) && switch_on(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO)
                                    : switch_on(fd, IPPROTO_IP, IP_PKTINFO));
    if (buffer_bytes > 0) {
        set_buffer(fd, SO_RCVBUF, SO_RCVBUFFORCE, buffer_bytes);
        set_buffer(fd, SO_SNDBUF, SO_SNDBUFFORCE, buffer_bytes);
    }
    sockaddr_storage name{};
    socklen_t size = write_name(name, bind, v6);
    if (!set || ::bind(fd, reinterpret_cast<const sockaddr*>(&name), size) != 0) {
        error = last_error();
        close();
        return error;
    }
    size = sizeof name;
    state.local = bind;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) == 0)
        if (const auto bound = to_endpoint(name)) state.local.port = bound->port;
    return {};
}

void UdpSocket::start(Receiver receiver) {
    state_->receiver = std::move(receiver);
    state_->wait_readable();
}

void UdpSocket::close() noexcept {
    error_code ignored;
    state_->descriptor.close(ignored);
    state_->unsent.clear();
}

bool UdpSocket::is_open() const noexcept { return state_->descriptor.is_open(); }
const Endpoint& UdpSocket::local_endpoint() const noexcept { return state_->local; }
std::uint64_t UdpSocket::dropped() const noexcept { return state_->dropped; }

void UdpSocket::State::wait_readable() {
    descriptor.async_wait(Descriptor::wait_read, [self = shared_from_this()](error_code error) {
        if (error || !self->descriptor.is_open()) return;
        self->read();
        // Looks again before it waits, so that nothing need be read to the end.
        if (self->descriptor.is_open()) self->wait_readable();
    });
}

void UdpSocket::State::read() {
    for (int i = 0; i < batches_in_a_row && descriptor.is_open(); ++i) {
        error_code error;
        const auto datagrams = batch.read(descriptor.native_handle(), local, error);
        if (error) return;  // nothing is there; what else there may be is told of one datagram alone, and is over with it
        if (!datagrams.empty()) receiver(Clock::now(), datagrams);
        if (datagrams.size() < UdpBatch::most) return;
    }
}

// --- sending ---------------------------------------------------------------------------------------------------------------------

void UdpSocket::send(std::span<const UdpDatagram> datagrams) {
    State& state = *state_;
    if (!state.descriptor.is_open() || datagrams.empty()) return;
    // What waits goes first.
    const std::size_t sent = state.unsent.empty() ? state.send_some(datagrams) : 0;
    state.keep(datagrams.subspan(sent));
}

// @return how many are dealt with, sent or lost; the others wait until the system takes more.
std::size_t UdpSocket::State::send_some(std::span<const UdpDatagram> datagrams) {
    constexpr std::size_t most = UdpBatch::most;
    std::array<sockaddr_storage, most> names;
    std::array<iovec, most> parts;
    std::array<UdpBatch::Control, most> controls;
    std::array<mmsghdr, most> headers;
    std::size_t done = 0;
    while (done < datagrams.size()) {
        const std::size_t count = std::min(datagrams.size() - done, most);
        for (std::size_t i = 0; i < count; ++i) {
            const UdpDatagram& datagram = datagrams[done + i];
            parts[i] = {const_cast<std::uint8_t*>(datagram.bytes.data()), datagram.bytes.size()};
            headers[i] = {};
            msghdr& header = headers[i].msg_hdr;
            header.msg_name = &names[i];
            header.msg_namelen = write_name(names[i], datagram.remote, v6);
            header.msg_iov = &parts[i];
            header.msg_iovlen = 1;
            if (!all_addresses || datagram.local.address.is_unspecified()) continue;
            controls[i].bytes.fill(0);
            header.msg_control = controls[i].bytes.data();
            header.msg_controllen = write_source(controls[i].bytes, datagram.local.address, v6);
        }
        const int n = ::sendmmsg(descriptor.native_handle(), headers.data(), static_cast<unsigned>(count), 0);
        if (n > 0) {
            done += static_cast<std::size_t>(n);
            continue;
        }
        if (errno == EINTR) continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK) return done;
        // The first one cannot go: no route, forbidden, too long, its address is gone. The others may.
        ++dropped;
        ++done;
    }
    return done;
}

void UdpSocket::State::keep(std::span<const UdpDatagram> datagrams) {
    const std::size_t count = std::min(datagrams.size(), most_unsent - std::min(most_unsent, unsent.size()));
    for (const auto& datagram : datagrams.first(count))
        unsent.push_back({datagram.local, datagram.remote, Bytes(datagram.bytes.begin(), datagram.bytes.end())});
    dropped += datagrams.size() - count;
    if (!unsent.empty()) wait_writable();
}

void UdpSocket::State::wait_writable() {
    if (waits_writable) return;
    waits_writable = true;
    descriptor.async_wait(Descriptor::wait_write, [self = shared_from_this()](error_code error) {
        self->waits_writable = false;
        if (error || !self->descriptor.is_open()) return;
        self->send_unsent();
    });
}

void UdpSocket::State::send_unsent() {
    while (!unsent.empty()) {
        std::array<UdpDatagram, UdpBatch::most> next;
        const std::size_t count = std::min(unsent.size(), next.size());
        for (std::size_t i = 0; i < count; ++i) next[i] = {unsent[i].local, unsent[i].remote, unsent[i].bytes};
        const std::size_t sent = send_some({next.data(), count});
        unsent.erase(unsent.begin(), unsent.begin() + static_cast<std::ptrdiff_t>(sent));
        if (sent < count) return wait_writable();
    }
}

}  // namespace volley::net
