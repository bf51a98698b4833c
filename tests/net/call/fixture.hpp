// Both ends of calls in one process, on one loop, over loopback.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "call/client_call.hpp"
#include "call/loop.hpp"
#include "call/server_port.hpp"
#include "support/udp_relay.hpp"

namespace volley::test {

using namespace std::chrono_literals;

inline IpAddress address(std::string_view text) { return *IpAddress::parse(text); }

inline void run_until(boost::asio::io_context& io, const std::function<bool()>& condition, Duration limit = 60s) {
    const TimePoint until = Clock::now() + limit;
    while (!condition() && Clock::now() < until) {
        io.restart();
        io.run_one_for(100ms);
    }
    ASSERT_TRUE(condition());
}

/// The result of a coroutine of ours, run to its end.
template <class T>
T result_of(boost::asio::io_context& io, boost::asio::awaitable<T> task) {
    std::optional<T> out;
    std::exception_ptr failure;
    boost::asio::co_spawn(io, std::move(task), [&](std::exception_ptr error, T value) {
        failure = error;
        out = std::move(value);
    });
    run_until(io, [&] { return out.has_value(); });
    if (failure) std::rethrow_exception(failure);
    return std::move(*out);
}

/// A call that is begun here, and what has come of it.
struct Caller {
    struct Message {
        bool text = false;
        std::string data;
        bool operator==(const Message&) const = default;
    };

    Caller(call::Loop& loop, call::ClientCallConfig config) : call(std::make_unique<call::ClientCall>(loop, std::move(config))) {
        call->set_handler([this](TimePoint at, webrtc::PeerEvent& event) {
            EXPECT_LE(at, Clock::now());
            if (auto* const message = std::get_if<webrtc::ChannelMessage>(&event))
                messages.push_back({message->text, std::string(text_of(message->data))});
            else if (const auto* const opened = std::get_if<webrtc::ChannelOpened>(&event))
                open = open || opened->channel == channel;
            else if (const auto* const changed = std::get_if<webrtc::PeerStateChanged>(&event))
                states.push_back(changed->state);
            else if (std::holds_alternative<webrtc::ChannelsWritable>(event))
                ++writable;
            if (then) then(event);
        });
    }
    [[nodiscard]] const webrtc::Peer& peer() const { return std::as_const(*call).peer(); }
    [[nodiscard]] bool ended() const { return peer().ended(); }

    std::unique_ptr<call::ClientCall> call;
    webrtc::ChannelId channel = 0;
    bool open = false;
    int writable = 0;
    std::vector<Message> messages;
    std::vector<webrtc::PeerState> states;
    std::function<void(webrtc::PeerEvent&)> then;
};

class CallsTest : public testing::Test {
protected:
    static call::ServerPortConfig port_config(std::string_view bind = "127.0.0.1") {
        call::ServerPortConfig config;
        config.bind = {address(bind), 0};
        config.peer.set_up_limit = 60s;
        return config;
    }
    static call::ClientCallConfig call_config(std::string_view from = "127.0.0.1") {
        call::ClientCallConfig config;
        config.addresses = {address(from)};
        config.peer.set_up_limit = 60s;
        return config;
    }
    void open_port(call::ServerPortConfig config = port_config()) {
        port = std::make_unique<call::ServerPort>(loop, std::move(config));
    }

    std::string offer(Caller& caller) {
        webrtc::ChannelOptions options;
        options.label = "chat";
        const auto channel = caller.call->open_channel(options);
        EXPECT_TRUE(channel.has_value());
        if (channel) caller.channel = *channel;
        return result_of(io, caller.call->make_offer());
    }
    call::ServerPort::Accepted accept(const std::string& offer, std::string_view from = "127.0.0.1") {
        auto accepted = port->accept(offer, address(from), call::make_echo_handler());
        EXPECT_TRUE(accepted.has_value()) << accepted.error().error.message() << ' ' << accepted.error().detail.text;
        return accepted ? std::move(*accepted) : call::ServerPort::Accepted{};
    }
    void answer(Caller& caller, const std::string& text) {
        const auto error = caller.call->take_answer(text);
        EXPECT_FALSE(error) << (error ? error->text : "");
    }
    /// Offer and answer; the id at the server.
    std::uint64_t begin(Caller& caller) {
        const auto accepted = accept(offer(caller));
        answer(caller, accepted.answer);
        last_answer = accepted.answer;
        return accepted.id;
    }
    std::unique_ptr<Caller> caller(call::ClientCallConfig config = call_config()) {
        return std::make_unique<Caller>(loop, std::move(config));
    }
    /// Begins by way of a relay alone: the server learns no address of the caller's, and the caller that of the relay.
    std::uint64_t begin_through(Caller& caller, UdpRelay& relay) { return begin_through(caller, relay, offer(caller)); }
    std::uint64_t begin_through(Caller& caller, UdpRelay& relay, std::string text) {
        for (std::size_t at = 0; (at = text.find("a=candidate:")) != std::string::npos;)
            text.erase(at, text.find('\n', at) + 1 - at);
        const auto accepted = accept(text);
        std::string answered = accepted.answer;
        const std::string there = " 127.0.0.1 " + std::to_string(port->local_endpoint().port) + " typ";
        const std::size_t at = answered.find(there);
        EXPECT_NE(at, std::string::npos) << answered;
        if (at == std::string::npos) return 0;
        answered.replace(at, there.size(), " 127.0.0.1 " + std::to_string(relay.endpoint().port) + " typ");
        answer(caller, answered);
        last_answer = accepted.answer;
        return accepted.id;
    }
    std::unique_ptr<UdpRelay> make_relay(LinkModel model = {}, std::uint64_t seed = 1) {
        return std::make_unique<UdpRelay>(io.get_executor(), loop.batch(), port->local_endpoint(), model, seed);
    }
    /// With its channel open.
    std::unique_ptr<Caller> connected(call::ClientCallConfig config = call_config()) {
        auto out = caller(std::move(config));
        last_id = begin(*out);
        run_until(io, [&] { return out->open || out->ended(); });
        EXPECT_TRUE(out->open) << out->peer().end_reason();
        return out;
    }
    void send(Caller& caller, bool text, std::string_view data) {
        const error_code error = caller.call->send(caller.channel, text, bytes_of(data));
        EXPECT_FALSE(error) << error.message();
    }
    /// One message and what comes back for it.
    std::string echo(Caller& caller, bool text, std::string_view data) {
        caller.messages.clear();
        send(caller, text, data);
        run_until(io, [&] { return !caller.messages.empty() || caller.ended(); });
        if (caller.messages.empty()) return "the call has ended: " + caller.peer().end_reason();
        EXPECT_EQ(caller.messages[0].text, text);
        return caller.messages[0].data;
    }
    /// Lets what is ready run, and the time pass.
    void run_for(Duration time) {
        io.restart();
        io.run_for(time);
    }

    boost::asio::io_context io{1};
    call::Loop loop{io.get_executor()};
    std::unique_ptr<call::ServerPort> port;
    std::uint64_t last_id = 0;
    std::string last_answer;
};

}  // namespace volley::test
