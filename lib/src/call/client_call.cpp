#include "call/client_call.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include "call/drain.hpp"
#include "call/local_addresses.hpp"
#include "call/turn_stream.hpp"
#include "net/deadline_queue.hpp"
#include "net/udp_socket.hpp"

namespace volley::call {

namespace asio = boost::asio;
namespace ice = proto::ice;

namespace {

/// For a burst of one call, where the system's default holds a fifth of a big message.
constexpr std::size_t socket_buffer = 512 * 1024;

/// How much longer than the agent's own patience gathering is waited for.
constexpr Duration gathering_slack = std::chrono::seconds(1);

}  // namespace

struct ClientCall::Impl final : std::enable_shared_from_this<Impl>, net::DeadlineQueue::Item {
    Impl(Loop& the_loop, ClientCall& station, ClientCallConfig config)
        : loop(the_loop),
          executor(loop.executor()),
          trickle(config.peer.trickle),
          gathering_limit(config.peer.ice.gathering.patience + gathering_slack),
          tag(loop.add(station)),
          peer(std::make_unique<webrtc::Peer>(std::move(config.peer), config.own_certificate ? Loop::own_dtls() : loop.dtls(),
                                              loop.stack(), tag, loop.random())),
          socket(executor, loop.batch()) {}

    void open(std::vector<IpAddress> addresses);
    void read(TimePoint at, std::span<const net::UdpDatagram> datagrams);
    void on_deadline() override;
    void gather();
    void flush(TimePoint at);
    bool send_all();
    TurnStream& stream_to(const Endpoint& server);
    [[nodiscard]] static asio::awaitable<std::string> make_offer(std::shared_ptr<Impl> impl);
    [[nodiscard]] static asio::awaitable<bool> wait_until(std::shared_ptr<Impl> impl, std::function<bool()> condition,
                                                          TimePoint until);
    void wake_waiters();
    void leave();
    void destroy();
    [[nodiscard]] bool over() const noexcept { return peer == nullptr || peer->ended(); }

