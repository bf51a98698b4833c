#include "webrtc/data_channels.hpp"

#include <algorithm>
#include <utility>

namespace volley::webrtc {

using proto::dcep::PayloadId;
namespace dcep = proto::dcep;
namespace sctp = proto::sctp;

namespace {

class Category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "volley.channel"; }
    std::string message(int v) const override {
        switch (static_cast<ChannelErrc>(v)) {
            case ChannelErrc::no_channel:
                return "the data channel is closed";
            case ChannelErrc::not_open:
                return "the data channel is not open yet";
            case ChannelErrc::would_block:
                return "too much waits to be sent on the data channels";
            case ChannelErrc::too_large:
                return "the message is larger than the peer takes";
            case ChannelErrc::too_many:
                return "there are no more data channels to be had";
            case ChannelErrc::bad_options:
                return "a data channel cannot be like that";
        }
        return "unknown error";
    }
    boost::system::error_condition default_error_condition(int v) const noexcept override {
        switch (static_cast<ChannelErrc>(v)) {
            case ChannelErrc::too_large:
                return make_error_condition(Condition::too_large);
            case ChannelErrc::would_block:
            case ChannelErrc::too_many:
                return make_error_condition(Condition::exhausted);
            case ChannelErrc::no_channel:
                return make_error_condition(Condition::reset);
            case ChannelErrc::not_open:
            case ChannelErrc::bad_options:
                break;
        }
        return make_error_condition(Condition::protocol);
    }
};

constexpr std::uint16_t streams_end = 65'535;  // RFC 8832 section 6: 65,535 is no stream

[[nodiscard]] bool is_possible(const ChannelOptions& options) {
    constexpr auto millisecond = std::chrono::milliseconds(1);
    if (options.max_retransmits && options.max_lifetime) return false;
    if (options.max_lifetime && (*options.max_lifetime < millisecond || *options.max_lifetime > 65'535 * millisecond ||
                                 *options.max_lifetime % millisecond != Duration::zero()))
        return false;
    if (options.negotiated_id && *options.negotiated_id >= streams_end) return false;
    return options.label.size() <= 65'535 && options.protocol.size() <= 65'535;
}

[[nodiscard]] dcep::Open open_message(const ChannelOptions& options) {
    dcep::Open open;
    open.ordered = options.ordered;
    if (options.max_retransmits) {
        open.reliability = dcep::Reliability::retransmits;
        open.parameter = *options.max_retransmits;
    } else if (options.max_lifetime) {
        open.reliability = dcep::Reliability::lifetime;
        open.parameter = static_cast<std::uint32_t>(*options.max_lifetime / std::chrono::milliseconds(1));
    }
    open.label = options.label;
    open.protocol = options.protocol;
    return open;
}

