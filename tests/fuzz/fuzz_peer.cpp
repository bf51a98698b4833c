// One end of a call that is connected, as a program of the input's: each step is one byte for what happens and some for how. Strangers send
// datagrams, from the peer's address too, and the peer itself, which has the keys, sends SCTP packets and media that no honest one would.
// As long as only strangers were at work, the call stands and its channel works.
//
// Three quarters of the time of a run went to the keys of DTLS, which fuzz_dtls tries by itself: one run in eight, by the input's size, has it.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>

#include "proto/sctp/packet.hpp"
#include "support/peer_node.hpp"
#include "support/sealed_session.hpp"

namespace {

using namespace std::chrono_literals;
using namespace volley;
namespace dtls = proto::dtls;
namespace sctp = proto::sctp;
using test::VirtualClock;

void must(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "fuzz_peer: %s\n", what);
    std::abort();
}

/// A session whose owner is not the only one who sends, and who is watched.
class Tapped final : public dtls::Session {
public:
    explicit Tapped(std::unique_ptr<dtls::Session> inner, Tapped*& place) : inner_(std::move(inner)) { place = this; }

    void start(TimePoint now) override { inner_->start(now); }
    void handle_packet(TimePoint now, BytesView datagram) override { inner_->handle_packet(now, datagram); }
    void handle_timeout(TimePoint now) override { inner_->handle_timeout(now); }
    [[nodiscard]] std::optional<TimePoint> next_timeout() const override { return inner_->next_timeout(); }
    error_code send(TimePoint now, BytesView data) override {
        if (data.size() >= sctp::header_bytes) newest.assign(data.begin(), data.end());
        return inner_->send(now, data);
    }
    void close(TimePoint now) override { inner_->close(now); }
    [[nodiscard]] std::optional<Bytes> poll_packet() override { return inner_->poll_packet(); }
    [[nodiscard]] std::optional<dtls::Event> poll_event() override { return inner_->poll_event(); }
    [[nodiscard]] dtls::State state() const noexcept override { return inner_->state(); }
    [[nodiscard]] Result<dtls::SrtpKeys> srtp_keys() const override { return inner_->srtp_keys(); }
    [[nodiscard]] std::string_view cipher() const noexcept override { return inner_->cipher(); }

    Bytes newest;  ///< of SCTP's packets, with the tag that others must have as well

private:
    std::unique_ptr<dtls::Session> inner_;
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
    Bytes bytes() {
        const std::size_t wanted = std::size_t{byte()} << 8U | byte();
        const std::size_t size = std::min(wanted, left_.size());
        const Bytes out(left_.begin(), left_.begin() + static_cast<std::ptrdiff_t>(size));
        left_ = left_.subspan(size);
        return out;
    }

private:
    BytesView left_;
};

const Endpoint victim_at = *Endpoint::parse("192.0.2.2:4002");
const Endpoint peer_at = *Endpoint::parse("192.0.2.1:4001");
const Endpoint stranger_at = *Endpoint::parse("203.0.113.7:7");
constexpr Duration link_delay = 1ms;

webrtc::PeerConfig with_video() {
    webrtc::PeerConfig config;
    proto::sdp::LocalMedia video;
    video.kind = "video";
    auto& vp8 = video.codecs.emplace_back();
    vp8.payload_type = 96;
    vp8.name = "VP8";
    vp8.clock_rate = 90'000;
    config.media = {video};
    return config;
}

webrtc::DtlsMaker dtls_maker(bool real) {
    auto maker = test::dtls_of(test::the_identity());
    if (!real)
        maker.make = [](const dtls::SessionConfig& config) -> std::unique_ptr<dtls::Session> {
            return std::make_unique<test::SealedSession>(config.role);
        };
    return maker;
}

webrtc::DtlsMaker tapped(bool real, Tapped*& place) {
    auto maker = dtls_maker(real);
    auto make = std::move(maker.make);
    maker.make = [make, &place](dtls::SessionConfig config) -> std::unique_ptr<dtls::Session> {
        return std::make_unique<Tapped>(make(std::move(config)), place);
    };
    return maker;
}

