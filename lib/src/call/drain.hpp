// What a peer has to send and to say, taken until there is nothing more.
#pragma once

#include <optional>
#include <utility>

#include "webrtc/peer.hpp"

namespace volley::call {

/// @param send  sends what poll_transmit() has, and returns whether there was anything.
/// @param tell  takes an event; false: the peer is not to be looked at any longer.
/// @return false where `tell` has ended it.
template <class Send, class Tell>
bool drain(webrtc::Peer& peer, Send send, Tell tell) {
    for (;;) {
        (void)send();
        std::optional<webrtc::PeerEvent> event = peer.poll_event();
        if (event) {
            if (!tell(*event)) return false;
        } else if (!send()) {
            return true;
        }
        // To look for events may have made packets.
    }
}

}  // namespace volley::call
