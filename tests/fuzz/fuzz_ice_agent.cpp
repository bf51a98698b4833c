// A peer, a STUN server, a TURN server and a network, all of them hostile, as a program of the input's: each step is one byte for what
// happens and some for how. Some steps are signed with the right password, since only those come past the door.
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <optional>
#include <string>

#include <volley/load/random.hpp>

#include "proto/ice/agent.hpp"
#include "proto/stun/integrity.hpp"
#include "proto/stun/message.hpp"
#include "proto/turn/framing.hpp"

namespace {

using namespace volley;
using namespace volley::proto;
using stun::Attribute;
using stun::MessageBuilder;
using stun::MessageClass;
using stun::MessageView;
using stun::Method;

void must(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "fuzz_ice_agent: %s\n", what);
    std::abort();
}

class Seeded final : public RandomSource {
public:
    std::uint64_t next() override { return random_.next(); }

private:
    load::Random random_{1};
};

class Script {
public:
    Script(const unsigned char* data, std::size_t size) : left_(data, size) {}
    [[nodiscard]] bool done() const { return left_.empty(); }
    std::uint8_t byte() {
        if (left_.empty()) return 0;
        const std::uint8_t out = left_.front();
        left_ = left_.subspan(1);
        return out;
    }
    BytesView bytes() {
        const std::size_t wanted = byte();
        const std::size_t size = std::min(wanted, left_.size());
        const BytesView out = left_.first(size);
        left_ = left_.subspan(size);
        return out;
    }

private:
    BytesView left_;
};

const Endpoint host{IpAddress::v4(0xc6336401), 5000};
const Endpoint server{IpAddress::v4(0xc0000201), 3478};
const ice::Credentials theirs{"peer", "a password of the peer's"};

class World {
public:
    explicit World(std::uint8_t options) : agent_(config(options), random_) {
        agent_.add_host(now_, host);
        if ((options & 16U) != 0) agent_.add_host(now_, *Endpoint::parse("[2001:db8::1]:5000"));
        agent_.gather(now_);
    }

    void step(Script& script) {
        switch (script.byte() % 14) {
            case 0: {
                const Endpoint from = peer(script.byte());
                input(from, script.bytes());
                break;
            }
            case 1: {
                const Endpoint from = peer(script.byte());
                input(from, request(script));
                break;
            }
            case 2:
            case 3:
                answer(script);
                break;
            case 4:
                wait(std::chrono::milliseconds(10) * script.byte());
                break;
            case 5:
                wait(std::chrono::seconds(1) * script.byte());
                break;
            case 6:
                if (const auto candidate = ice::parse_candidate(text_of(script.bytes())))
                    agent_.add_remote_candidate(now_, *candidate);
                break;
            case 7: {
                ice::Candidate candidate;
                candidate.foundation = "1";
                candidate.endpoint = peer(script.byte());
                candidate.priority = script.byte() * 65'536U + 1;
                candidate.type = static_cast<ice::CandidateType>(script.byte() % 4);
                agent_.add_remote_candidate(now_, candidate);
                break;
            }
            case 8:
                agent_.set_remote_credentials(now_, theirs);
                break;
            case 9:
                if (script.byte() == 0) agent_.restart(now_);
                break;
            case 10: {
                const Bytes data(std::size_t{1} + script.byte(), 0x80);
                agent_.send(now_, data);
                break;
            }
            case 11:
                if (script.byte() % 2 == 0)
                    agent_.end_of_remote_candidates(now_);
                else
                    agent_.set_remote_lite();
                break;
            case 12:
                from_server(script);
                break;
            default:
                if (const std::uint8_t what = script.byte(); what == 0)
                    agent_.close(now_);
                else if (what == 1)
                    agent_.handle_disconnect(now_, server, "gone");
        }
        drain();
    }

private:
    static ice::AgentConfig config(std::uint8_t options) {
        ice::AgentConfig out;
        out.role = (options & 1U) != 0 ? ice::Role::controlling : ice::Role::controlled;
        if ((options & 2U) != 0) out.gathering.stun_servers = {server};
        if ((options & 4U) != 0)
            out.gathering.turn_servers = {
                {server, (options & 8U) != 0 ? ice::Protocol::tcp : ice::Protocol::udp, "user", "secret"}};
        return out;
    }
    static Endpoint peer(std::uint8_t which) { return {IpAddress::v4(0xc6336400U + which), static_cast<std::uint16_t>(which)}; }

    void input(const Endpoint& from, BytesView bytes, ice::Protocol protocol = ice::Protocol::udp) {
        const Bytes copy(bytes.begin(), bytes.end());
        const auto data = agent_.handle_input(now_, {protocol, host, from, copy});
        must(!data || data->empty() || (data->data() >= copy.data() && data->data() + data->size() <= copy.data() + copy.size()),
             "data leaves its datagram");
        must(!data || protocol == ice::Protocol::tcp || from == server || agent_.accepts_data(host, from), "data of a stranger");
    }