class World {
public:
    explicit World(bool real_dtls)
        : net_(1, {0, link_delay, {}, 0}, VirtualClock::now()),
          stack_(test::the_sctp_stack()),
          peer_(net_, with_video(), 3, 1, tapped(real_dtls, tap_)),
          victim_(net_, with_video(), 4, 2, dtls_maker(real_dtls)) {
        net_.attach(stack_, *IpAddress::parse("198.18.255.254"));
        stack_.on_ready = [this](std::uint64_t tag, TimePoint now) { (tag == 1 ? peer_ : victim_).take_stack(now); };
        net_.set_filter([this](const Endpoint&, const Endpoint& to, BytesView bytes) {
            if (to != victim_at) return true;
            seen_.emplace_back(bytes.begin(), bytes.end());
            if (seen_.size() > 16) seen_.pop_front();
            return true;
        });
        peer_.add_host("192.0.2.1:4001");
        victim_.add_host("192.0.2.2:4002");
        peer_.peer().gather(net_.now());
        victim_.peer().gather(net_.now());
        channel_ = peer_.open({.label = "chat"});
        const std::string offer = peer_.peer().create_offer(net_.now());
        must(!victim_.peer().take_offer(net_.now(), offer), "an offer of ours is refused");
        const auto answer = victim_.peer().create_answer(net_.now());
        must(answer.has_value() && !peer_.peer().take_answer(net_.now(), *answer), "an answer of ours is refused");
        peer_.flush(net_.now());
        victim_.flush(net_.now());
        must(net_.run_until([&] { return victim_.opened().size() == 1 && peer_.opened().size() == 1; }, 10s),
             "two of ours do not come together");
    }
    ~World() { net_.detach(stack_); }
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    void step(Script& script) {
        const TimePoint now = net_.now();
        const unsigned what = script.byte() % 16;
        switch (what) {
            case 0:
            case 1:
                input(what == 0 ? peer_at : stranger_at, script.bytes());
                break;
            case 2:  // once more, or damaged
                if (!seen_.empty()) {
                    Bytes copy = seen_[script.byte() % seen_.size()];
                    if (!copy.empty()) copy[script.byte() % copy.size()] ^= script.byte();
                    input(script.byte() % 2 == 0 ? peer_at : stranger_at, copy);
                }
                break;
            case 3:
            case 4:
                genuine_ = true;
                hostile_sctp(script.bytes());
                break;
            case 5:
            case 6:
                genuine_ = true;
                (void)peer_.peer().send_media(now, what == 6, script.bytes());
                break;
            case 7:
                (void)peer_.send(channel_, script.byte() % 2 == 0, text_of(script.bytes()));
                break;
            case 8: {
                webrtc::ChannelOptions options;
                options.ordered = script.byte() % 2 == 0;
                if (script.byte() % 2 == 0) options.max_retransmits = script.byte();
                options.label = text_of(script.bytes());
                const auto opened = peer_.peer().open_channel(now, options);
                if (opened) others_.push_back(*opened);
                break;
            }
            case 9:
                if (!others_.empty()) peer_.peer().close_channel(now, others_[script.byte() % others_.size()]);
                break;
            case 10:
                genuine_ = true;  // new credentials lead away from the peer
                (void)victim_.peer().take_fragment(now, text_of(script.bytes()));
                break;
            case 11:
                (void)victim_.peer().add_remote_candidate(now, text_of(script.bytes()));
                break;
            case 12:
                victim_.peer().pause_reading(now, script.byte() % 2 == 0);
                break;
            case 13:
                if (!victim_.opened().empty())
                    (void)victim_.send(victim_.opened()[script.byte() % victim_.opened().size()], true, text_of(script.bytes()));
                break;
            case 14:
                net_.run_for(std::chrono::milliseconds(10) * script.byte());
                break;
            default:
                if (script.byte() == 0) {
                    genuine_ = true;
                    peer_.close();
                }
        }
        peer_.flush(net_.now());
        victim_.flush(net_.now());
        net_.run_for(link_delay);
        look();
    }

    void end() {
        victim_.peer().pause_reading(net_.now(), false);
        net_.run_for(500ms);
        look();
        if (!genuine_) {
            must(victim_.peer().state() == webrtc::PeerState::connected, "a stranger ends the call");
            const std::string last = "text:the last word";
            (void)peer_.send(channel_, true, "the last word");
            must(net_.run_until([&] { return !victim_.messages().empty() && victim_.messages().back() == last; }, 30s),
                 "a stranger stops the channel");
        }
        victim_.close();
        look();
        must(victim_.peer().ended() && !victim_.peer().next_timeout(), "a call that was closed goes on");
    }

private:
    void input(const Endpoint& from, BytesView bytes) {
        const std::size_t before = net_.datagrams();
        victim_.handle_datagram(net_.now(), victim_at, from, bytes);
        victim_.flush(net_.now());
        must(net_.datagrams() <= before + 64, "a datagram is answered by many");
    }

    // With the ports, the tag and the sum that a packet of the peer's has.
    void hostile_sctp(BytesView chunks) {
        if (tap_ == nullptr || tap_->newest.size() < sctp::header_bytes || peer_.peer().ended()) return;
        Bytes packet(sctp::header_bytes + chunks.size());
        std::copy_n(tap_->newest.begin(), sctp::header_bytes, packet.begin());
        std::copy(chunks.begin(), chunks.end(), packet.begin() + sctp::header_bytes);
        sctp::address(packet, {5000, 5000});
        const Bytes genuine = tap_->newest;
        (void)tap_->send(net_.now(), packet);
        tap_->newest = genuine;
        peer_.handle_timeout(net_.now());  // sees that there is something to send
    }

    void look() {
        must(net_.fault().empty(), "time stands still");
        const auto& victim = victim_.peer();
        must(victim.channels().size() <= webrtc::DataChannels::most_channels, "too many channels");
        must(!victim.ended() || !victim.end_reason().empty(), "an end without a reason");
        if (victim_.messages().size() > 64) victim_.messages().erase(victim_.messages().begin(), victim_.messages().end() - 8);
        if (peer_.messages().size() > 64) peer_.messages().clear();
    }

    Tapped* tap_ = nullptr;  // the peer's
    test::VirtualNet net_;
    test::SctpStackNode stack_;
    test::PeerNode peer_;
    test::PeerNode victim_;
    webrtc::ChannelId channel_ = 0;
    std::vector<webrtc::ChannelId> others_;
    std::deque<Bytes> seen_;
    bool genuine_ = false;  // something came that only the peer can make
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    Script script(data, size);
    World world(size % 8 == 0);
    for (int steps = 0; steps < 64 && !script.done(); ++steps) world.step(script);
    world.end();
    return 0;
}
