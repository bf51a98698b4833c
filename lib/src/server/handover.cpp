#include "server/handover.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace volley::server {
namespace {

/// A message of one byte, with room for one descriptor beside it.
struct Message {
    explicit Message(char first) noexcept : byte(first) {
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        header.msg_control = control.data();
        header.msg_controllen = control.size();
    }
    Message(const Message&) = delete;
    Message& operator=(const Message&) = delete;

    char byte;
    iovec part{&byte, 1};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr header{};
};

}  // namespace

HandoverPair make_handover() noexcept {
    std::array<int, 2> ends{-1, -1};
    // Messages, so that a descriptor and its byte stay together.
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) return {};
    return {ends[0], ends[1]};
}

HandedOver hand_over(int channel, int connection) noexcept {
    Message message('c');
    cmsghdr* const beside = CMSG_FIRSTHDR(&message.header);
    beside->cmsg_level = SOL_SOCKET;
    beside->cmsg_type = SCM_RIGHTS;
    beside->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(beside), &connection, sizeof connection);
    for (;;) {
        if (::sendmsg(channel, &message.header, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return HandedOver::yes;
        if (errno == EINTR) continue;
        return errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN || errno == EBADF ? HandedOver::never
                                                                                            : HandedOver::later;
    }
}

TakenOver take_over(int channel) noexcept {
    for (;;) {
        Message message(0);
        const auto n = ::recvmsg(channel, &message.header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return {};
        if (n <= 0) return {-1, true};
        const cmsghdr* const beside = CMSG_FIRSTHDR(&message.header);
        // Without one: this process has no descriptor left for it, and the connection is closed.
        if (beside == nullptr || beside->cmsg_level != SOL_SOCKET || beside->cmsg_type != SCM_RIGHTS) continue;
        TakenOver out;
        std::memcpy(&out.connection, CMSG_DATA(beside), sizeof out.connection);
        return out;
    }
}

}  // namespace volley::server
