// One agent, and a peer that says exactly what a test wants it to.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/ice/agent.hpp"
#include "proto/stun/integrity.hpp"
#include "proto/stun/message.hpp"
#include "support/seeded_random.hpp"

namespace volley::test {

class ScriptedPeer {
public:
    using Attribute = proto::stun::Attribute;
    using MessageBuilder = proto::stun::MessageBuilder;
    using MessageClass = proto::stun::MessageClass;
    using MessageView = proto::stun::MessageView;
    using Method = proto::stun::Method;

    explicit ScriptedPeer(proto::ice::AgentConfig config = {}, std::uint64_t seed = 1)
        : random(seed), agent(std::move(config), random) {
        agent.add_host(now, local);
        agent.gather(now);
    }

    void introduce() { agent.set_remote_credentials(now, credentials); }
    proto::ice::Added candidate(std::string_view endpoint, std::uint32_t priority = 2130706431) {
        proto::ice::Candidate out;
        out.foundation = "1";
        out.priority = priority;
        out.endpoint = *Endpoint::parse(endpoint);
        return agent.add_remote_candidate(now, out);
    }

    /// What the agent has sent since, oldest first.
    std::vector<proto::ice::Transmit> sent() {
        std::vector<proto::ice::Transmit> out;
        while (auto transmit = agent.poll_transmit()) out.push_back(std::move(*transmit));
        while (auto event = agent.poll_event()) {
            if (const auto* state = std::get_if<proto::ice::StateChanged>(&*event)) states.push_back(state->state);
            if (const auto* path = std::get_if<proto::ice::PathChanged>(&*event)) paths.push_back(*path);
        }
        return out;
    }
    /// Time passes; the agent's timers fire when they are due. @return what it sent, and when.
    std::vector<std::pair<Duration, proto::ice::Transmit>> wait(Duration duration) {
        std::vector<std::pair<Duration, proto::ice::Transmit>> out;
        const TimePoint start = now;
        const TimePoint end = now + duration;
        for (int i = 0; i < 100'000; ++i) {
            for (auto& transmit : sent()) out.emplace_back(now - start, std::move(transmit));
            const auto next = agent.next_timeout();
            if (!next || *next > end) break;
            now = std::max(now, *next);
            agent.handle_timeout(now);
        }
        now = end;
        return out;
    }

    struct Request {
        bool controlling = true;
        bool use_candidate = false;
        std::uint64_t tie_breaker = 5;
        std::uint32_t priority = 1853824767;
    };
    [[nodiscard]] Bytes request(const Request& what) {
        auto out = start();
        out.text(Attribute::username, agent.local_credentials().ufrag + ':' + credentials.ufrag)
            .u32(Attribute::priority, what.priority);
        out.u64(what.controlling ? Attribute::ice_controlling : Attribute::ice_controlled, what.tie_breaker);
        if (what.use_candidate) out.flag(Attribute::use_candidate);
        return out.integrity(bytes_of(agent.local_credentials().password)).fingerprint().finish();
    }
    [[nodiscard]] MessageBuilder start() {
        proto::stun::TransactionId id{};
        random.fill(id);
        return {MessageClass::request, Method::binding, id};
    }
    /// The good answer to a check of the agent.
    [[nodiscard]] Bytes answer(const proto::ice::Transmit& check, std::optional<Endpoint> mapped = std::nullopt) const {
        return MessageBuilder(MessageClass::success, Method::binding, view(check).transaction_id())
            .address(Attribute::xor_mapped_address, mapped.value_or(check.local))
            .integrity(bytes_of(credentials.password))
            .fingerprint()
            .finish();
    }
    [[nodiscard]] Bytes error(const proto::ice::Transmit& check, int code, bool signed_by_us = true) const {
        MessageBuilder out(MessageClass::error, Method::binding, view(check).transaction_id());
        out.error(code, "no");
        if (signed_by_us) out.integrity(bytes_of(credentials.password));
        return out.fingerprint().finish();
    }
    [[nodiscard]] static MessageView view(const proto::ice::Transmit& transmit) { return *MessageView::parse(transmit.bytes); }
    [[nodiscard]] static bool is_check(const proto::ice::Transmit& transmit) {
        const auto message = MessageView::parse(transmit.bytes);
        return message && message->message_class() == MessageClass::request;
    }

    std::optional<BytesView> input(std::string_view from, BytesView bytes) {
        return agent.handle_input(now, {proto::ice::Protocol::udp, local, *Endpoint::parse(from), bytes});
    }
    /// Answers every check of the agent from where it went, until it makes no more. @return how many there were.
    int answer_all() {
        int checks = 0;
        for (auto out = sent(); !out.empty(); out = sent())
            for (const auto& transmit : out) {
                if (!is_check(transmit)) continue;
                ++checks;
                (void)agent.handle_input(now, {proto::ice::Protocol::udp, local, transmit.remote, answer(transmit)});
            }
        return checks;
    }

    SeededRandom random;
    TimePoint now{std::chrono::hours(1)};
    Endpoint local = *Endpoint::parse("198.51.100.1:5000");
    proto::ice::Credentials credentials{"peer", "a password of the peer's"};
    proto::ice::IceAgent agent;
    std::vector<proto::ice::State> states;
    std::vector<proto::ice::PathChanged> paths;
};

/// For an agent that begins in the other role.
inline proto::ice::AgentConfig controlled() {
    proto::ice::AgentConfig config;
    config.role = proto::ice::Role::controlled;
    return config;
}

inline const std::string peer_a = "198.51.100.2:6000";
inline const std::string peer_b = "198.51.100.3:7000";

/// The agent and its peer have a way, the one that is named peer_a. @return  the same peer.
inline ScriptedPeer& with_way(ScriptedPeer& peer) {
    peer.introduce();
    peer.candidate(peer_a);
    peer.agent.end_of_remote_candidates(peer.now);
    peer.answer_all();
    return peer;
}

}  // namespace volley::test
