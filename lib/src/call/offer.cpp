// Calls that are made and measured: one coroutine each, all on one loop.
#include <volley/call/offer.hpp>

#include <algorithm>
#include <array>
#include <exception>
#include <utility>
#include <variant>

#include <sys/resource.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include "base/endpoint.hpp"
#include "call/client_call.hpp"
#include "call/loop.hpp"
#include "call/pings.hpp"
#include "call/signalling.hpp"
#include "client/resolve.hpp"
#include "net/deadline.hpp"
#include "net/task_group.hpp"
#include "proto/ice/candidate.hpp"

namespace volley::call {
namespace asio = boost::asio;

namespace {

using webrtc::PeerErrc;
using webrtc::Stage;

constexpr std::size_t examples_kept = 3;
constexpr auto tick_every = std::chrono::milliseconds(200);
constexpr auto lookup_limit = std::chrono::seconds(10);
/// For DELETE and the like, also after Ctrl-C.
constexpr auto parting_limit = std::chrono::seconds(2);
constexpr auto patch_limit = std::chrono::seconds(10);
/// A thread that runs for more than this share of the time may be what limits the rate.
constexpr double busy_share = 0.95;

Duration thread_cpu() {
    rusage usage{};
    ::getrusage(RUSAGE_THREAD, &usage);
    const auto time = [](const timeval& t) { return std::chrono::seconds(t.tv_sec) + std::chrono::microseconds(t.tv_usec); };
    return time(usage.ru_utime) + time(usage.ru_stime);
}

/// Why a call came to nothing.
struct Failure {
    std::string kind;
    std::string text;
};

std::string kind_of(const error_code& error) {
    if (error == make_error_code(PeerErrc::no_way)) return "ice";
    if (error == make_error_code(PeerErrc::consent_lost)) return "consent";
    if (error == make_error_code(PeerErrc::set_up_too_slow)) return "set_up_limit";
    if (error == make_error_code(PeerErrc::dtls_failed)) return "dtls";
    if (error == make_error_code(PeerErrc::sctp_failed)) return "sctp";
    if (error == make_error_code(PeerErrc::closed_by_peer)) return "closed";
    return std::string(to_string(condition_of(error)));
}

std::string words_of(const proto::ice::Candidate& candidate) {
    return std::string(proto::ice::to_string(candidate.type)) + ' ' + candidate.endpoint.to_string();
}

std::string one_line_of(const SourceError& error) {
    std::string out;
    if (error.pos.line > 0) out = "line " + std::to_string(error.pos.line) + ": ";
    out += error.text;
    if (!error.line_text.empty()) out += " (" + first_words(error.line_text) + ')';
    return out;
}

IpAddress to_address(const asio::ip::address& address) {
    if (address.is_v4()) return IpAddress::v4(address.to_v4().to_uint());
    const auto bytes = address.to_v6().to_bytes();
    return IpAddress::from_bytes(bytes).value_or(IpAddress());
}

/// What cancellation has cut short returns as if it had found nothing; nobody is to draw conclusions from that.
asio::awaitable<void> throw_if_ended() {
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
        throw boost::system::system_error(asio::error::operation_aborted);
}

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
    for (const auto& endpoint : found) out.push_back({to_address(endpoint.address()).unmapped(), port});
    co_return out;
}

class Run;

/// One call, from its planned start until it is hung up.
class OneCall {
public:
    OneCall(Run& run, std::size_t index, TimePoint planned) : run_(run), index_(index), planned_(planned) {}
    OneCall(const OneCall&) = delete;
    OneCall& operator=(const OneCall&) = delete;

    asio::awaitable<void> work();

private:
    asio::awaitable<void> set_up();
    asio::awaitable<void> send_candidates();
    asio::awaitable<void> ping();
    asio::awaitable<void> part();
    void handle(TimePoint at, webrtc::PeerEvent& event);
    void take_message(TimePoint at, const webrtc::ChannelMessage& message);
    void send_due(TimePoint now);
    void fail(std::string kind, std::string text);
    void fail_as_peer();
    void note_stages();
    void tell_details();
    void count_series();

