// An ICE agent on the virtual network, and what its application sees.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "proto/ice/agent.hpp"
#include "proto/turn/framing.hpp"
#include "support/seeded_random.hpp"
#include "support/virtual_net.hpp"

namespace volley::test {

class IceNode final : public VirtualNet::Node {
public:
    IceNode(VirtualNet& net, proto::ice::AgentConfig config, std::uint64_t seed)
        : net_(net),
          random_(seed),
          agent_(std::move(config), random_),
          stream_name_(*IpAddress::parse("198.18.0.1"), next_stream_port()) {}
    ~IceNode() override { net_.detach(*this); }

    /// An address of this host, with a socket.
    void add_host(std::string_view endpoint, std::optional<VirtualNet::Nat> nat = std::nullopt) {
        const Endpoint host = *Endpoint::parse(endpoint);
        net_.attach(*this, host.address, nat);
        agent_.add_host(net_.now(), host);
        flush(net_.now());
    }
    void gather() {
        agent_.gather(net_.now());
        flush(net_.now());
    }

    [[nodiscard]] proto::ice::IceAgent& agent() noexcept { return agent_; }
    [[nodiscard]] const std::vector<proto::ice::State>& states() const noexcept { return states_; }
    [[nodiscard]] const std::vector<proto::ice::Candidate>& candidates() const noexcept { return candidates_; }
    [[nodiscard]] const std::vector<proto::ice::PathChanged>& paths() const noexcept { return paths_; }
    [[nodiscard]] bool gathered() const noexcept { return gathered_; }
    [[nodiscard]] int role_changes() const noexcept { return role_changes_; }
    [[nodiscard]] std::vector<std::string>& received() noexcept { return received_; }
    /// Called with each candidate as it is found: trickle.
    std::function<void(const proto::ice::Candidate&)> on_candidate;
    std::function<void()> on_gathered;

    /// The streams to TURN servers break; the next bytes go through new ones.
    void disconnect(const Endpoint& server, std::string_view reason) {
        stream_name_.port = next_stream_port();
        framers_.clear();
        agent_.handle_disconnect(net_.now(), server, reason);
        flush(net_.now());
    }

    bool send(std::string_view text) {
        const bool sent = agent_.send(net_.now(), bytes_of(text));
        flush(net_.now());
        return sent;
    }

    void handle_datagram(TimePoint now, const Endpoint& local, const Endpoint& from, BytesView bytes) override {
        take(agent_.handle_input(now, {proto::ice::Protocol::udp, local, from, bytes}));
    }
    void handle_stream(TimePoint now, const Endpoint& /*local*/, const Endpoint& from, BytesView bytes) override {
        auto& framer = framers_[from];
        framer.push(bytes);
        while (const auto frame = framer.next()) {
            const Bytes copy(frame->begin(), frame->end());
            take(agent_.handle_input(now, {proto::ice::Protocol::tcp, {}, from, copy}));
        }
    }
    void handle_timeout(TimePoint now) override { agent_.handle_timeout(now); }
    [[nodiscard]] std::optional<TimePoint> next_timeout() const override { return agent_.next_timeout(); }
    void flush(TimePoint /*now*/) override {
        while (const auto out = agent_.poll_transmit()) {
            if (out->protocol == proto::ice::Protocol::udp)
                net_.send(*this, out->local, out->remote, out->bytes);
            else
                net_.send_stream(*this, stream_name_, out->remote, out->bytes);
        }
        while (auto event = agent_.poll_event()) std::visit([this](auto& e) { note(e); }, *event);
    }

private:
    static std::uint16_t next_stream_port() {
        static std::uint16_t port = 0;
        return ++port;
    }
    void take(const std::optional<BytesView>& data) {
        if (data) received_.emplace_back(text_of(*data));
    }
    void note(const proto::ice::StateChanged& event) { states_.push_back(event.state); }
    void note(const proto::ice::CandidateFound& event) {
        candidates_.push_back(event.candidate);
        if (on_candidate) on_candidate(event.candidate);
    }
    void note(const proto::ice::GatheringDone&) {
        gathered_ = true;
        if (on_gathered) on_gathered();
    }
    void note(const proto::ice::PathChanged& event) { paths_.push_back(event); }
    void note(const proto::ice::RoleChanged&) { ++role_changes_; }

    VirtualNet& net_;
    SeededRandom random_;
    proto::ice::IceAgent agent_;
    Endpoint stream_name_;
    std::map<Endpoint, proto::turn::StreamFramer> framers_;
    std::vector<proto::ice::State> states_;
    std::vector<proto::ice::Candidate> candidates_;
    std::vector<proto::ice::PathChanged> paths_;
    std::vector<std::string> received_;
    bool gathered_ = false;
    int role_changes_ = 0;
};

/// Hands one side's credentials over, and its candidates as they come, each as late as the signalling takes.
inline void signal(VirtualNet& net, IceNode& from, IceNode& to, Duration delay) {
    net.after(delay, [&net, &to, credentials = from.agent().local_credentials()] {
        to.agent().set_remote_credentials(net.now(), credentials);
        to.flush(net.now());
    });
    const auto candidate = [&net, &to, delay](const proto::ice::Candidate& found) {
        net.after(delay, [&net, &to, line = proto::ice::to_line(found)] {
            to.agent().add_remote_candidate(net.now(), *proto::ice::parse_candidate(line));
            to.flush(net.now());
        });
    };
    const auto done = [&net, &to, delay] {
        net.after(delay, [&net, &to] {
            to.agent().end_of_remote_candidates(net.now());
            to.flush(net.now());
        });
    };
    for (const auto& found : from.candidates()) candidate(found);
    if (from.gathered()) done();
    from.on_candidate = candidate;
    from.on_gathered = done;
}

}  // namespace volley::test
