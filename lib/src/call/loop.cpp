#include "call/loop.hpp"

#include <optional>
#include <unordered_map>
#include <utility>

#include <boost/asio/steady_timer.hpp>

#include "net/deadline_queue.hpp"
#include "net/udp_socket.hpp"
#include "proto/dtls/openssl_backend.hpp"
#include "proto/sctp/usrsctp_backend.hpp"

namespace volley::call {

namespace dtls = proto::dtls;

struct Loop::Impl {
    explicit Impl(boost::asio::any_io_executor the_executor)
        : executor(std::move(the_executor)), maker(own_dtls()), deadlines(executor), timer(executor) {}

    void wait(const std::shared_ptr<Impl>& self, TimePoint when);
    void run(TimePoint now);
    void clear_away();

    boost::asio::any_io_executor executor;
    OsRandom random;
    webrtc::DtlsMaker maker;
    std::unique_ptr<proto::sctp::Stack> stack = proto::sctp::make_usrsctp_stack();
    net::UdpBatch batch;
    net::DeadlineQueue deadlines;
    boost::asio::steady_timer timer;
    std::optional<TimePoint> wake_at;  // nothing: the timer does not run
    std::unordered_map<std::uint64_t, Station*> stations;
    std::uint64_t last_tag = 0;
};

Loop::Loop(boost::asio::any_io_executor executor) : impl_(std::make_shared<Impl>(std::move(executor))) {}

Loop::~Loop() {
    impl_->timer.cancel();
    // The stack is this thread's, and gone before another loop is made; the rest goes once no handler waits for it.
    impl_->stack.reset();
}

boost::asio::any_io_executor Loop::executor() const { return impl_->executor; }
RandomSource& Loop::random() noexcept { return impl_->random; }
proto::sctp::Stack& Loop::stack() noexcept { return *impl_->stack; }
net::UdpBatch& Loop::batch() noexcept { return impl_->batch; }
net::DeadlineQueue& Loop::deadlines() noexcept { return impl_->deadlines; }
const webrtc::DtlsMaker& Loop::dtls() const noexcept { return impl_->maker; }
std::size_t Loop::calls() const noexcept { return impl_->stations.size(); }

webrtc::DtlsMaker Loop::own_dtls() {
    const auto identity = std::make_shared<const dtls::Identity>();
    return {{identity->fingerprint(dtls::HashFunction::sha_256)},
            [identity](dtls::SessionConfig config) { return dtls::make_openssl_session(*identity, std::move(config)); }};
}

std::uint64_t Loop::add(Station& station) {
    impl_->stations.emplace(++impl_->last_tag, &station);
    return impl_->last_tag;
}

void Loop::remove(std::uint64_t tag) noexcept {
    impl_->stations.erase(tag);
    if (impl_->stations.empty()) {
        impl_->deadlines.rest();
        impl_->clear_away();
    }
    arm();
}

// What usrsctp clears away behind the last association it does by timers, for seconds, which would keep the event loop running. As there is
// nobody whom it concerns, their time comes now.
void Loop::Impl::clear_away() {
    TimePoint at = Clock::now();
    for (int i = 0; i < 20 && stack->associations() == 0 && stack->next_timeout(); ++i) {
        at += std::chrono::milliseconds(500);
        stack->handle_timeout(at);
    }
}

// The stack's deadline moves back with most calls; the timer stays where it is then, and looks again when it comes.
void Loop::arm() {
    const auto next = impl_->stack->next_timeout();
    if (!next) {
        if (impl_->wake_at) impl_->timer.cancel();
        impl_->wake_at.reset();
        return;
    }
    if (!impl_->wake_at || *next < *impl_->wake_at) impl_->wait(impl_, *next);
}

void Loop::Impl::wait(const std::shared_ptr<Impl>& self, TimePoint when) {
    wake_at = when;
    timer.expires_at(when);
    timer.async_wait([weak = std::weak_ptr(self), when](boost::system::error_code error) {
        const auto impl = weak.lock();
        // One that was moved or given up when its time had come already is over.
        if (error || !impl || impl->stack == nullptr || impl->wake_at != when) return;
        impl->wake_at.reset();
        impl->run(Clock::now());
        if (impl->stack == nullptr) return;
        if (const auto next = impl->stack->next_timeout(); next && !impl->wake_at) impl->wait(impl, *next);
    });
}

void Loop::Impl::run(TimePoint now) {
    stack->handle_timeout(now);
    // Each may end itself or others.
    while (const auto tag = stack->poll_ready())
        if (const auto found = stations.find(*tag); found != stations.end()) found->second->take_stack(now, *tag);
}

}  // namespace volley::call