    Run& run_;
    const std::size_t index_;
    const TimePoint planned_;
    std::unique_ptr<ClientCall> call_;
    webrtc::ChannelId channel_ = 0;
    bool channel_closed_ = false;
    std::string closed_why_;
    bool candidates_changed_ = false;
    bool candidates_done_ = false;
    std::optional<Failure> failure_;
    Signaller::Outcome signalled_;
    std::string offer_;
    TimePoint offered_{};
    TimePoint opened_{};
    std::optional<http::Url> resource_;
    std::string etag_;
    std::vector<std::string> notes_;
    std::optional<PingSeries> series_;
};

/// All calls of a plan.
class Run {
public:
    Run(OfferPlan plan, OfferObserver observer, asio::any_io_executor executor)
        : plan_(std::move(plan)), observer_(std::move(observer)), executor_(executor), loop_(executor),
          signaller_(executor, plan_.request, plan_.signal, needs_curl(plan_)), calls_(executor) {}
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    asio::awaitable<OfferResult> work() {
        auto preparing = prepare();
        const bool ready = co_await guarded(std::move(preparing));
        began_ = Clock::now();
        const auto cpu = thread_cpu();
        if (observer_.began) observer_.began(began_);
        if (ready && result_.never_worked.empty()) {
            net::TaskGroup ticker(executor_);
            ticker.spawn(tick());
            auto beginning = begin_calls();
            const bool all_begun = co_await guarded(std::move(beginning));
            if (!all_begun) calls_.cancel();
            co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
            co_await join_calls();
            ticker.cancel();
            co_await ticker.join();
        }
        if (broken_) std::rethrow_exception(broken_);
        finish(thread_cpu() - cpu);
        co_return std::move(result_);
    }

    const OfferPlan plan_;
    const OfferObserver observer_;
    asio::any_io_executor executor_;
    Loop loop_;
    Signaller signaller_;
    net::TaskGroup calls_;
    OfferResult result_;
    TimePoint began_{};
    std::size_t open_ = 0;
    webrtc::PeerConfig peer_;
    bool loopback_ = false;

    void tell_failure(std::size_t index, const Failure& failure) {
        ++result_.calls->failed;
        ++result_.calls->errors[failure.kind];
        ++result_.pings->requests;
        ++result_.pings->errors[failure.kind];
        auto& slice = result_.pings->series.at(Clock::now() - began_);
        ++slice.done;
        ++slice.wrong;
        add_example(failure.text);
        if (observer_.failed) observer_.failed(index, failure.text);
    }
    void add_example(const std::string& text) {
        if (result_.examples.size() < examples_kept && std::ranges::find(result_.examples, text) == result_.examples.end())
            result_.examples.push_back(text);
    }
    void tell_ping(std::size_t index, const PingSeries::Round& round) {
        auto& calls = *result_.calls;
        const bool answered = round.sample.right;
        ++(answered ? calls.answered : calls.lost);
        if (round.out_of_order) ++calls.out_of_order;
        result_.pings->add(round.sample, "lost");
        auto& slice = result_.pings->series.at(round.sample.done - began_);
        ++slice.done;
        if (answered)
            slice.response.record(round.sample.response_time());
        else
            ++slice.wrong;
        if (observer_.ping) observer_.ping(index, {round.sequence, answered, round.out_of_order, round.sample});
    }

private:
    std::exception_ptr broken_;

    static bool needs_curl(const OfferPlan& plan) {
        const auto& curl = plan.request.curl;
        return plan.calls == 1 || curl.http_version == 10 || curl.http_version == 20 || !curl.proxy.empty() ||
               curl.auth != client::CurlOptions::Auth::none;
    }

    /// @return whether it came to its end, and was not cancelled.
    asio::awaitable<bool> guarded(asio::awaitable<void> work) {
        bool whole = true;
        try {
            co_await std::move(work);
        } catch (const boost::system::system_error& e) {
            if (e.code() != asio::error::operation_aborted) throw;
            whole = false;
        }
        if (!whole) result_.interrupted = true;
        co_return whole;
    }

