// Two agents that want to reach each other.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "support/ice_node.hpp"
#include "support/turn_server.hpp"
#include "support/virtual_net.hpp"

namespace volley::test {

inline constexpr Duration signalling_delay = std::chrono::milliseconds(30);

struct Two {
    explicit Two(std::uint64_t seed, LinkModel link = {}) : net(seed, link), seed_of_agents(seed) {}

    /// What an agent is made with, before start().
    proto::ice::AgentConfig config_a;
    proto::ice::AgentConfig config_b = [] {
        proto::ice::AgentConfig config;
        config.role = proto::ice::Role::controlled;
        return config;
    }();

    void make() {
        a = std::make_unique<IceNode>(net, config_a, 2 * seed_of_agents + 1);
        b = std::make_unique<IceNode>(net, config_b, 2 * seed_of_agents + 2);
    }
    /// Both on the public net, or behind a NAT each.
    void make_hosts(std::optional<NatKind> nat_a = std::nullopt, std::optional<NatKind> nat_b = std::nullopt) {
        make();
        if (nat_a)
            a->add_host("192.168.1.2:5000", nat_of_a = net.add_nat(*nat_a, "203.0.113.1"));
        else
            a->add_host("198.51.100.1:5000");
        if (nat_b)
            b->add_host("192.168.1.2:6000", nat_of_b = net.add_nat(*nat_b, "203.0.113.2"));
        else
            b->add_host("198.51.100.2:6000");
    }
    /// Both gather and trickle.
    void start() {
        signal(net, *a, *b, signalling_delay);
        signal(net, *b, *a, signalling_delay);
        a->gather();
        b->gather();
    }
    [[nodiscard]] bool both(proto::ice::State state) const { return a->agent().state() == state && b->agent().state() == state; }
    /// Until both have agreed on a way.
    [[nodiscard]] bool complete(Duration limit = std::chrono::seconds(30)) {
        return net.run_until([&] { return both(proto::ice::State::completed) && ways_match(); }, limit);
    }
    /// What each side says goes through to the other.
    [[nodiscard]] bool talk() {
        a->received().clear();
        b->received().clear();
        for (int i = 0; i < 50 && (a->received().empty() || b->received().empty()); ++i) {
            a->send("from a");
            b->send("from b");
            net.run_for(std::chrono::milliseconds(100));
        }
        return !a->received().empty() && a->received().front() == "from b" && !b->received().empty() &&
               b->received().front() == "from a";
    }
    /// The way that one side uses ends where the other one's begins, as far as addresses tell.
    [[nodiscard]] bool ways_match() const {
        if (a->paths().empty() || b->paths().empty()) return false;
        const auto& from_a = a->paths().back();
        const auto& from_b = b->paths().back();
        return from_a.nominated && from_b.nominated && from_a.remote.endpoint == from_b.local.endpoint &&
               from_b.remote.endpoint == from_a.local.endpoint;
    }

    VirtualNet net;
    std::uint64_t seed_of_agents;
    VirtualNet::Nat nat_of_a = 0;
    VirtualNet::Nat nat_of_b = 0;
    std::unique_ptr<IceNode> a;
    std::unique_ptr<IceNode> b;
};

inline std::string describe(const IceNode& node) {
    std::string out;
    for (const auto state : node.states()) out.append(to_string(state)).append(" ");
    for (const auto& path : node.paths())
        out.append("[")
            .append(to_line(path.local))
            .append(" -> ")
            .append(to_line(path.remote))
            .append(path.nominated ? "!] " : "] ");
    return out;
}

}  // namespace volley::test
