#include "call/server_port.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <unordered_map>
#include <utility>

#include <boost/system/system_error.hpp>

#include "call/client_call.hpp"
#include "call/drain.hpp"
#include "call/local_addresses.hpp"
#include "call/routes.hpp"
#include "net/deadline_queue.hpp"
#include "net/udp_socket.hpp"
#include "proto/ice/agent.hpp"
#include "proto/ice/gatherer.hpp"
#include "proto/stun/message.hpp"

namespace volley::call {

namespace ice = proto::ice;
namespace stun = proto::stun;

namespace {

/// All calls share it.
constexpr std::size_t socket_buffer = 4 * 1024 * 1024;

/// Checks to addresses that an offer names, before a sign of life from there: no more bytes than the offer had.
constexpr std::size_t most_unproven_checks = 16;

/// How long the addresses of this machine are remembered.
constexpr Duration addresses_lifetime = std::chrono::seconds(10);

class AcceptCategory final : public boost::system::error_category {
public:
    [[nodiscard]] const char* name() const noexcept override { return "volley.accept"; }
    [[nodiscard]] std::string message(int code) const override {
        switch (static_cast<AcceptErrc>(code)) {
            case AcceptErrc::too_many_calls:
                return "too many calls at a time";
            case AcceptErrc::too_many_of_address:
                return "too many calls at a time from this address";
            case AcceptErrc::bad_offer:
                return "the offer cannot be used";
            case AcceptErrc::no_such_call:
                return "there is no such call";
        }
        return "unknown error";
    }
    [[nodiscard]] bool equivalent(int code, const boost::system::error_condition& condition) const noexcept override {
        const bool is_limit =
            code == static_cast<int>(AcceptErrc::too_many_calls) || code == static_cast<int>(AcceptErrc::too_many_of_address);
        if (condition == Condition::exhausted) return is_limit;
        if (condition == Condition::protocol) return code == static_cast<int>(AcceptErrc::bad_offer);
        return default_error_condition(code) == condition;
    }
};

// Datagrams that leave together: more would wait for the work that those after them are.
constexpr std::size_t most_collected = 8;

[[nodiscard]] bool shows_life(const webrtc::PeerEvent& event) noexcept {
    return std::holds_alternative<webrtc::ChannelMessage>(event) || std::holds_alternative<webrtc::ChannelOpened>(event) ||
           std::holds_alternative<webrtc::ChannelClosed>(event) || std::holds_alternative<webrtc::MediaPacket>(event);
}

}  // namespace

const boost::system::error_category& accept_category() noexcept {
    static const AcceptCategory category;
    return category;
}

struct ServerPort::Impl final : std::enable_shared_from_this<Impl> {
    struct Call final : ServerCall, net::DeadlineQueue::Item {
        Call(Impl& the_port, std::uint64_t the_id, CallLedger::Place the_place, webrtc::PeerConfig config,
             std::unique_ptr<CallHandler> the_handler)
            : port(the_port),
              number(the_id),
              place(std::move(the_place)),
              the_peer(std::move(config), port.loop.dtls(), port.loop.stack(), number, port.loop.random()),
              handler(std::move(the_handler)) {}

        [[nodiscard]] std::uint64_t id() const noexcept override { return number; }
        [[nodiscard]] const webrtc::Peer& peer() const noexcept override { return the_peer; }
        [[nodiscard]] webrtc::Peer& peer() noexcept override { return the_peer; }
        void on_deadline() override { port.run_timer(*this); }

        Impl& port;
        std::uint64_t number;
        CallLedger::Place place;
        webrtc::Peer the_peer;
        std::unique_ptr<CallHandler> handler;
        // Behind a NAT, which of our addresses the peer's datagrams come to, by where they come from.
        std::map<Endpoint, IpAddress> came_to;
        TimePoint alive_at{};  // something of the peer's own came
        bool accepted = false;
        bool flushing = false;
        bool connected = false;
    };
    using Calls = std::unordered_map<std::uint64_t, std::unique_ptr<Call>>;
    struct Going {
        Endpoint local;
        Endpoint remote;
        Bytes bytes;
    };