    Loop& loop;  // may be gone once `peer` is
    asio::any_io_executor executor;
    bool trickle;
    Duration gathering_limit;
    std::uint64_t tag;
    std::unique_ptr<webrtc::Peer> peer;  // nothing: ClientCall is destroyed
    net::UdpSocket socket;
    std::map<Endpoint, std::unique_ptr<TurnStream>> streams;
    Handler handler;
    Companion* companion = nullptr;
    struct Waiter;
    std::vector<Waiter*> waiters;
    std::vector<ice::Transmit> going;
    std::vector<net::UdpDatagram> datagrams;
    bool gathers = false;
    bool flushing = false;
    bool left = false;
};

// --- socket ----------------------------------------------------------------------------------------------------------------------

void ClientCall::Impl::open(std::vector<IpAddress> addresses) {
    const auto is_v4 = [](const IpAddress& a) { return a.is_v4(); };
    const IpAddress any_v4;
    const IpAddress any = *IpAddress::parse("::");
    const bool all_v4 = std::all_of(addresses.begin(), addresses.end(), is_v4);
    const IpAddress bind = addresses.size() == 1 ? addresses.front() : all_v4 ? any_v4 : any;
    error_code error = socket.open({bind, 0}, socket_buffer);
    if (error && bind == any && std::any_of(addresses.begin(), addresses.end(), is_v4)) {
        // A machine without IPv6 that names such addresses all the same.
        std::erase_if(addresses, [](const auto& a) { return a.is_v6(); });
        error = socket.open({any_v4, 0}, socket_buffer);
    }
    if (error) throw boost::system::system_error(error, "cannot open a UDP socket for the call");
    const TimePoint now = Clock::now();
    for (const auto& address : addresses) (void)peer->add_host(now, {address, socket.local_endpoint().port});
    socket.start([weak = weak_from_this()](TimePoint at, std::span<const net::UdpDatagram> came) {
        if (const auto self = weak.lock()) self->read(at, came);
    });
}

void ClientCall::Impl::read(TimePoint at, std::span<const net::UdpDatagram> came) {
    if (over()) return;
    for (const auto& datagram : came)
        peer->handle_input(at, {ice::Protocol::udp, datagram.local, datagram.remote, datagram.bytes});
    flush(at);
}

void ClientCall::Impl::on_deadline() {
    if (over()) return;
    const TimePoint now = Clock::now();
    peer->handle_timeout(now);
    if (companion != nullptr && !peer->ended()) companion->handle_timeout(now);
    flush(now);
}

void ClientCall::Impl::gather() {
    if (std::exchange(gathers, true) || over()) return;
    const TimePoint now = Clock::now();
    peer->gather(now);
    flush(now);
}

// --- what the peer has to send and to say ----------------------------------------------------------------------------------------

// Inside a handler there is nothing to do: the call that has called it goes on until nothing is left.
void ClientCall::Impl::flush(TimePoint at) {
    if (flushing || peer == nullptr || left) return;
    flushing = true;
    const auto self = shared_from_this();
    bool told = false;
    const bool goes_on = drain(
        *peer, [&] { return send_all(); },
        [&](webrtc::PeerEvent& event) {
            told = true;
            if (handler) handler(at, event);
            return peer != nullptr;
        });
    if (!goes_on) return;
    flushing = false;
    if (peer->ended()) {
        leave();
    } else {
        TimePoint when = peer->next_timeout().value_or(TimePoint::max());
        if (companion != nullptr)
            if (const auto its = companion->next_timeout()) when = std::min(when, *its);
        loop.deadlines().arm(*this, when);
        loop.arm();
    }
    if (told) wake_waiters();
}

bool ClientCall::Impl::send_all() {
    going.clear();
    while (auto transmit = peer->poll_transmit()) going.push_back(std::move(*transmit));
    datagrams.clear();
    for (const auto& transmit : going) {
        if (transmit.protocol == ice::Protocol::udp)
            datagrams.push_back({transmit.local, transmit.remote, transmit.bytes});
        else
            stream_to(transmit.remote).send(transmit.bytes);
    }
    socket.send(datagrams);
    return !going.empty();
}

TurnStream& ClientCall::Impl::stream_to(const Endpoint& server) {
    auto& stream = streams[server];
    if (stream != nullptr) return *stream;
    stream = std::make_unique<TurnStream>(
        executor, server,
        [weak = weak_from_this(), server](TimePoint at, BytesView frame) {
            const auto self = weak.lock();
            if (!self || self->over()) return;
            self->peer->handle_input(at, {ice::Protocol::tcp, {}, server, frame});
            self->flush(at);
        },
        [weak = weak_from_this(), server](const std::string& reason) {
            const auto self = weak.lock();
            if (!self || self->over()) return;
            const TimePoint now = Clock::now();
            self->streams.erase(server);
            self->peer->handle_disconnect(now, server, reason);
            self->flush(now);
        });
    return *stream;
}

/// One that waits. Stands in the list as long as it is there, also where the coroutine ends at the wait.
struct ClientCall::Impl::Waiter {
    Waiter(Impl& the_owner, const std::function<bool()>& the_condition, TimePoint until)
        : owner(the_owner), condition(the_condition), timer(owner.executor, until) {
        owner.waiters.push_back(this);
    }
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    ~Waiter() { std::erase(owner.waiters, this); }