[[nodiscard]] ChannelOptions options_of(dcep::Open& open) {
    ChannelOptions options;
    options.ordered = open.ordered;
    if (open.reliability == dcep::Reliability::retransmits)
        options.max_retransmits = static_cast<std::uint16_t>(std::min<std::uint32_t>(open.parameter, 65'535));
    else if (open.reliability == dcep::Reliability::lifetime)
        options.max_lifetime = std::chrono::milliseconds(std::clamp<std::uint32_t>(open.parameter, 1, 65'535));
    options.label = std::move(open.label);
    options.protocol = std::move(open.protocol);
    return options;
}

}  // namespace

const boost::system::error_category& channel_category() noexcept {
    static const Category c;
    return c;
}

void DataChannels::attach(sctp::Association& association, bool even) {
    association_ = &association;
    even_ = even;
    association.set_low_threshold(low_threshold);
}

void DataChannels::detach(const std::string& reason) {
    association_ = nullptr;
    up_ = false;
    while (!channels_.empty()) finish(channels_.begin(), reason);
    resetting_strays_.clear();
}

Result<ChannelId> DataChannels::open(TimePoint now, const ChannelOptions& options) {
    if (!is_possible(options)) return make_error_code(ChannelErrc::bad_options);
    if (channels_.size() >= most_channels) return make_error_code(ChannelErrc::too_many);
    if (options.negotiated_id && by_stream_.contains(*options.negotiated_id)) return make_error_code(ChannelErrc::bad_options);
    if (up_ && !options.negotiated_id && !free_stream()) return make_error_code(ChannelErrc::too_many);

    const ChannelId id = ++last_id_;
    const auto at = channels_.emplace(id, Channel{}).first;
    at->second.options = options;
    if (options.negotiated_id) {
        at->second.stream = *options.negotiated_id;
        by_stream_.emplace(*options.negotiated_id, id);
    }
    if (up_) start(now, at);  // which may finish it
    return id;
}

// Ids of the other side's kind are never taken, and none whose stream is still being ended.
std::optional<std::uint16_t> DataChannels::free_stream() const {
    for (std::uint32_t stream = even_ ? 0 : 1; stream < streams_end; stream += 2)
        if (!by_stream_.contains(static_cast<std::uint16_t>(stream)) &&
            !resetting_strays_.contains(static_cast<std::uint16_t>(stream)))
            return static_cast<std::uint16_t>(stream);
    return std::nullopt;
}

DataChannels::Channels::iterator DataChannels::on_stream(std::uint16_t stream) {
    const auto at = by_stream_.find(stream);
    return at == by_stream_.end() ? channels_.end() : channels_.find(at->second);
}

void DataChannels::start(TimePoint now, Channels::iterator at) {
    Channel& channel = at->second;
    if (channel.options.negotiated_id) {
        channel.acknowledged = true;
        note_open(at->first, channel);
        return;
    }
    channel.stream = free_stream();
    if (!channel.stream) {
        finish(at, "there are no more streams");
        return;
    }
    by_stream_.emplace(*channel.stream, at->first);
    channel.unsent = dcep::write(open_message(channel.options)).value();  // its texts were measured by is_possible()
    send_unsent(now, at);
}

// What cannot be said ends the channel: nobody else would tell.
void DataChannels::send_unsent(TimePoint now, Channels::iterator at) {
    Channel& channel = at->second;
    // On a stream whose ending the peer has not confirmed yet nothing can be sent.
    if (!channel.unsent || association_ == nullptr || resetting_strays_.contains(*channel.stream)) return;
    const error_code error =
        association_->send(now, *channel.stream, static_cast<std::uint32_t>(PayloadId::dcep), *channel.unsent, {});
    if (error == sctp::Errc::would_block) {
        was_full_ = true;
        return;
    }
    channel.unsent.reset();
    if (!error) return;
    if (channel.by_peer) {
        channel.state = ChannelState::closing;
        reset(now, channel);
    } else {
        finish(at, "it cannot be opened: " + error.message());
    }
}

void DataChannels::send_all_unsent(TimePoint now) {
    std::vector<ChannelId> waiting;
    for (const auto& [id, channel] : channels_)
        if (channel.unsent) waiting.push_back(id);
    for (const ChannelId id : waiting)
        if (const auto at = channels_.find(id); at != channels_.end()) send_unsent(now, at);
}

void DataChannels::note_open(ChannelId id, Channel& channel) {
    if (channel.state != ChannelState::connecting) return;
    channel.state = ChannelState::open;
    events_.emplace_back(ChannelOpened{id, channel.by_peer});
}

error_code DataChannels::send(TimePoint now, ChannelId id, bool text, BytesView data) {
    const auto at = channels_.find(id);
    if (at == channels_.end() || at->second.state == ChannelState::closing) return ChannelErrc::no_channel;
    Channel& channel = at->second;
    if (!up_ || association_ == nullptr || !channel.stream) return ChannelErrc::not_open;
    if (channel.unsent) {
        was_full_ = true;
        return ChannelErrc::would_block;
    }
    sctp::Reliability reliability;
    // RFC 8832 section 6: nothing may arrive before OPEN does.
    reliability.ordered = channel.options.ordered || !channel.acknowledged;
    reliability.max_retransmits = channel.options.max_retransmits;
    reliability.max_lifetime = channel.options.max_lifetime;
    PayloadId id_of_payload = text ? PayloadId::string : PayloadId::binary;
    static constexpr std::uint8_t nothing[1]{0};
    if (data.empty()) {
        id_of_payload = text ? PayloadId::empty_string : PayloadId::empty_binary;
        data = nothing;
    }
    const error_code error =
        association_->send(now, *channel.stream, static_cast<std::uint32_t>(id_of_payload), data, reliability);
    if (!error) return {};
    if (error == sctp::Errc::would_block) {
        was_full_ = true;
        return ChannelErrc::would_block;
    }
    if (error == sctp::Errc::message_too_large) return ChannelErrc::too_large;
    if (error == sctp::Errc::not_open) return ChannelErrc::not_open;
    return ChannelErrc::no_channel;
}

void DataChannels::close(TimePoint now, ChannelId id) {
    const auto at = channels_.find(id);
    if (at == channels_.end() || at->second.state == ChannelState::closing) return;
    Channel& channel = at->second;
    if (!up_ || !channel.stream || (channel.unsent && !channel.by_peer)) {
        // The peer has heard nothing of it.
        finish(at, "closed");
        return;
    }
    channel.unsent.reset();
    channel.state = ChannelState::closing;
    reset(now, channel);
}

void DataChannels::reset(TimePoint now, Channel& channel) {
    if (channel.reset_sent || association_ == nullptr) return;
    channel.reset_sent = true;
    if (association_->reset(now, *channel.stream)) channel.reset_done = true;  // no stream to end
}

/// For what the peer did on it.
void DataChannels::close_for(TimePoint now, Channel& channel, std::string why) {
    if (channel.state == ChannelState::closing) return;
    channel.state = ChannelState::closing;
    channel.why = std::move(why);
    reset(now, channel);
}

void DataChannels::finish(Channels::iterator at, std::string reason) {
    Channel& channel = at->second;
    partial_bytes_ -= channel.partial.size();
    if (channel.by_peer) text_bytes_ -= channel.options.label.size() + channel.options.protocol.size();
    if (channel.stream) {
        by_stream_.erase(*channel.stream);
        // Ours goes on ending; until it has, the number is not free.
        if (channel.reset_sent && !channel.reset_done && association_ != nullptr) resetting_strays_.insert(*channel.stream);
    }
    events_.emplace_back(ChannelClosed{at->first, std::move(reason)});
    channels_.erase(at);
}

bool DataChannels::take_events(TimePoint now) {
    if (association_ == nullptr) return false;
    // Paused, events stay where the peer's window counts them; room to send is looked for all the same.
    while (!paused_ && events_.size() < 256) {
        auto event = association_->poll_event();
        if (!event) break;
        if (event->kind == sctp::Event::Kind::closed || event->kind == sctp::Event::Kind::failed) {
            end_ = std::move(*event);
            return false;
        }
        take_event(now, *event);
        if (association_ == nullptr) return false;
    }
    if (paused_ && was_full_ && up_ && association_->buffered() <= low_threshold) note_writable(now);
    return true;
}

void DataChannels::note_writable(TimePoint now) {
    was_full_ = false;
    send_all_unsent(now);
    if (!was_full_) events_.emplace_back(ChannelsWritable{});
}

void DataChannels::take_event(TimePoint now, sctp::Event& event) {
    using Kind = sctp::Event::Kind;
    switch (event.kind) {
        case Kind::up: {
            up_ = true;
            // By id, since start() may finish one.
            std::vector<ChannelId> waiting;
            for (const auto& [id, channel] : channels_) waiting.push_back(id);
            for (const ChannelId id : waiting)
                if (const auto at = channels_.find(id); at != channels_.end()) start(now, at);
            return;
        }
        case Kind::message:
            take_message(now, event);
            return;
        case Kind::reset_by_peer:
            if (const auto at = on_stream(event.stream); at != channels_.end()) {
                at->second.reset_by_peer = true;
                const bool by_us = at->second.reset_sent;
                reset(now, at->second);
                if (!by_us)
                    finish(at, "the peer closed it");
                else if (at->second.reset_done)
                    finish(at, std::move(at->second.why));
            }
            return;
        case Kind::reset_done:
        case Kind::reset_refused:
            if (resetting_strays_.erase(event.stream) != 0) {
                // A channel that the peer has opened there in the meantime is acknowledged now.
                if (const auto at = on_stream(event.stream); at != channels_.end() && at->second.unsent) {
                    send_unsent(now, at);
                    if (was_full_) note_writable(now);
                }
                return;
            }
            if (const auto at = on_stream(event.stream); at != channels_.end() && at->second.reset_sent) {
                at->second.reset_done = true;
                // A peer that cannot end streams will not end its own either.
                if (at->second.reset_by_peer || event.kind == Kind::reset_refused) finish(at, std::move(at->second.why));
            }
            return;
        case Kind::writable:
            note_writable(now);
            return;
        case Kind::closed:
        case Kind::failed:
            return;
    }
}

void DataChannels::take_message(TimePoint now, sctp::Event& event) {
    const auto payload = static_cast<PayloadId>(event.ppid);
    if (payload == PayloadId::dcep) {
        take_control(now, event.stream, event.data);
        return;
    }
    const auto at = on_stream(event.stream);
    if (at == channels_.end() || at->second.state == ChannelState::closing)
        return;  // of a channel that is gone, or that never was
    Channel& channel = at->second;
    // Whoever sends on it has seen OPEN.
    if (channel.stream && up_) note_open(at->first, channel);
    switch (payload) {
        case PayloadId::string_partial:
        case PayloadId::binary_partial:
            // Deprecated (RFC 8831 section 6.6); what it would grow beyond is what one message may have.
            if (partial_bytes_ + event.data.size() > most_partial) {
                partial_bytes_ -= channel.partial.size();
                channel.partial.clear();
                close_for(now, channel, "a message in parts is larger than may be");
                return;
            }
            channel.partial.insert(channel.partial.end(), event.data.begin(), event.data.end());
            partial_bytes_ += event.data.size();
            return;
        case PayloadId::empty_string:
        case PayloadId::empty_binary:
            events_.emplace_back(ChannelMessage{at->first, payload == PayloadId::empty_string, {}});
            return;
        case PayloadId::string:
        case PayloadId::binary: {
            Bytes data = std::move(event.data);
            if (!channel.partial.empty()) {
                partial_bytes_ -= channel.partial.size();
                channel.partial.insert(channel.partial.end(), data.begin(), data.end());
                data = std::exchange(channel.partial, {});
            }
            events_.emplace_back(ChannelMessage{at->first, payload == PayloadId::string, std::move(data)});
            return;
        }
        case PayloadId::dcep:
            break;
    }
    // An identifier of no meaning here: RFC 8831 section 6.6 names all there are.
}

void DataChannels::take_control(TimePoint now, std::uint16_t stream, BytesView message) {
    auto parsed = dcep::parse(message);
    const auto at = on_stream(stream);
    if (!parsed) {
        if (at != channels_.end())
            close_for(now, at->second, "what the peer says of it is not to be understood: " + parsed.error().message());
        else
            refuse(now, stream);
        return;
    }
    if (auto* open = std::get_if<dcep::Open>(&*parsed)) {
        take_open(now, stream, *open);
        return;
    }
    if (at == channels_.end() || at->second.by_peer) return;
    at->second.acknowledged = true;
    note_open(at->first, at->second);
}

void DataChannels::take_open(TimePoint now, std::uint16_t stream, dcep::Open& open) {
    // RFC 8832 section 6: each side opens on numbers of its own kind, and none twice.
    const bool is_even = stream % 2 == 0;
    const auto at = on_stream(stream);
    if (at != channels_.end()) {
        close_for(now, at->second, "the peer opened another one in its place");
        return;
    }
    const std::size_t text = open.label.size() + open.protocol.size();
    if (is_even == even_ || channels_.size() >= most_channels || text_bytes_ + text > most_text) {
        refuse(now, stream);
        return;
    }
    text_bytes_ += text;
    const auto made = channels_.emplace(++last_id_, Channel{}).first;
    Channel& channel = made->second;
    channel.options = options_of(open);
    channel.stream = stream;
    channel.by_peer = true;
    channel.acknowledged = true;
    by_stream_.emplace(stream, made->first);
    channel.unsent = dcep::write(dcep::Acknowledge{}).value();
    send_unsent(now, made);
    note_open(made->first, channel);
}

void DataChannels::refuse(TimePoint now, std::uint16_t stream) {
    if (resetting_strays_.size() >= most_channels || resetting_strays_.contains(stream)) return;
    if (!association_->reset(now, stream)) resetting_strays_.insert(stream);
}

std::optional<ChannelEvent> DataChannels::poll_event() {
    if (events_.empty()) return std::nullopt;
    ChannelEvent event = std::move(events_.front());
    events_.pop_front();
    return event;
}

const ChannelOptions* DataChannels::options(ChannelId channel) const noexcept {
    const auto at = channels_.find(channel);
    return at == channels_.end() ? nullptr : &at->second.options;
}

ChannelState DataChannels::state(ChannelId channel) const noexcept {
    const auto at = channels_.find(channel);
    return at == channels_.end() ? ChannelState::closed : at->second.state;
}

std::optional<std::uint16_t> DataChannels::stream(ChannelId channel) const noexcept {
    const auto at = channels_.find(channel);
    return at == channels_.end() ? std::nullopt : at->second.stream;
}

std::size_t DataChannels::buffered() const { return association_ == nullptr ? 0 : association_->buffered(); }

}  // namespace volley::webrtc
