#include "call/caller.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/endpoint.hpp"
#include "client/resolve.hpp"
#include "media/load.hpp"
#include "net/asio_address.hpp"
#include "net/deadline.hpp"
#include "net/thread_cpu.hpp"

namespace volley::call {
namespace asio = boost::asio;

namespace {

constexpr auto lookup_limit = std::chrono::seconds(10);
/// A thread that runs for more than this share of the time may be what limits the rate.
constexpr double busy_share = 0.95;

/// The addresses of a host, with the port; none where it has none, or they did not come in time.
asio::awaitable<std::vector<Endpoint>> resolve(std::string host, std::uint16_t port) {
    const auto executor = co_await asio::this_coro::executor;
    auto found = client::known_endpoints(host, port);
    if (found.empty()) {
        asio::steady_timer answered(executor, lookup_limit);
        const client::Lookup lookup(executor, host, port, [&](Result<client::Endpoints> answer) {
            if (answer) found = *std::move(answer);
            answered.cancel();
        });
        (void)co_await answered.async_wait(asio::as_tuple(asio::use_awaitable));
        co_await throw_if_ended();
    }
    std::vector<Endpoint> out;
    for (const auto& endpoint : found) out.push_back({net::to_address(endpoint.address()).unmapped(), port});
    co_return out;
}

/// With the transform among the members of the JSON, where somebody asks for one and does not name it himself.
Signaller::Fill filling(const CallPlan& plan) {
    if (!plan.video || plan.video->transform.empty() || plan.signal != Signal::json) return plan.fill;
    return [fill = plan.fill, transform = plan.video->transform](http::Request& request, CallNumber number) {
        constexpr const char* member = "video_transform";
        if (fill) fill(request, number);
        boost::system::error_code ec;
        boost::json::value body =
            request.body.empty() ? boost::json::value(boost::json::object_kind) : boost::json::parse(request.body, ec);
        if (ec || !body.is_object() || body.as_object().contains(member)) return;  // what is wrong with it others say
        body.as_object()[member] = transform;
        request.body = boost::json::serialize(body);
    };
}

}  // namespace

bool needs_curl(const CallPlan& plan) {
    const auto& curl = plan.request.curl;
    return curl.http_version == 10 || curl.http_version == 20 || !curl.proxy.empty() ||
           curl.auth != client::CurlOptions::Auth::none;
}

Caller::Caller(asio::any_io_executor executor, const CallPlan& plan, const OfferObserver& observer, bool use_curl)
    : loop_(executor),
      signaller_(executor, plan.request, plan.signal, use_curl, filling(plan)),
      use_curl_(use_curl),
      common_(plan, observer, loop_, signaller_, result_) {
    result_.calls->ping_timeout = plan.pings.timeout;
    if (!plan.video && !plan.audio) return;
    result_.calls->media = std::make_shared<metrics::MediaTally>();
    common_.media = std::make_unique<MediaSources>(plan.video, plan.audio, plan.plays());
}

/// What is sent is made before the first call: what it costs is not to be measured with it.
asio::awaitable<void> Caller::prepare_media() {
    constexpr auto look_again = std::chrono::milliseconds(10);
    constexpr auto tell_every = std::chrono::milliseconds(250);
    const TimePoint began = Clock::now();
    TimePoint tell = began + std::chrono::seconds(1);
    auto& media = *common_.media;
    for (;;) {
        if (const auto fault = media.fault(); !fault.empty()) {
            result_.never_worked = "nothing can be sent: " + fault;
            result_.wrong_source = media::plugin().plugin != nullptr;
            co_return;
        }
        const bool has_video = !media.video() || media.frames(media.video_codecs().front());
        const bool has_audio = !media.audio() || media.sound(media.audio_codecs().front());
        if (has_video && has_audio) co_return;
        const TimePoint now = Clock::now();
        if (common_.observer.preparing && now >= tell) {
            const auto& progress = media.progress();
            common_.observer.preparing({progress.done, progress.all, now - began});
            tell = now + tell_every;
        }
        co_await net::sleep_until(now + look_again);
    }
}

asio::awaitable<void> Caller::prepare() {
    if (common_.media && !common_.plan.plays()) {
        auto preparing = prepare_media();
        co_await std::move(preparing);
        if (!result_.never_worked.empty()) co_return;
    }
    const auto at_home = co_await resolve(common_.plan.request.target.host, common_.plan.request.target.port);
    common_.loopback =
        !at_home.empty() && std::ranges::all_of(at_home, [](const Endpoint& e) { return e.address.is_loopback(); });
    auto& gathering = common_.peer.ice.gathering;
    for (const auto& server : common_.plan.stun) {
        const auto found = co_await resolve(server.host, server.port);
        if (found.empty()) result_.never_worked = "the STUN server " + first_words(server.host) + " has no address";
        gathering.stun_servers.insert(gathering.stun_servers.end(), found.begin(), found.end());
    }
    for (const auto& server : common_.plan.turn) {
        const auto found = co_await resolve(server.host, server.port);
        if (found.empty()) {
            result_.never_worked = "the TURN server " + first_words(server.host) + " has no address";
            co_return;
        }
        proto::ice::TurnServer turn;
        turn.endpoint = found.front();
        // Calls go over IPv4 more often than not; `localhost` means ::1 first.
        if (const auto v4 = std::ranges::find_if(found, [](const Endpoint& e) { return e.address.is_v4(); }); v4 != found.end())
            turn.endpoint = *v4;
        turn.protocol = server.tcp ? proto::ice::Protocol::tcp : proto::ice::Protocol::udp;
        turn.username = server.user;
        turn.password = server.password;
        gathering.turn_servers.push_back(std::move(turn));
    }
    common_.peer.ice.role = proto::ice::Role::controlling;
    common_.peer.ice.relayed_only = common_.plan.relayed_only;
    common_.peer.trickle = common_.plan.trickle;
    common_.peer.set_up_limit = common_.plan.set_up_limit;
}

void Caller::begin(TimePoint now) {
    common_.began = now;
    cpu_before_ = net::thread_cpu();
}

asio::awaitable<CallSeen> Caller::make(CallNumber number, TimePoint planned) {
    OneCall call(common_, number, planned);
    CallSeen seen = co_await call.work();
    co_return seen;
}

void Caller::finish(TimePoint now) {
    auto& c = *result_.calls;
    const Duration cpu = net::thread_cpu() - cpu_before_;
    result_.elapsed = now - common_.began;
    result_.generator.transport = use_curl_ ? "curl" : "fast";  // of the offers
    result_.generator.threads = 1;
    result_.generator.cpu = cpu;
    result_.generator.connections = c.calls;
    result_.generator.busy = to_seconds(cpu) > busy_share * to_seconds(result_.elapsed);
    if (!result_.never_worked.empty()) return;
    if (c.set_up == 0 && c.failed > 0)
        result_.never_worked = result_.examples.empty() ? "no call was set up" : result_.examples.front();
    else if (c.answered == 0 && c.lost > 0 && !result_.interrupted)
        result_.never_worked = "the data channel opened, and none of " + std::to_string(c.lost) +
                               " pings was answered; the server is to send back what begins with `ping`, as it is or as `pong`";
}

}  // namespace volley::call