    Bytes request(Script& script) {
        stun::TransactionId id{};
        id[0] = script.byte();
        const std::uint8_t what = script.byte();
        MessageBuilder out(MessageClass::request, Method::binding, id);
        out.text(Attribute::username, agent_.local_credentials().ufrag + ":peer");
        if ((what & 1U) != 0) out.u32(Attribute::priority, what * 1000U);
        if ((what & 2U) != 0) out.u64(Attribute::ice_controlling, std::uint64_t{script.byte()} << 56U);
        if ((what & 4U) != 0) out.u64(Attribute::ice_controlled, std::uint64_t{script.byte()} << 56U);
        if ((what & 8U) != 0) out.flag(Attribute::use_candidate);
        if ((what & 16U) != 0) {
            const auto attribute = static_cast<Attribute>(script.byte());
            out.bytes(attribute, script.bytes());
        }
        return out.integrity(bytes_of(agent_.local_credentials().password)).fingerprint().finish();
    }

    // To one of the agent's latest checks.
    void answer(Script& script) {
        if (checks_.empty()) return;
        const ice::Transmit& check = checks_[script.byte() % checks_.size()];
        const auto message = MessageView::parse(check.bytes);
        const std::uint8_t what = script.byte();
        const bool is_error = what % 8 == 7;
        MessageBuilder out(is_error ? MessageClass::error : MessageClass::success, Method::binding, message->transaction_id());
        if (is_error)
            out.error(script.byte() % 2 == 0 ? 487 : 300 + script.byte(), "no");
        else
            out.address(Attribute::xor_mapped_address, what % 8 == 6 ? peer(script.byte()) : check.local);
        out.integrity(bytes_of(theirs.password)).fingerprint();
        input(what % 16 == 8 ? peer(script.byte()) : check.remote, out.finish());
    }

    // An answer to one of the requests that it got, signed or not, or anything else.
    void from_server(Script& script) {
        const std::uint8_t what = script.byte();
        const ice::Protocol protocol = (what & 128U) != 0 ? ice::Protocol::tcp : ice::Protocol::udp;
        if (what % 4 == 0) return input(server, script.bytes(), protocol);
        if (what % 4 == 1) {
            const auto number = static_cast<std::uint16_t>(turn::first_channel + script.byte());
            return input(server, turn::make_channel_data(number, script.bytes(), true), protocol);
        }
        if (what % 4 == 2) {
            MessageBuilder out(MessageClass::indication, Method::data, {});
            out.address(Attribute::xor_peer_address, peer(script.byte()));
            if ((what & 8U) != 0)
                out.bytes(Attribute::data, request(script));
            else
                out.bytes(Attribute::data, script.bytes());
            return input(server, out.finish(), protocol);
        }
        if (asked_.empty()) return;
        const Bytes& request = asked_[script.byte() % asked_.size()];
        const auto message = MessageView::parse(request);
        const std::uint8_t code = script.byte();
        MessageBuilder out((what & 4U) != 0 ? MessageClass::error : MessageClass::success, message->method(),
                           message->transaction_id());
        if ((what & 4U) != 0) {
            out.error(code < 100   ? 401
                      : code < 200 ? 438
                                   : 300 + code,
                      "no")
                .text(Attribute::nonce, "nonce")
                .text(Attribute::realm, "r");
        } else {
            out.address(Attribute::xor_relayed_address, {server.address, static_cast<std::uint16_t>(50'000 + code)})
                .address(Attribute::xor_mapped_address, (what & 16U) != 0 ? host : peer(code))
                .u32(Attribute::lifetime, code * 10U);
        }
        if ((what & 8U) == 0) out.integrity(stun::long_term_key("user", "r", "secret"));
        input(server, out.finish(), protocol);
    }

    void wait(Duration duration) {
        const TimePoint end = now_ + duration;
        for (int i = 0; i < 3000; ++i) {
            drain();
            const auto next = agent_.next_timeout();
            if (!next || *next > end) break;
            now_ = std::max(now_, *next);
            agent_.handle_timeout(now_);
            drain();
            const auto after = agent_.next_timeout();
            must(!after || *after > now_, "a time-out is due that was dealt with");
        }
        now_ = end;
    }

    void drain() {
        std::size_t sent = 0;
        while (auto transmit = agent_.poll_transmit()) {
            must(++sent <= ice::IceAgent::most_transmits + 1000, "too much to send");
            must(!transmit->bytes.empty(), "an empty datagram");
            const auto message = MessageView::parse(transmit->bytes);
            if (!message || message->message_class() != MessageClass::request) continue;
            if (transmit->remote == server && transmit->local != host && transmit->protocol == ice::Protocol::udp) continue;
            if (transmit->remote == server) {
                asked_.push_back(transmit->bytes);
                if (asked_.size() > 8) asked_.pop_front();
            } else {
                checks_.push_back(std::move(*transmit));
                if (checks_.size() > 8) checks_.pop_front();
            }
        }
        while (agent_.poll_event()) {
        }
        must(agent_.remote_candidates() <= 96 && agent_.pairs().size() <= 100, "too many candidates or pairs");
        for (const auto& pair : agent_.pairs()) must(pair.checks.size() <= ice::Pair::most_checks, "too many checks");
        must(!agent_.can_send() || (agent_.state() != ice::State::failed && agent_.state() != ice::State::closed),
             "a way without a state");
    }

    Seeded random_;
    TimePoint now_{std::chrono::hours(1)};
    ice::IceAgent agent_;
    std::deque<ice::Transmit> checks_;
    std::deque<Bytes> asked_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    Script script(data, size);
    World world(script.byte());
    for (int steps = 0; steps < 200 && !script.done(); ++steps) world.step(script);
    return 0;
}