    Impl& owner;
    const std::function<bool()>& condition;
    asio::steady_timer timer;
};

// Those alone that have something to do: a coroutine that only looks and waits again costs more than the message that it was woken for.
void ClientCall::Impl::wake_waiters() {
    for (auto* const waiter : waiters)
        if (over() || waiter->condition()) waiter->timer.cancel();
}

// Nothing more comes of the call, whose association is gone; what it was stays to be looked at.
void ClientCall::Impl::leave() {
    if (std::exchange(left, true)) return;
    loop.deadlines().disarm(*this);
    socket.close();
    streams.clear();
    loop.remove(tag);
}

void ClientCall::Impl::destroy() {
    peer.reset();
    leave();
    wake_waiters();
    // It may be what is running.
    if (!flushing) handler = nullptr;
    companion = nullptr;
}

// --- the object ------------------------------------------------------------------------------------------------------------------

ClientCall::ClientCall(Loop& loop, ClientCallConfig config) {
    std::vector<IpAddress> addresses = std::move(config.addresses);
    if (addresses.empty()) addresses = local_addresses(config.loopback);
    impl_ = std::make_shared<Impl>(loop, *this, std::move(config));
    try {
        impl_->open(std::move(addresses));
    } catch (...) {
        impl_->destroy();
        throw;
    }
}

ClientCall::~ClientCall() { impl_->destroy(); }

void ClientCall::set_handler(Handler handler) { impl_->handler = std::move(handler); }

void ClientCall::set_companion(Companion* companion) { impl_->companion = companion; }

void ClientCall::gather() { impl_->gather(); }

// Coroutines begin when they are awaited: by then the object may be gone, so they are of what stays.

asio::awaitable<std::string> ClientCall::make_offer() { return Impl::make_offer(impl_); }

asio::awaitable<std::string> ClientCall::Impl::make_offer(std::shared_ptr<Impl> impl) {
    impl->gather();
    if (!impl->trickle && !impl->over()) {
        std::function<bool()> gathered = [impl] { return impl->peer->gathering_done(); };
        const TimePoint until = Clock::now() + impl->gathering_limit;
        co_await wait_until(impl, std::move(gathered), until);
    }
    if (impl->peer == nullptr) co_return std::string();
    const TimePoint now = Clock::now();
    std::string offer = impl->peer->create_offer(now);
    impl->flush(now);
    co_return offer;
}

std::optional<SourceError> ClientCall::take_answer(std::string_view text) {
    const TimePoint now = Clock::now();
    auto error = impl_->peer->take_answer(now, text);
    impl_->flush(now);
    return error;
}

std::optional<std::string> ClientCall::add_remote_candidate(std::string_view line) {
    const TimePoint now = Clock::now();
    auto error = impl_->peer->add_remote_candidate(now, line);
    impl_->flush(now);
    return error;
}

asio::awaitable<bool> ClientCall::wait_until(std::function<bool()> condition, TimePoint until) {
    return Impl::wait_until(impl_, std::move(condition), until);
}

asio::awaitable<bool> ClientCall::Impl::wait_until(std::shared_ptr<Impl> impl, std::function<bool()> condition, TimePoint until) {
    for (;;) {
        if (impl->peer == nullptr) co_return false;
        if (condition()) co_return true;
        if (impl->over() || Clock::now() >= until) co_return false;
        Waiter waiter(*impl, condition, until);
        co_await waiter.timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

Result<webrtc::ChannelId> ClientCall::open_channel(const webrtc::ChannelOptions& options) {
    const TimePoint now = Clock::now();
    const auto channel = impl_->peer->open_channel(now, options);
    impl_->flush(now);
    return channel;
}

error_code ClientCall::send(webrtc::ChannelId channel, bool text, BytesView data) {
    const TimePoint now = Clock::now();
    const error_code error = impl_->peer->send(now, channel, text, data);
    impl_->flush(now);
    return error;
}

void ClientCall::close_channel(webrtc::ChannelId channel) {
    const TimePoint now = Clock::now();
    impl_->peer->close_channel(now, channel);
    impl_->flush(now);
}

void ClientCall::hang_up() {
    const TimePoint now = Clock::now();
    impl_->peer->close(now);
    impl_->flush(now);
}

const webrtc::Peer& ClientCall::peer() const noexcept { return *impl_->peer; }
webrtc::Peer& ClientCall::peer() noexcept { return *impl_->peer; }
void ClientCall::flush() { impl_->flush(Clock::now()); }

void ClientCall::take_stack(TimePoint now, std::uint64_t) {
    const auto impl = impl_;
    if (impl->over()) return;
    impl->peer->take_stack(now);
    impl->flush(now);
}

}  // namespace volley::call