    Impl(Loop& the_loop, ServerPort& the_station, ServerPortConfig the_config)
        : loop(the_loop), station(the_station), config(std::move(the_config)), socket(loop.executor(), loop.batch()) {
        config.peer.ice.gathering = {};
        config.peer.ice.role = ice::Role::controlled;
        config.peer.trickle = false;
        if (!config.ledger) config.ledger = std::make_shared<CallLedger>(config.limits);
        if (!config.whole_machine || !config.bind.address.is_loopback() || !config.advertised.empty()) return;
        home = config.bind.address;
        const std::array<std::uint8_t, 16> all{};
        config.bind.address = home->is_v4() ? IpAddress::v4(0) : *IpAddress::from_bytes(all);
    }

    [[nodiscard]] std::vector<IpAddress> addresses(TimePoint now, bool loopback);
    [[nodiscard]] IpAddress candidate_for(const IpAddress& local) const;
    [[nodiscard]] IpAddress source_for(const Call& call, const ice::Transmit& transmit) const;

    void read(TimePoint at, const net::UdpDatagram& datagram);
    bool hand_stun(TimePoint at, const ice::Datagram& datagram);
    bool hand(TimePoint at, std::uint64_t id, const ice::Datagram& datagram);
    void note_way(Call& call, const ice::Datagram& datagram);
    void note_local(Call& call, const Endpoint& remote) const;
    bool hand_by_address(TimePoint at, const ice::Datagram& datagram);

    void run_timer(Call& call);
    void flush(Call& call, TimePoint at, bool timer = false);
    void send_and_tell(Call& call, TimePoint at);
    bool collect(Call& call, TimePoint at);
    void send_collected();
    void read_all(TimePoint at, std::span<const net::UdpDatagram> came);
    void arm(Call& call);
    void hang_up(Call& call);
    void end(Call& call);
    void forget(std::uint64_t id);
    void end_all();
    [[nodiscard]] Call* find(std::uint64_t id) {
        const auto found = calls.find(id);
        return found == calls.end() ? nullptr : found->second.get();
    }

