// What tests of calls ask a server: offers over HTTP, and calls that are really made.
#pragma once

#include <chrono>
#include <exception>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <volley/time.hpp>

#include "call/client_call.hpp"
#include "call/loop.hpp"
#include "support/raw_client.hpp"
#include "webrtc/data_channels.hpp"
#include "webrtc/peer.hpp"

namespace volley::test {

/// An offer of a data channel whose sender cannot be reached.
inline std::string lone_offer() {
    return "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
           "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\n"
           "a=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 "
           "21:4A:79:A8:64:8C:06:FA:18:81:31:7F:E2:D0:DA:86:C3:FA:B2:20:75:17:2B:E4:30:6C:F4:22:C0:EB:C7:9A\r\n"
           "a=setup:actpass\r\na=mid:0\r\na=sctp-port:5000\r\n";
}

inline std::string in_json(std::string_view sdp) {
    boost::json::object object;
    object["sdp"] = boost::json::string(sdp.data(), sdp.size());
    object["type"] = "offer";
    return boost::json::serialize(object);
}

/// One request on a connection of its own.
inline RawClient::Answer ask(std::uint16_t port, std::string_view method, std::string_view target,
                             const std::map<std::string, std::string>& headers = {}, std::string_view body = {}) {
    RawClient client(port);
    std::string text = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n";
    for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
    if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    client.send(text + "\r\n" + std::string(body));
    return client.read_answer(method == "HEAD");
}
inline RawClient::Answer post_offer(std::uint16_t port, std::string_view sdp) {
    return ask(port, "POST", "/offer", {{"Content-Type", "application/json"}}, in_json(sdp));
}
inline RawClient::Answer post_whip(std::uint16_t port, std::string_view sdp, std::string_view path = "/whip") {
    return ask(port, "POST", path, {{"Content-Type", "application/sdp"}}, sdp);
}
inline std::string sdp_of(const RawClient::Answer& answer) {
    boost::system::error_code ec;
    const auto json = boost::json::parse(answer.body, ec);
    if (ec || !json.is_object() || !json.get_object().contains("sdp")) throw std::runtime_error("no answer: " + answer.body);
    const auto& text = json.get_object().at("sdp").as_string();
    return std::string(text.data(), text.size());
}

/// A call of this process' own. One at a time: a process has one loop for calls.
class Caller {
public:
    static constexpr std::chrono::seconds longest{30};

    Caller() { renew(); }
    Caller(const Caller&) = delete;
    Caller& operator=(const Caller&) = delete;
    ~Caller() { drop(); }

    /// Another call in the place of this one, which nobody is told of.
    void renew() {
        drop();
        call::ClientCallConfig config;
        config.addresses = {IpAddress::v4(0x7f000001)};
        config.loopback = true;
        call_ = std::make_unique<call::ClientCall>(loop_, std::move(config));
        channel_ = 0;
        messages.clear();
        ends.clear();
        call_->set_handler([this](TimePoint, webrtc::PeerEvent& event) {
            if (auto* message = std::get_if<webrtc::ChannelMessage>(&event))
                messages.emplace_back(message->text, std::string(message->data.begin(), message->data.end()));
            if (const auto* state = std::get_if<webrtc::PeerStateChanged>(&event)) ends.push_back(state->state);
        });
    }

    /// Of one data channel.
    std::string offer() {
        webrtc::ChannelOptions options;
        options.label = "chat";
        const auto channel = call_->open_channel(options);
        if (!channel) throw std::runtime_error(channel.error().message());
        channel_ = *channel;
        std::string text;
        auto making = [](call::ClientCall& call, std::string& out) -> boost::asio::awaitable<void> {
            out = co_await call.make_offer();
        };
        run(making(*call_, text));
        return text;
    }
    void answer(const std::string& sdp) {
        if (const auto wrong = call_->take_answer(sdp)) throw std::runtime_error(format_source_error(*wrong));
    }
    /// @return whether it holds, in the end.
    bool until(std::function<bool()> holds, std::chrono::seconds patience = longest) {
        bool held = false;
        auto waiting = [](call::ClientCall& call, std::function<bool()> condition, TimePoint deadline,
                          bool& out) -> boost::asio::awaitable<void> {
            out = co_await call.wait_until(std::move(condition), deadline);
        };
        run(waiting(*call_, std::move(holds), Clock::now() + patience, held));
        return held;
    }
    bool open() {
        return until([this] { return peer().channels().state(channel_) == webrtc::ChannelState::open; });
    }
    bool ended() {
        return until([this] { return peer().ended(); });
    }
    /// Sends, and waits for one message. @return it, a text with `text:` before it.
    std::string echo(bool text, std::string_view message) {
        const std::size_t before = messages.size();
        const error_code ec =
            call_->send(channel_, text, BytesView(reinterpret_cast<const std::uint8_t*>(message.data()), message.size()));
        if (ec) return ec.message();
        if (!until([&] { return messages.size() > before; })) return "nothing came back";
        return (messages.back().first ? "text:" : "") + messages.back().second;
    }
    void hang_up() { call_->hang_up(); }
    [[nodiscard]] const webrtc::Peer& peer() const { return std::as_const(*call_).peer(); }

    std::vector<std::pair<bool, std::string>> messages;
    std::vector<webrtc::PeerState> ends;

private:
    void run(boost::asio::awaitable<void> task) {
        bool done = false;
        std::exception_ptr failed;
        auto on_end = [&](std::exception_ptr error) {
            failed = error;
            done = true;
        };
        boost::asio::co_spawn(context_, std::move(task), std::move(on_end));
        context_.restart();
        while (!done && context_.run_one() > 0) {
        }
        if (failed) std::rethrow_exception(failed);
        if (!done) throw std::runtime_error("the loop has run out of work");
    }
    void drop() {
        call_.reset();
        context_.restart();
        context_.poll();
    }

    boost::asio::io_context context_{1};
    call::Loop loop_{context_.get_executor()};
    std::unique_ptr<call::ClientCall> call_;
    webrtc::ChannelId channel_ = 0;
};

}  // namespace volley::test
