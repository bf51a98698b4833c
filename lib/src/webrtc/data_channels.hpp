// The data channels of one call: streams of an SCTP association with a label and a way to open and close them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include <volley/error.hpp>
#include <volley/time.hpp>

#include "base/bytes.hpp"
#include "proto/dcep/message.hpp"
#include "proto/sctp/association.hpp"

namespace volley::webrtc {

/// Names a channel within a call; never given twice.
using ChannelId = std::uint32_t;

/// As W3C's RTCDataChannelInit has them. At most one of max_retransmits and max_lifetime.
struct ChannelOptions {
    std::string label = {};
    std::string protocol = {};
    bool ordered = true;
    std::optional<std::uint16_t> max_retransmits = std::nullopt;
    std::optional<Duration> max_lifetime = std::nullopt;  ///< maxPacketLifeTime; whole milliseconds
    /// The stream that both sides have agreed on elsewhere; nothing is said about the channel then (RFC 8832 section 4). Below 65,535.
    std::optional<std::uint16_t> negotiated_id = std::nullopt;
    bool operator==(const ChannelOptions&) const = default;
};

enum class ChannelState : std::uint8_t { connecting, open, closing, closed };

/// The channel stands at both ends: the peer has acknowledged it, or opened it, or it was agreed on and the association is up.
struct ChannelOpened {
    ChannelId channel = 0;
    bool by_peer = false;
};
struct ChannelMessage {
    ChannelId channel = 0;
    bool text = false;  ///< the peer says that it is UTF-8; nobody has looked
    Bytes data;
};
/// The last of a channel.
struct ChannelClosed {
    ChannelId channel = 0;
    std::string reason;  ///< in words of ours
};
/// send() may be tried again: what waits has fallen to DataChannels::low_threshold.
struct ChannelsWritable {};
using ChannelEvent = std::variant<ChannelOpened, ChannelMessage, ChannelClosed, ChannelsWritable>;

enum class ChannelErrc {
    no_channel = 1,  ///< there is none of that name, or it is closed
    not_open,        ///< the association is not up yet
    would_block,     ///< nothing was taken; ChannelsWritable follows
    too_large,       ///< Condition::too_large: more than the peer takes, or than the send buffer holds
    too_many,        ///< Condition::exhausted: no more channels
    bad_options,  ///< both limits, a lifetime that is no number of milliseconds from 1 to 65,535, an id that is taken or 65,535, a text too long
};
[[nodiscard]] const boost::system::error_category& channel_category() noexcept;
inline error_code make_error_code(ChannelErrc e) noexcept { return {static_cast<int>(e), channel_category()}; }

/// Channels may be made before there is an association; they open once it is up. Source: RFC 8831, RFC 8832.
///
/// What the peer does wrong closes the channel that it does it on, and nothing else. Bounded, for all channels together: most_channels,
/// most_text, most_partial; messages that wait for poll_event() by the association's receive buffer, since no more is taken out of it
/// while some wait.
/// After each call: poll_event() until it has nothing; the association's packets are its owner's to send.
/// Thread safety: that of the association.
class DataChannels {
public:
    static constexpr std::size_t most_channels = 1024;
    static constexpr std::size_t most_partial = 262'144;   ///< bytes of messages in several parts, the old way, of all channels
    static constexpr std::size_t most_text = 262'144;      ///< bytes of labels and protocols of channels that the peer has opened
    static constexpr std::size_t low_threshold = 262'144;  ///< bytes that wait, below which ChannelsWritable comes

    DataChannels() = default;
    DataChannels(const DataChannels&) = delete;
    DataChannels& operator=(const DataChannels&) = delete;

    /// @param even  this side's ids are even: it is the DTLS client (RFC 8832 section 6).
    void attach(proto::sctp::Association& association, bool even);
    /// The association is gone: every channel is closed.
    void detach(const std::string& reason);

    /// Errors: ChannelErrc::too_many, bad_options.
    [[nodiscard]] Result<ChannelId> open(TimePoint now, const ChannelOptions& options);
    /// A message whole, of any size from nothing on. Errors: ChannelErrc.
    [[nodiscard]] error_code send(TimePoint now, ChannelId channel, bool text, BytesView data);
    /// What was sent is delivered first. ChannelClosed follows once the peer has closed its side too.
    void close(TimePoint now, ChannelId channel);

    /// Takes what the association has to say. @return false where it has ended; end() says why then.
    bool take_events(TimePoint now);
    [[nodiscard]] const proto::sctp::Event& end() const noexcept { return end_; }

    /// While it is set nothing is taken out of the association, and the peer is told to wait once the receive buffer is full.
    void pause(bool paused) noexcept { paused_ = paused; }

    [[nodiscard]] std::optional<ChannelEvent> poll_event();
    /// The association is up, so that channels open.
    [[nodiscard]] bool up() const noexcept { return up_; }
    /// Nothing where there is no such channel any longer.
    [[nodiscard]] const ChannelOptions* options(ChannelId channel) const noexcept;
    [[nodiscard]] ChannelState state(ChannelId channel) const noexcept;
    [[nodiscard]] std::optional<std::uint16_t> stream(ChannelId channel) const noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return channels_.size(); }
    [[nodiscard]] std::size_t buffered() const;

private:
    struct Channel {
        ChannelOptions options;
        std::optional<std::uint16_t> stream;  // nothing until the side is known that even numbers belong to
        ChannelState state = ChannelState::connecting;
        bool by_peer = false;
        bool acknowledged = false;    // until then messages go in order, so that OPEN is first
        std::optional<Bytes> unsent;  // OPEN or ACK that the association had no room for
        bool reset_sent = false;      // our side of the stream is being ended, or is
        bool reset_done = false;      //
        bool reset_by_peer = false;   //
        Bytes partial;                // of a message in several parts, as PPIDs 52 and 54 mark them
        std::string why = "closed";   // for the side that ended it
    };
    using Channels = std::map<ChannelId, Channel>;

    [[nodiscard]] std::optional<std::uint16_t> free_stream() const;
    [[nodiscard]] Channels::iterator on_stream(std::uint16_t stream);
    void start(TimePoint now, Channels::iterator channel);
    void send_unsent(TimePoint now, Channels::iterator channel);
    void send_all_unsent(TimePoint now);
    void note_open(ChannelId id, Channel& channel);
    void take_event(TimePoint now, proto::sctp::Event& event);
    void take_message(TimePoint now, proto::sctp::Event& event);
    void take_control(TimePoint now, std::uint16_t stream, BytesView message);
    void take_open(TimePoint now, std::uint16_t stream, proto::dcep::Open& open);
    void reset(TimePoint now, Channel& channel);
    void close_for(TimePoint now, Channel& channel, std::string why);
    void refuse(TimePoint now, std::uint16_t stream);
    void note_writable(TimePoint now);
    void finish(Channels::iterator channel, std::string reason);

    proto::sctp::Association* association_ = nullptr;
    bool up_ = false;
    bool even_ = true;
    bool paused_ = false;
    bool was_full_ = false;  // send() has said would_block since the last ChannelsWritable
    ChannelId last_id_ = 0;
    Channels channels_;
    std::unordered_map<std::uint16_t, ChannelId> by_stream_;
    std::set<std::uint16_t> resetting_strays_;  // streams that no channel is on and that were ended for it
    std::size_t partial_bytes_ = 0;
    std::size_t text_bytes_ = 0;
    std::deque<ChannelEvent> events_;
    proto::sctp::Event end_;
};

}  // namespace volley::webrtc

template <>
struct boost::system::is_error_code_enum<volley::webrtc::ChannelErrc> : std::true_type {};