    Loop& loop;
    ServerPort& station;
    ServerPortConfig config;
    std::optional<IpAddress> home;  // a loopback address, where this machine alone is listened to
    bool narrowed = false;          // not there, since another socket is
    net::UdpSocket socket;
    Calls calls;
    Routes routes;
    Counts counts;
    std::vector<IpAddress> machine_addresses;
    std::optional<TimePoint> machine_addresses_until;
    std::vector<Going> going;
    std::vector<net::UdpDatagram> datagrams;  // those of `going`
    bool reading_all = false;
    net::UdpDatagram reading;  // what is answered just now, without its bytes
};

// --- addresses -------------------------------------------------------------------------------------------------------------------

// Those that candidates are made of.
std::vector<IpAddress> ServerPort::Impl::addresses(TimePoint now, bool loopback) {
    const IpAddress& bound = config.bind.address;
    std::vector<IpAddress> out;
    if (!config.advertised.empty()) {
        out = config.advertised;
    } else if (!bound.is_unspecified()) {
        out = {bound};
    } else {
        if (!machine_addresses_until || now >= *machine_addresses_until) {
            machine_addresses = local_addresses(true);
            machine_addresses_until = now + addresses_lifetime;
        }
        out = machine_addresses;
        const bool has_others = std::any_of(out.begin(), out.end(), [](const auto& a) { return !a.is_loopback(); });
        if (!loopback && has_others) std::erase_if(out, [](const auto& a) { return a.is_loopback(); });
        if (home) {
            std::erase_if(out, [this](const auto& a) { return a.is_loopback() || a.is_v4() != home->is_v4(); });
            out.insert(out.begin(), *home);
            if (out.size() > ice::Gatherer::most_hosts) out.pop_back();
        }
    }
    if (bound.is_v4()) std::erase_if(out, [](const auto& a) { return a.is_v6(); });
    if (bound.is_v6() && !bound.is_unspecified()) std::erase_if(out, [](const auto& a) { return a.is_v4(); });
    return out;
}

// What the agent knows the address as that a datagram came to.
IpAddress ServerPort::Impl::candidate_for(const IpAddress& local) const {
    const auto& advertised = config.advertised;
    if (advertised.empty() || std::find(advertised.begin(), advertised.end(), local) != advertised.end()) return local;
    const auto same_family =
        std::find_if(advertised.begin(), advertised.end(), [&](const auto& a) { return a.is_v4() == local.is_v4(); });
    return same_family == advertised.end() ? local : *same_family;
}

// And back. A NAT knows the answer for one only where it leaves from the address that the question came to; before anything has come, which
// of ours stands behind an advertised one is the system's to know, by its route.
IpAddress ServerPort::Impl::source_for(const Call& call, const ice::Transmit& transmit) const {
    if (config.advertised.empty()) return transmit.local.address;
    if (transmit.remote == reading.remote) return reading.local.address;
    const auto known = call.came_to.find(transmit.remote);
    return known == call.came_to.end() ? IpAddress() : known->second;
}

void ServerPort::Impl::note_local(Call& call, const Endpoint& remote) const {
    if (config.advertised.empty() || remote != reading.remote) return;
    call.came_to[remote] = reading.local.address;
    if (call.came_to.size() <= Routes::most_claims) return;
    // A peer that comes from ever new addresses loses one that its data does not go to.
    const auto& path = call.the_peer.path();
    const auto spare = std::find_if(call.came_to.begin(), call.came_to.end(), [&](const auto& one) {
        return one.first != remote && !(path && path->remote.endpoint == one.first);
    });
    if (spare != call.came_to.end()) call.came_to.erase(spare);
}

// --- datagrams -------------------------------------------------------------------------------------------------------------------

// What is answered to the datagrams of one system call leaves with few: each that a peer sleeping beside us is woken for costs more than
// the datagram.
void ServerPort::Impl::read_all(TimePoint at, std::span<const net::UdpDatagram> came) {
    struct Turn {
        explicit Turn(bool& flag) : flag_(flag) { flag_ = true; }
        ~Turn() { flag_ = false; }
        bool& flag_;
    };
    const Turn turn(reading_all);
    for (const auto& datagram : came) read(at, datagram);
    send_collected();
    loop.deadlines().settle();
}

void ServerPort::Impl::read(TimePoint at, const net::UdpDatagram& came) {
    if (home && !is_from_this_machine(came.remote.address, came.local.address)) {
        ++counts.strays;
        return;
    }
    reading = {came.local, came.remote, {}};
    const ice::Datagram datagram{
        ice::Protocol::udp, {candidate_for(came.local.address), came.local.port}, came.remote, came.bytes};
    const bool known = stun::looks_like_stun(datagram.bytes) ? hand_stun(at, datagram) : hand_by_address(at, datagram);
    if (!known) ++counts.strays;
    reading = {};
}

bool ServerPort::Impl::hand_stun(TimePoint at, const ice::Datagram& datagram) {
    const auto message = stun::MessageView::parse(datagram.bytes);
    if (!message) return false;
    switch (message->message_class()) {
        case stun::MessageClass::request: {
            const auto ufrag = ice::ufrag_of_check(*message);
            if (!ufrag) return false;
            const auto id = routes.of_ufrag(*ufrag);
            return id && hand(at, *id, datagram);
        }
        case stun::MessageClass::success:
        case stun::MessageClass::error: {
            const auto id = routes.take_answer(at, message->transaction_id());
            return id && hand(at, *id, datagram);
        }
        case stun::MessageClass::indication:
            break;
    }
    return hand_by_address(at, datagram);
}

// @return whether there is such a call.
bool ServerPort::Impl::hand(TimePoint at, std::uint64_t id, const ice::Datagram& datagram) {
    Call* const call = find(id);
    if (call == nullptr || call->flushing) return false;
    call->the_peer.handle_input(at, datagram);
    note_way(*call, datagram);
    flush(*call, at);
    return true;
}

// A check or an answer may have shown where the peer sends from, genuine ones alone.
void ServerPort::Impl::note_way(Call& call, const ice::Datagram& datagram) {
    if (!call.the_peer.ice().accepts_data(datagram.local, datagram.remote)) return;
    const auto& path = call.the_peer.path();
    routes.claim(call.number, datagram.remote, path && path->remote.endpoint == datagram.remote);
    note_local(call, datagram.remote);
}

bool ServerPort::Impl::hand_by_address(TimePoint at, const ice::Datagram& datagram) {
    // A copy: what a call does with it may change the list.
    std::array<std::uint64_t, Routes::most_claimants> ids{};
    const auto claimants = routes.claimants(datagram.remote);
    const std::size_t count = std::min(claimants.size(), ids.size());
    std::copy_n(claimants.begin(), count, ids.begin());
    bool known = false;
    for (std::size_t i = 0; i < count; ++i) {
        Call* const call = find(ids[i]);
        if (call == nullptr || call->flushing) continue;
        if (!call->the_peer.ice().accepts_data(datagram.local, datagram.remote)) {
            routes.give_up(ids[i], datagram.remote);
            continue;
        }
        known = true;
        call->the_peer.handle_input(at, datagram);
        flush(*call, at);
    }
    return known;
}

// --- calls -----------------------------------------------------------------------------------------------------------------------

void ServerPort::Impl::run_timer(Call& call) {
    const TimePoint now = Clock::now();
    if (call.connected && config.idle_limit > Duration::zero() && now >= call.alive_at + config.idle_limit) {
        hang_up(call);
        return;
    }
    call.the_peer.handle_timeout(now);
    flush(call, now, true);
}

// Sends and tells all that the peer has, and ends the call if it is over: afterwards `call` may be gone. Where its handler throws it is.
// @param timer  the handler's time has come, too.
void ServerPort::Impl::flush(Call& call, TimePoint at, bool timer) {
    if (call.flushing) return;  // within its handler: the call that has called that goes on
    const auto self = shared_from_this();
    call.flushing = true;
    try {
        if (timer && call.handler) call.handler->handle_timeout(call, at);
        send_and_tell(call, at);
        call.flushing = false;
        if (!call.the_peer.ended()) {
            arm(call);
            loop.arm();
            return;
        }
    } catch (...) {
        end(call);
        throw;
    }
    end(call);
}

void ServerPort::Impl::send_and_tell(Call& call, TimePoint at) {
    const auto tell = [&](webrtc::PeerEvent& event) {
        if (shows_life(event)) call.alive_at = at;
        if (const auto* const changed = std::get_if<webrtc::PeerStateChanged>(&event);
            changed != nullptr && changed->state == webrtc::PeerState::connected && !call.connected) {
            call.connected = true;
            call.alive_at = at;
            ++counts.connected;
        }
        if (call.handler) call.handler->handle(call, at, event);
        return true;
    };
    (void)drain(
        call.the_peer, [&] { return collect(call, at); }, tell);
    if (!reading_all || going.size() >= most_collected) send_collected();
}

// @return whether there was anything to send.
bool ServerPort::Impl::collect(Call& call, TimePoint at) {
    bool any = false;
    while (auto transmit = call.the_peer.poll_transmit()) {
        any = true;
        if (transmit->protocol != ice::Protocol::udp) continue;
        // A check of ours: its answer says nothing of the call but this number.
        if (stun::looks_like_stun(transmit->bytes))
            if (const auto message = stun::MessageView::parse(transmit->bytes);
                message && message->message_class() == stun::MessageClass::request)
                routes.note_request(at, call.number, message->transaction_id());
        going.push_back({{source_for(call, *transmit), transmit->local.port}, transmit->remote, std::move(transmit->bytes)});
    }
    return any;
}

void ServerPort::Impl::send_collected() {
    datagrams.clear();
    for (const auto& one : going) datagrams.push_back({one.local, one.remote, one.bytes});
    if (!datagrams.empty()) socket.send(datagrams);
    going.clear();
}

void ServerPort::Impl::arm(Call& call) {
    TimePoint when = call.the_peer.next_timeout().value_or(TimePoint::max());
    if (call.connected && config.idle_limit > Duration::zero()) when = std::min(when, call.alive_at + config.idle_limit);
    if (call.handler)
        if (const auto theirs = call.handler->next_timeout()) when = std::min(when, *theirs);
    loop.deadlines().arm(call, when);
}

void ServerPort::Impl::hang_up(Call& call) {
    const TimePoint now = Clock::now();
    call.the_peer.close(now);
    flush(call, now);
}

void ServerPort::Impl::end(Call& call) {
    const auto found = calls.find(call.number);
    const std::unique_ptr<Call> owner = std::move(found->second);
    calls.erase(found);
    routes.remove(call.number);
    if (call.accepted) ++counts.ended;
    loop.remove(call.number);
}

// Also one that was not made to the end.
void ServerPort::Impl::forget(std::uint64_t id) {
    if (Call* const call = find(id)) return end(*call);
    routes.remove(id);
    loop.remove(id);
}

void ServerPort::Impl::end_all() {
    std::vector<std::uint64_t> ids;
    for (const auto& [id, call] : calls) ids.push_back(id);
    for (const auto id : ids)
        if (Call* const call = find(id)) hang_up(*call);
}

// --- the object ------------------------------------------------------------------------------------------------------------------

ServerPort::ServerPort(Loop& loop, ServerPortConfig config) : impl_(std::make_shared<Impl>(loop, *this, std::move(config))) {
    error_code error = impl_->socket.open(impl_->config.bind, socket_buffer);
    if (error == boost::system::errc::address_in_use && impl_->home) {
        const Endpoint alone{*impl_->home, impl_->config.bind.port};
        if (!impl_->socket.open(alone, socket_buffer)) {
            error = {};
            impl_->config.bind = alone;
            impl_->home.reset();
            impl_->narrowed = true;
        }
    }
    if (error) throw boost::system::system_error(error, "cannot open UDP port " + impl_->config.bind.to_string());
    if (impl_->addresses(Clock::now(), true).empty())
        throw boost::system::system_error(make_error_code(boost::system::errc::address_not_available),
                                          "none of the advertised addresses is of the kind that the port has");
    impl_->socket.start([weak = std::weak_ptr(impl_)](TimePoint at, std::span<const net::UdpDatagram> datagrams) {
        const auto impl = weak.lock();
        if (impl) impl->read_all(at, datagrams);
    });
}

ServerPort::~ServerPort() {
    impl_->end_all();
    impl_->socket.close();
}

Endpoint ServerPort::local_endpoint() const {
    Endpoint out = impl_->socket.local_endpoint();
    if (impl_->home) out.address = *impl_->home;
    return out;
}

bool ServerPort::narrowed() const noexcept { return impl_->narrowed; }

boost::system::result<ServerPort::Accepted, ServerPort::Failure> ServerPort::accept(std::string_view offer, const IpAddress& from,
                                                                                    std::unique_ptr<CallHandler> handler,
                                                                                    std::vector<proto::sdp::LocalMedia> media) {
    Impl& impl = *impl_;
    const TimePoint now = Clock::now();
    const IpAddress who = from.unmapped();
    auto entered = impl.config.ledger->enter(impl.config.process, who);
    if (const auto* const full = std::get_if<CallLedger::Full>(&entered)) {
        ++impl.counts.refused;
        const bool all = *full == CallLedger::Full::calls;
        return Failure{make_error_code(all ? AcceptErrc::too_many_calls : AcceptErrc::too_many_of_address), {}};
    }
    // What is not accepted in the end, for whatever reason, leaves nothing: no timer would end it.
    struct Making {
        Making(Impl& the_port, std::uint64_t the_id) : port(the_port), id(the_id) {}
        Making(const Making&) = delete;
        Making& operator=(const Making&) = delete;
        ~Making() {
            if (!done) port.forget(id);
        }
        Impl& port;
        std::uint64_t id;
        bool done = false;
    } making(impl, impl.loop.add(*this));
    webrtc::PeerConfig config = impl.config.peer;
    config.ice.most_unproven_checks = std::min(config.ice.most_unproven_checks, most_unproven_checks);
    // A channel of the peer's is answered on the stream of the same number. Who adds none later, as libwebrtc, does not even say so.
    config.sctp.outgoing_streams = std::max(config.sctp.outgoing_streams, config.sctp.incoming_streams);
    config.media = std::move(media);
    config.ice.ufrag_prefix = impl.routes.add(making.id, impl.loop.random());
    auto owner = std::make_unique<Impl::Call>(impl, making.id, std::get<CallLedger::Place>(std::move(entered)), std::move(config),
                                              std::move(handler));
    Impl::Call& call = *owner;
    impl.calls.emplace(making.id, std::move(owner));
    const auto refuse = [&](SourceError why) {
        ++impl.counts.refused;
        return Failure{make_error_code(AcceptErrc::bad_offer), std::move(why)};
    };

    for (const auto& address : impl.addresses(now, who.is_loopback()))
        (void)call.the_peer.add_host(now, {address, impl.socket.local_endpoint().port});
    call.the_peer.gather(now);
    if (auto why = call.the_peer.take_offer(now, offer)) return refuse(std::move(*why));
    auto answer = call.the_peer.create_answer(now);
    if (!answer) return refuse(std::move(answer).error());
    ++impl.counts.accepted;
    call.accepted = true;

    Accepted out{making.id, std::move(*answer), call.the_peer.ice().local_credentials().ufrag, call.the_peer.refused()};
    impl.flush(call, now);
    making.done = true;
    return out;
}

boost::system::result<std::optional<proto::sdp::Fragment>, ServerPort::Failure> ServerPort::patch(std::uint64_t id,
                                                                                                  std::string_view fragment) {
    Impl::Call* const call = impl_->find(id);
    if (call == nullptr) return Failure{make_error_code(AcceptErrc::no_such_call), {}};
    const TimePoint now = Clock::now();
    auto taken = call->the_peer.take_fragment(now, fragment);
    impl_->flush(*call, now);
    if (taken && impl_->find(id) == nullptr) return Failure{make_error_code(AcceptErrc::no_such_call), {}};
    if (!taken) return Failure{make_error_code(AcceptErrc::bad_offer), std::move(taken).error()};
    return std::move(*taken);
}

bool ServerPort::hang_up(std::uint64_t id) {
    Impl::Call* const call = impl_->find(id);
    if (call == nullptr) return false;
    impl_->hang_up(*call);
    return true;
}

bool ServerPort::wake(std::uint64_t id) {
    Impl::Call* const call = impl_->find(id);
    if (call == nullptr) return false;
    const TimePoint now = Clock::now();
    impl_->flush(*call, now, true);
    return true;
}

void ServerPort::hang_up_all() { impl_->end_all(); }

std::size_t ServerPort::calls() const noexcept { return impl_->calls.size(); }
const ServerPort::Counts& ServerPort::counts() const noexcept { return impl_->counts; }

ServerPort::Registries ServerPort::registries() const noexcept {
    const Routes::Sizes sizes = impl_->routes.sizes();
    return {sizes.calls, sizes.requests, sizes.addresses, impl_->config.ledger->addresses()};
}

void ServerPort::take_stack(TimePoint now, std::uint64_t tag) {
    Impl::Call* const call = impl_->find(tag);
    if (call == nullptr || call->flushing) return;
    call->the_peer.take_stack(now);
    impl_->flush(*call, now);
}

}  // namespace volley::call
