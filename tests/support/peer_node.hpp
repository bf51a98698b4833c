// One end of a call on the virtual network, and what its application sees.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "proto/dtls/openssl_backend.hpp"
#include "proto/sctp/usrsctp_backend.hpp"
#include "support/seeded_random.hpp"
#include "support/virtual_clock.hpp"
#include "support/virtual_net.hpp"
#include "webrtc/peer.hpp"

namespace volley::test {

/// usrsctp's state is the process', and so is this: the stack, whose timers run as those of a node without addresses.
class SctpStackNode final : public VirtualNet::Node {
public:
    explicit SctpStackNode(proto::sctp::Stack& stack) : stack_(stack) {}
    std::map<std::uint64_t, VirtualNet::Node*> owners;  ///< by tag
    std::function<void(std::uint64_t, TimePoint)> on_ready;

    void handle_datagram(TimePoint, const Endpoint&, const Endpoint&, BytesView) override {}
    void handle_timeout(TimePoint now) override {
        VirtualClock::advance_to(now);
        stack_.handle_timeout(now);
        while (const auto tag = stack_.poll_ready())
            if (on_ready) on_ready(*tag, now);
    }
    [[nodiscard]] std::optional<TimePoint> next_timeout() const override { return stack_.next_timeout(); }
    void flush(TimePoint) override {}

private:
    proto::sctp::Stack& stack_;
};

inline proto::sctp::Stack& the_sctp_stack() {
    static const std::unique_ptr<proto::sctp::Stack> stack = proto::sctp::make_usrsctp_stack();
    return *stack;
}
inline const proto::dtls::Identity& the_identity() {
    static const proto::dtls::Identity identity;
    return identity;
}
inline webrtc::DtlsMaker dtls_of(const proto::dtls::Identity& identity) {
    return {{identity.fingerprint(proto::dtls::HashFunction::sha_256)}, [&identity](proto::dtls::SessionConfig config) {
                return proto::dtls::make_openssl_session(identity, std::move(config));
            }};
}

class PeerNode final : public VirtualNet::Node {
public:
    PeerNode(VirtualNet& net, webrtc::PeerConfig config, std::uint64_t seed, std::uint64_t tag,
             webrtc::DtlsMaker dtls = dtls_of(the_identity()))
        : net_(net), random_(seed), peer_(std::move(config), std::move(dtls), the_sctp_stack(), tag, random_) {}
    ~PeerNode() override { net_.detach(*this); }

    void add_host(std::string_view endpoint, std::optional<VirtualNet::Nat> nat = std::nullopt) {
        const Endpoint host = *Endpoint::parse(endpoint);
        net_.attach(*this, host.address, nat);
        peer_.add_host(net_.now(), host);
        flush(net_.now());
    }

    [[nodiscard]] webrtc::Peer& peer() noexcept { return peer_; }
    [[nodiscard]] const std::vector<webrtc::PeerState>& states() const noexcept { return states_; }
    [[nodiscard]] const std::vector<webrtc::ChannelId>& opened() const noexcept { return opened_; }
    [[nodiscard]] const std::vector<webrtc::ChannelClosed>& closed() const noexcept { return closed_; }
    [[nodiscard]] const std::vector<webrtc::MediaPacket>& media() const noexcept { return media_; }
    [[nodiscard]] const std::vector<webrtc::LocalCandidate>& trickled() const noexcept { return trickled_; }
    [[nodiscard]] bool trickled_all() const noexcept { return trickled_all_; }
    [[nodiscard]] int writable() const noexcept { return writable_; }
    [[nodiscard]] std::vector<std::string>& messages() noexcept { return messages_; }  ///< `text:` or `data:` before each
    std::function<void(webrtc::PeerEvent&)> on_event;

    webrtc::ChannelId open(const webrtc::ChannelOptions& options) {
        const auto channel = peer_.open_channel(net_.now(), options);
        flush(net_.now());
        return channel.value();
    }
    error_code send(webrtc::ChannelId channel, bool text, std::string_view data) {
        const error_code error = peer_.send(net_.now(), channel, text, bytes_of(data));
        flush(net_.now());
        return error;
    }
    void close() {
        peer_.close(net_.now());
        flush(net_.now());
    }

