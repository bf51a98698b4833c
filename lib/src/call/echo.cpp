// What comes goes back.
#include <deque>
#include <utility>

#include "call/server_port.hpp"

namespace volley::call {
namespace {

constexpr std::size_t most_kept = std::size_t{1} << 20;  // bytes, until no more is read
constexpr std::size_t least_cost = 64;                   // of a message, for those that are empty

class EchoHandler final : public CallHandler {
public:
    void handle(ServerCall& call, TimePoint at, webrtc::PeerEvent& event) override {
        if (auto* const message = std::get_if<webrtc::ChannelMessage>(&event)) {
            if (message->text && text_of(message->data).starts_with("ping")) message->data[1] = 'o';
            if (kept_.empty() && send(call, at, *message)) return;
            keep(call, at, std::move(*message));
        } else if (std::holds_alternative<webrtc::ChannelsWritable>(event)) {
            send_kept(call, at);
        } else if (const auto* const closed = std::get_if<webrtc::ChannelClosed>(&event)) {
            forget(closed->channel);
            send_kept(call, at);
        }
    }

private:
    [[nodiscard]] static std::size_t cost(const webrtc::ChannelMessage& message) noexcept {
        return message.data.size() + least_cost;
    }

    // @return false where it must wait; what can never be sent is dealt with.
    [[nodiscard]] static bool send(ServerCall& call, TimePoint at, const webrtc::ChannelMessage& message) {
        return call.peer().send(at, message.channel, message.text, message.data) != webrtc::ChannelErrc::would_block;
    }

    void keep(ServerCall& call, TimePoint at, webrtc::ChannelMessage message) {
        kept_bytes_ += cost(message);
        kept_.push_back(std::move(message));
        if (kept_bytes_ >= most_kept && !paused_) {
            paused_ = true;
            call.peer().pause_reading(at, true);
        }
    }

    void send_kept(ServerCall& call, TimePoint at) {
        while (!kept_.empty() && send(call, at, kept_.front())) {
            kept_bytes_ -= cost(kept_.front());
            kept_.pop_front();
        }
        if (paused_ && kept_.empty()) {
            paused_ = false;
            call.peer().pause_reading(at, false);
        }
    }

    void forget(webrtc::ChannelId channel) {
        std::erase_if(kept_, [&](const webrtc::ChannelMessage& message) {
            if (message.channel != channel) return false;
            kept_bytes_ -= cost(message);
            return true;
        });
    }

    std::deque<webrtc::ChannelMessage> kept_;  // in the order in which they came, whatever their channel
    std::size_t kept_bytes_ = 0;
    bool paused_ = false;
};

}  // namespace

std::unique_ptr<CallHandler> make_echo_handler() { return std::make_unique<EchoHandler>(); }

}  // namespace volley::call
