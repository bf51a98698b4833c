// Accepted connections on their way from one process to another.
#pragma once

namespace volley::server {

/// A pair of Unix sockets for connections; both ends CLOEXEC, -1 with errno where there are none to be had.
struct HandoverPair {
    int from = -1;  ///< for hand_over()
    int to = -1;    ///< for take_over(), and Options::connections_from
};
[[nodiscard]] HandoverPair make_handover() noexcept;

enum class HandedOver {
    yes,
    later,  ///< the other side has not taken those before it; or the system is short of something
    never,  ///< the other side is gone
};
/// Does not wait. `connection` stays open here: close it.
[[nodiscard]] HandedOver hand_over(int channel, int connection) noexcept;

struct TakenOver {
    int connection = -1;  ///< now the caller's
    bool ended = false;   ///< no more will come: the other side is closed
};
/// Does not wait: neither, where nothing has come.
[[nodiscard]] TakenOver take_over(int channel) noexcept;

}  // namespace volley::server