    void handle_datagram(TimePoint now, const Endpoint& local, const Endpoint& from, BytesView bytes) override {
        VirtualClock::advance_to(now);
        peer_.handle_input(now, {proto::ice::Protocol::udp, local, from, bytes});
    }
    void handle_timeout(TimePoint now) override {
        VirtualClock::advance_to(now);
        peer_.handle_timeout(now);
    }
    [[nodiscard]] std::optional<TimePoint> next_timeout() const override { return peer_.next_timeout(); }
    void take_stack(TimePoint now) {
        peer_.take_stack(now);
        flush(now);
    }
    void flush(TimePoint now) override {
        VirtualClock::advance_to(now);
        for (bool more = true; more;) {
            more = false;
            while (const auto out = peer_.poll_transmit()) net_.send(*this, out->local, out->remote, out->bytes);
            while (auto event = peer_.poll_event()) {
                more = true;
                std::visit([this](auto& e) { note(e); }, *event);
                if (on_event) on_event(*event);
            }
        }
    }

private:
    void note(const webrtc::StageReached&) {}
    void note(const webrtc::PeerStateChanged& event) { states_.push_back(event.state); }
    void note(const webrtc::LocalCandidate& event) { trickled_.push_back(event); }
    void note(const webrtc::LocalCandidatesDone&) { trickled_all_ = true; }
    void note(const webrtc::MediaPacket& event) { media_.push_back(event); }
    void note(const webrtc::ChannelOpened& event) { opened_.push_back(event.channel); }
    void note(const webrtc::ChannelClosed& event) { closed_.push_back(event); }
    void note(const webrtc::ChannelsWritable&) { ++writable_; }
    void note(const webrtc::ChannelMessage& event) {
        messages_.push_back((event.text ? "text:" : "data:") + std::string(text_of(event.data)));
    }

    VirtualNet& net_;
    SeededRandom random_;
    webrtc::Peer peer_;
    std::vector<webrtc::PeerState> states_;
    std::vector<webrtc::ChannelId> opened_;
    std::vector<webrtc::ChannelClosed> closed_;
    std::vector<webrtc::MediaPacket> media_;
    std::vector<webrtc::LocalCandidate> trickled_;
    bool trickled_all_ = false;
    int writable_ = 0;
    std::vector<std::string> messages_;
};

/// A network with a call's two ends on it. Offer and answer take as long to arrive as the signalling says.
class CallPair {
public:
    explicit CallPair(std::uint64_t seed = 1, LinkModel link = {}, webrtc::PeerConfig a_config = {},
                      webrtc::PeerConfig b_config = {})
        : net(seed, link, VirtualClock::now()),
          stack_(the_sctp_stack()),
          a(net, std::move(a_config), seed * 2 + 1, 1),
          b(net, std::move(b_config), seed * 2 + 2, 2) {
        net.attach(stack_, *IpAddress::parse("198.18.255.254"));
        stack_.on_ready = [this](std::uint64_t tag, TimePoint now) { (tag == 1 ? a : b).take_stack(now); };
        a.add_host("192.0.2.1:4001");
        b.add_host("192.0.2.2:4002");
        a.peer().gather(net.now());
        b.peer().gather(net.now());
    }
    ~CallPair() { net.detach(stack_); }

    /// a offers, b answers. @return what was refused, as text; empty where nothing was.
    std::string signal(Duration delay = Duration::zero()) {
        const std::string offer = a.peer().create_offer(net.now());
        a.flush(net.now());
        net.run_for(delay);
        if (auto refused = b.peer().take_offer(net.now(), offer)) return format_source_error(*refused);
        auto answer = b.peer().create_answer(net.now());
        b.flush(net.now());
        if (!answer) return format_source_error(answer.error());
        net.run_for(delay);
        if (auto refused = a.peer().take_answer(net.now(), *answer)) return format_source_error(*refused);
        a.flush(net.now());
        return {};
    }
    [[nodiscard]] bool connected() {
        return a.peer().state() == webrtc::PeerState::connected && b.peer().state() == webrtc::PeerState::connected;
    }
    bool run_until(const std::function<bool()>& condition, Duration limit = std::chrono::seconds(60)) {
        return net.run_until(condition, limit);
    }

    VirtualNet net;

private:
    SctpStackNode stack_;

public:
    PeerNode a;
    PeerNode b;
};

}  // namespace volley::test
