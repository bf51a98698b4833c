// A call that this side begins: one UDP socket and one timer around a Peer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include <volley/error.hpp>
#include <volley/time.hpp>

#include "base/endpoint.hpp"
#include "call/loop.hpp"
#include "webrtc/peer.hpp"

namespace volley::call {

struct ClientCallConfig {
    webrtc::PeerConfig peer;
    /// Addresses that candidates are made of; none: those of local_addresses(), with loopback ones where `loopback` is set or there are no
    /// others. For a server on this machine loopback is what works everywhere.
    std::vector<IpAddress> addresses;
    bool loopback = false;
    bool own_certificate = false;  ///< instead of the process' one
};

/// Something that goes on beside a call's peer and has a timer of its own: its media.
class Companion {
public:
    Companion() = default;
    Companion(const Companion&) = delete;
    Companion& operator=(const Companion&) = delete;
    virtual ~Companion() = default;
    /// When handle_timeout() is to be called; asked after each event, each timeout and each flush().
    [[nodiscard]] virtual std::optional<TimePoint> next_timeout() const = 0;
    /// What it sends leaves once it has returned. Does not destroy the call.
    virtual void handle_timeout(TimePoint now) = 0;
};

/// All on the loop's thread. Descriptors: one, and one for each TURN server that is reached over TCP; none once the call has ended, by itself
/// or by hang_up().
class ClientCall final : public Station {
public:
    /// @param at  the instant that the datagram was read which brought the event, or that the timer ran.
    using Handler = std::function<void(TimePoint at, webrtc::PeerEvent& event)>;

    /// Opens the socket. Throws boost::system::system_error where that fails (out of descriptors or ports).
    ClientCall(Loop& loop, ClientCallConfig config);
    ~ClientCall() override;  ///< closes the socket without a word to the peer; hang_up() before

    /// Who is told of events; may call everything of this object, and destroy it as its last act. What it sends leaves once it has returned.
    void set_handler(Handler handler);

    /// Nothing takes it away again. Lives as long as this object does.
    void set_companion(Companion* companion);

    /// Gathers without waiting for it: make_offer() does it as well.
    void gather();
    /// Gathers, all of it unless the configuration trickles, and writes the offer.
    [[nodiscard]] boost::asio::awaitable<std::string> make_offer();
    /// @return why it is refused.
    [[nodiscard]] std::optional<SourceError> take_answer(std::string_view text);
    [[nodiscard]] std::optional<std::string> add_remote_candidate(std::string_view line);

    /// Waits until the condition holds after an event, the call has ended, or `until`. @return whether the condition holds; false where this
    /// object was destroyed meanwhile, and then it is not asked.
    [[nodiscard]] boost::asio::awaitable<bool> wait_until(std::function<bool()> condition, TimePoint until);

    [[nodiscard]] Result<webrtc::ChannelId> open_channel(const webrtc::ChannelOptions& options);
    [[nodiscard]] error_code send(webrtc::ChannelId channel, bool text, BytesView data);
    void close_channel(webrtc::ChannelId channel);
    /// Tells the peer, sends what is to be sent for that, and closes the socket.
    void hang_up();

    [[nodiscard]] const webrtc::Peer& peer() const noexcept;
    /// For what this class does not wrap; flush() afterwards.
    [[nodiscard]] webrtc::Peer& peer() noexcept;
    void flush();

    void take_stack(TimePoint now, std::uint64_t tag) override;

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;  // shared with what its socket and timer still wait for
};

}  // namespace volley::call