    asio::awaitable<void> prepare() {
        const auto at_home = co_await resolve(plan_.request.target.host, plan_.request.target.port);
        loopback_ = !at_home.empty() && std::ranges::all_of(at_home, [](const Endpoint& e) { return e.address.is_loopback(); });
        auto& gathering = peer_.ice.gathering;
        for (const auto& server : plan_.stun) {
            const auto found = co_await resolve(server.host, server.port);
            if (found.empty()) result_.never_worked = "the STUN server " + first_words(server.host) + " has no address";
            gathering.stun_servers.insert(gathering.stun_servers.end(), found.begin(), found.end());
        }
        for (const auto& server : plan_.turn) {
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
        peer_.ice.role = proto::ice::Role::controlling;
        peer_.ice.relayed_only = plan_.relayed_only;
        peer_.trickle = plan_.trickle;
        peer_.set_up_limit = plan_.set_up_limit;
    }

    asio::awaitable<void> begin_calls() {
        for (std::size_t i = 0; i < plan_.calls; ++i) {
            const auto offset = plan_.rate ? from_seconds(static_cast<double>(i) / plan_.rate->per_second) : Duration{};
            const TimePoint planned = began_ + offset;
            co_await net::sleep_until(planned);
            calls_.spawn(one(i, planned));
        }
    }
    asio::awaitable<void> one(std::size_t index, TimePoint planned) {
        OneCall call(*this, index, planned);
        co_await call.work();
    }

    /// Waits for the calls, which are hung up where somebody ends the run meanwhile.
    asio::awaitable<void> join_calls() {
        try {
            co_await calls_.join();
        } catch (const boost::system::system_error& e) {
            if (e.code() != asio::error::operation_aborted) broken_ = std::current_exception();
            result_.interrupted = true;
        } catch (...) {
            broken_ = std::current_exception();
        }
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    }

    asio::awaitable<void> tick() {
        for (;;) {
            co_await net::sleep_until(Clock::now() + tick_every);
            if (!observer_.progress) continue;
            const auto& c = *result_.calls;
            OfferProgress p;
            p.planned = plan_.calls;
            p.begun = c.calls;
            p.set_up = c.set_up;
            p.open = open_;
            p.failed = c.failed;
            p.answered = c.answered;
            p.lost = c.lost;
            p.p50 = result_.pings->response.quantile(0.5);
            p.p99 = result_.pings->response.quantile(0.99);
            p.elapsed = Clock::now() - began_;
            observer_.progress(p);
        }
    }

    void finish(Duration cpu) {
        auto& c = *result_.calls;
        result_.elapsed = Clock::now() - began_;
        result_.generator.transport = needs_curl(plan_) ? "curl" : "fast";  // of the offers
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
};

asio::awaitable<void> OneCall::work() {
    ++run_.result_.calls->calls;
    bool ended = false;
    try {
        co_await set_up();
        if (!failure_) co_await ping();
    } catch (const boost::system::system_error& e) {
        if (e.code() == asio::error::operation_aborted)
            ended = true;
        else
            fail("exhausted", "no call can be made: " + e.code().message());
    }
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    if (ended) run_.result_.interrupted = true;
    if (opened_ != TimePoint{}) --run_.open_;
    co_await part();
}

void OneCall::fail(std::string kind, std::string text) {
    if (failure_) return;
    failure_ = Failure{std::move(kind), std::move(text)};
    run_.tell_failure(index_, *failure_);
    if (opened_ == TimePoint{}) tell_details();
}

void OneCall::fail_as_peer() {
    const auto& peer = call_->peer();
    if (peer.ended())
        fail(kind_of(peer.end_error()), peer.end_reason());
    else
        fail("closed", "the data channel was closed" + (closed_why_.empty() ? std::string() : ": " + closed_why_));
}

asio::awaitable<void> OneCall::set_up() {
    const auto& plan = run_.plan_;
    const TimePoint limit = planned_ + plan.set_up_limit;
    ClientCallConfig config;
    config.peer = run_.peer_;
    config.loopback = run_.loopback_;
    call_ = std::make_unique<ClientCall>(run_.loop_, std::move(config));
    call_->set_handler([this](TimePoint at, webrtc::PeerEvent& event) { handle(at, event); });
    webrtc::ChannelOptions options;
    options.label = plan.channel.label;
    options.protocol = plan.channel.protocol;
    options.ordered = plan.channel.ordered;
    options.max_retransmits = plan.channel.max_retransmits;
    options.max_lifetime = plan.channel.max_lifetime;
    const auto channel = call_->open_channel(options);
    if (!channel) {
        fail("channel", "no such data channel can be made: " + channel.error().message());
        co_return;
    }
    channel_ = *channel;
    offer_ = co_await call_->make_offer();
    offered_ = Clock::now();
    signalled_ = co_await run_.signaller_.offer(offer_, limit);
    co_await throw_if_ended();
    if (const auto* error = std::get_if<SignalError>(&signalled_.answer)) {
        fail(error->kind, error->text);
        co_return;
    }
    const auto& answer = std::get<Answered>(signalled_.answer);
    resource_ = answer.resource;
    etag_ = answer.etag;
    notes_ = answer.notes;
    if (const auto wrong = call_->take_answer(answer.sdp)) {
        fail("answer", "the answer is refused: " + one_line_of(*wrong));
        co_return;
    }
    if (const auto& agreed = call_->peer().agreed(); agreed && !agreed->data) {
        fail("answer", "the answer takes no data channel");
        co_return;
    }
    if (plan.trickle) co_await send_candidates();
    std::function<bool()> open = [this] { return opened_ != TimePoint{} || channel_closed_; };
    const bool came = co_await call_->wait_until(std::move(open), limit);
    co_await throw_if_ended();
    note_stages();
    if (opened_ == TimePoint{}) {
        if (came || call_->peer().ended()) {
            fail_as_peer();
        } else {
            const auto& peer = call_->peer();
            const char* missing = !peer.reached(Stage::ice_connected)    ? "ICE found no way to the peer"
                                  : !peer.reached(Stage::dtls_connected) ? "DTLS did not finish"
                                  : !peer.reached(Stage::sctp_up)        ? "SCTP did not come up"
                                                                         : "the data channel did not open";
            const char* kind = !peer.reached(Stage::ice_connected)    ? "ice"
                               : !peer.reached(Stage::dtls_connected) ? "dtls"
                               : !peer.reached(Stage::sctp_up)        ? "sctp"
                                                                      : "channel";
            fail(kind, std::string(missing) + " within " + format_duration(plan.set_up_limit) + " (--set-up-limit)");
        }
        co_return;
    }
    ++run_.result_.calls->set_up;
    ++run_.open_;
    tell_details();
}

/// Those that gathering finds after the offer. What goes wrong is noted, and the call goes on without them.
asio::awaitable<void> OneCall::send_candidates() {
    if (!resource_) {
        notes_.emplace_back("candidates could not follow the offer: the session has no URL");
        co_return;
    }
    for (;;) {
        candidates_changed_ = false;
        if (const auto fragment = call_->peer().local_fragment()) {
            const TimePoint limit = std::min(Clock::now() + patch_limit, planned_ + run_.plan_.set_up_limit);
            std::string text = proto::sdp::print(*fragment);
            Signaller::Patched patched = co_await run_.signaller_.patch(*resource_, etag_, std::move(text), limit);
            co_await throw_if_ended();
            if (patched.error) {
                notes_.push_back("candidates could not follow the offer: " + patched.error->text);
                co_return;
            }
            if (!patched.fragment.empty()) {
                const auto taken = call_->peer().take_fragment(Clock::now(), patched.fragment);
                if (!taken) notes_.push_back("candidates of the server are refused: " + one_line_of(taken.error()));
                call_->flush();
            }
        }
        if (call_->peer().gathering_done() && !candidates_changed_) co_return;
        std::function<bool()> more = [this] { return candidates_changed_ || candidates_done_; };
        (void)co_await call_->wait_until(std::move(more), planned_ + run_.plan_.set_up_limit);
        co_await throw_if_ended();
        if (call_->peer().ended() || Clock::now() >= planned_ + run_.plan_.set_up_limit) co_return;
    }
}

void OneCall::handle(TimePoint at, webrtc::PeerEvent& event) {
    if (const auto* opened = std::get_if<webrtc::ChannelOpened>(&event)) {
        if (opened->channel == channel_ && opened_ == TimePoint{}) opened_ = at;
    } else if (const auto* closed = std::get_if<webrtc::ChannelClosed>(&event)) {
        if (closed->channel != channel_) return;
        channel_closed_ = true;
        closed_why_ = closed->reason;
    } else if (const auto* message = std::get_if<webrtc::ChannelMessage>(&event)) {
        if (message->channel == channel_) take_message(at, *message);
    } else if (std::holds_alternative<webrtc::LocalCandidate>(event)) {
        candidates_changed_ = true;
    } else if (std::holds_alternative<webrtc::LocalCandidatesDone>(event)) {
        candidates_changed_ = candidates_done_ = true;
    }
}

void OneCall::take_message(TimePoint at, const webrtc::ChannelMessage& message) {
    auto& calls = *run_.result_.calls;
    switch (series_ ? series_->handle_message(at, text_of(message.data)) : Answer::strange) {
        case Answer::pong:
            run_.tell_ping(index_, series_->last());
            break;
        case Answer::late:
            ++calls.late;
            break;
        case Answer::repeated:
            ++calls.repeated;
            break;
        case Answer::strange:
            ++calls.strange;
            break;
    }
}

void OneCall::send_due(TimePoint now) {
    auto& result = run_.result_;
    while (const auto ping = series_->poll(now)) {
        const auto at = Clock::now();
        // Before it leaves: on loopback the answer may come from within the call.
        result.generator.timer_overshoot.record(at - ping->planned);
        series_->sent(at);
        const auto error = call_->send(channel_, true, bytes_of(ping->text));
        if (!error) {
            ++result.calls->sent;
            ++result.pings->series.at(at - run_.began_).started;
        } else if (error == make_error_code(webrtc::ChannelErrc::would_block)) {
            series_->refused();
        } else {
            series_->refused();
            fail("channel", "a ping of " + std::to_string(ping->text.size()) + " bytes cannot be sent: " + error.message());
            return;
        }
    }
}

asio::awaitable<void> OneCall::ping() {
    series_.emplace(run_.plan_.pings, opened_);
    struct Counted {  // also where somebody ends the run
        OneCall& call;
        ~Counted() { call.count_series(); }
    };
    const Counted counted{*this};
    while (!failure_) {
        const auto now = Clock::now();
        send_due(now);
        while (const auto lost = series_->expire(now)) run_.tell_ping(index_, *lost);
        if (failure_ || series_->done()) co_return;
        if (channel_closed_ || call_->peer().ended()) break;
        std::function<bool()> over = [this] { return series_->done() || channel_closed_; };
        (void)co_await call_->wait_until(std::move(over), *series_->next_timeout());
        co_await throw_if_ended();
    }
    // The call has broken off.
    const auto now = Clock::now();
    series_->stop();
    while (const auto lost = series_->give_up(now)) run_.tell_ping(index_, *lost);
    fail_as_peer();
}

void OneCall::count_series() {
    auto& result = run_.result_;
    result.planned += series_->planned();
    result.missed += series_->missed();
    result.saturated += series_->saturated();
    result.calls->sent -= series_->under_way();  // ended by us: neither answered nor lost
}

/// How far the call came, and when. The first stage begins at the planned start, our own lateness in it.
void OneCall::note_stages() {
    auto& stages = run_.result_.calls->stages;
    const auto& peer = call_->peer();
    TimePoint before = planned_;
    const auto note = [&](metrics::CallStage stage, TimePoint at) {
        auto& one = stages[static_cast<std::size_t>(stage)];
        one.took.record(at - before);
        one.at.record(at - planned_);
        before = at;
    };
    note(metrics::CallStage::gathered, offered_);
    note(metrics::CallStage::http, signalled_.done);
    const std::array<std::pair<metrics::CallStage, std::optional<TimePoint>>, 4> rest{{
        {metrics::CallStage::ice, peer.reached(Stage::ice_connected)},
        {metrics::CallStage::dtls, peer.reached(Stage::dtls_connected)},
        {metrics::CallStage::sctp, peer.reached(Stage::sctp_up)},
        {metrics::CallStage::channel, opened_ == TimePoint{} ? std::nullopt : std::optional(opened_)},
    }};
    for (const auto& [stage, at] : rest) {
        if (!at) return;
        note(stage, std::max(*at, before));
    }
}

void OneCall::tell_details() {
    if (index_ != 0 || !run_.observer_.details) return;
    CallDetails out;
    out.offer = masked_sdp(offer_);
    if (const auto* answer = std::get_if<Answered>(&signalled_.answer)) {
        out.answer = masked_sdp(answer->sdp);
        out.ice_servers = answer->ice_servers;
    }
    if (resource_) out.resource = resource_->to_string();
    out.notes = notes_;
    if (call_) {
        const auto& peer = call_->peer();
        if (const auto& path = peer.path()) out.path = words_of(path->local) + ", peer " + words_of(path->remote);
        if (peer.dtls() != nullptr) out.cipher = peer.dtls()->cipher();
        for (const auto& refusal : peer.refused())
            out.notes.push_back("section " + refusal.mid + " is refused: " + refusal.reason);
    }
    if (failure_) out.failure = failure_->text;
    run_.observer_.details(out);
}

asio::awaitable<void> OneCall::part() {
    if (call_) {
        const auto& counts = call_->peer().counts();
        run_.result_.calls->bytes_out += counts.bytes_out;
        run_.result_.calls->bytes_in += counts.bytes_in;
        call_->hang_up();
    }
    if (!resource_) co_return;
    const TimePoint limit = Clock::now() + parting_limit;
    (void)co_await run_.signaller_.end(*resource_, limit);
}

}  // namespace

asio::awaitable<OfferResult> offer(OfferPlan plan, OfferObserver observer) {
    const auto executor = co_await asio::this_coro::executor;
    Run run(std::move(plan), std::move(observer), executor);
    OfferResult result = co_await run.work();
    co_return result;
}

}  // namespace volley::call
