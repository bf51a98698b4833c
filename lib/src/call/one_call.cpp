#include "call/one_call.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include "net/deadline.hpp"
#include "proto/ice/candidate.hpp"

namespace volley::call {
namespace asio = boost::asio;

namespace {

using webrtc::PeerErrc;
using webrtc::Stage;

constexpr std::size_t examples_kept = 3;
/// For DELETE and the like, also after Ctrl-C.
constexpr auto parting_limit = std::chrono::seconds(2);
constexpr auto patch_limit = std::chrono::seconds(10);
/// How often it is looked whether all that was sent is back.
constexpr auto settle_every = std::chrono::milliseconds(10);
/// Pictures of calls that end together are looked at one after the other, and a disk may be slow.
constexpr auto looking_limit = std::chrono::seconds(10);

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

metrics::Outcome outcome_of(const Failure& failure) {
    using metrics::Outcome;
    for (const auto outcome : {Outcome::resolve, Outcome::refused, Outcome::reset, Outcome::timeout, Outcome::tls,
                               Outcome::truncated, Outcome::exhausted, Outcome::too_large})
        if (failure.kind == metrics::to_string(outcome)) return outcome;
    return Outcome::protocol;
}

/// A call that failed, as far as it came.
metrics::Sample sample_of(const Failure& failure, const CallSeen& seen) {
    metrics::Sample out;
    out.planned = seen.planned;
    out.started = seen.started;
    out.sent = seen.reached[static_cast<std::size_t>(metrics::CallStage::gathered)].value_or(TimePoint{});
    out.first_byte = seen.reached[static_cast<std::size_t>(metrics::CallStage::http)].value_or(TimePoint{});
    out.done = seen.ended != TimePoint{} ? seen.ended : Clock::now();
    out.outcome = outcome_of(failure);
    return out;
}

}  // namespace

asio::awaitable<void> throw_if_ended() {
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) throw boost::system::system_error(asio::error::operation_aborted);
}

std::optional<Failure> failure_of_video(const CallSeen& seen) {
    if (seen.failure || seen.cut_short || seen.media.none_back.empty()) return std::nullopt;
    return Failure{metrics::no_video, seen.media.none_back};
}

std::optional<Failure> failure_of_audio(const CallSeen& seen) {
    if (seen.failure || seen.cut_short || seen.media.none_heard.empty()) return std::nullopt;
    return Failure{metrics::no_audio, seen.media.none_heard};
}

void CallsInCommon::tell_failure(std::size_t index, const Failure& failure, const CallSeen& seen) {
    ++result.calls->failed;
    ++result.calls->errors[failure.kind];
    ++result.planned;
    ++result.pings->requests;
    ++result.pings->errors[failure.kind];
    auto& slice = result.pings->series.at(Clock::now() - began);
    ++slice.done;
    ++slice.wrong;
    auto& examples = result.examples;
    if (examples.size() < examples_kept && std::ranges::find(examples, failure.text) == examples.end())
        examples.push_back(failure.text);
    if (!observer.failed) return;
    auto sample = sample_of(failure, seen);
    sample.connection = static_cast<std::uint32_t>(index);
    observer.failed(index, failure.text, sample);
}

void CallsInCommon::tell_ping(std::size_t index, const PingSeries::Round& round) {
    auto& calls = *result.calls;
    const bool answered = round.sample.right;
    ++(answered ? calls.answered : calls.lost);
    if (round.out_of_order) ++calls.out_of_order;
    --under_way;
    metrics::Sample sample = round.sample;
    sample.connection = static_cast<std::uint32_t>(index);
    result.pings->add(sample, "lost");
    auto& slice = result.pings->series.at(sample.done - began);
    ++slice.done;
    if (answered)
        slice.response.record(sample.response_time());
    else
        ++slice.wrong;
    if (observer.ping) observer.ping(index, {round.sequence, answered, round.out_of_order, sample});
}

asio::awaitable<CallSeen> OneCall::work() {
    seen_.planned = planned_;
    seen_.started = Clock::now();
    ++run_.result.calls->planned;
    ++run_.result.calls->calls;
    run_.result.calls->start_lag.record(seen_.started - planned_);
    bool ended = false;
    try {
        co_await set_up();
        if (!failure_ && has_channel()) co_await ping();
        if (!failure_ && media_) co_await let_media_flow();
    } catch (const boost::system::system_error& e) {
        if (e.code() == asio::error::operation_aborted)
            ended = true;
        else
            fail("exhausted", "no call can be made: " + e.code().message());
    }
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    if (ended) run_.result.interrupted = true;
    seen_.cut_short = ended;
    if (opened_ != TimePoint{}) --run_.open;
    seen_.ended = Clock::now();
    co_await part();
    co_return std::move(seen_);
}

void OneCall::fail(std::string kind, std::string text) {
    if (failure_) return;
    failure_ = Failure{std::move(kind), std::move(text)};
    seen_.failure = failure_;
    run_.tell_failure(number_.call, *failure_, seen_);
    if (opened_ == TimePoint{}) tell_details();
}

void OneCall::fail_as_peer() {
    const auto& peer = call_->peer();
    if (peer.ended())
        fail(kind_of(peer.end_error()), peer.end_reason());
    else
        fail("closed", "the data channel was closed" + (closed_why_.empty() ? std::string() : ": " + closed_why_));
}

void OneCall::fail_at_limit() {
    const auto& peer = call_->peer();
    const char* kind = !peer.reached(Stage::ice_connected)    ? "ice"
                       : !peer.reached(Stage::dtls_connected) ? "dtls"
                       : !peer.reached(Stage::sctp_up)        ? "sctp"
                                                              : "channel";
    const std::string missing = peer.missing().empty() ? "the data channel is not open yet" : peer.missing();
    fail(kind,
         "not set up within " + format_duration(run_.plan.set_up_limit) + " (" + run_.plan.set_up_limit_name + "): " + missing);
}

asio::awaitable<void> OneCall::set_up() {
    const auto& plan = run_.plan;
    const TimePoint limit = planned_ + plan.set_up_limit;
    ClientCallConfig config;
    config.peer = run_.peer;
    config.loopback = run_.loopback;
    if (run_.media) {
        MediaLeg::Options media;
        media.planned = planned_;
        const bool first = number_.call == 0;
        if (plan.video) media.decodes = number_.call % plan.video->decode_every == 0;
        if (plan.video && first) media.frames_folder = plan.video->frames_folder;
        if (first) media.record = plan.record;
        media.looks = run_.look_at_pictures;
        media.keep_round_trips = run_.keep_round_trips;
        media.may_send_only = plan.signal == Signal::whip;
        media_ = std::make_unique<MediaLeg>(*run_.media, run_.loop.executor(), run_.loop.random(), *run_.result.calls->media,
                                            std::move(media));
        config.peer.media = media_->local_media();
    }
    call_ = std::make_unique<ClientCall>(run_.loop, std::move(config));
    call_->set_handler([this](TimePoint at, webrtc::PeerEvent& event) { handle(at, event); });
    call_->set_companion(media_.get());
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
    if (call_->peer().ended()) {
        fail_as_peer();
        co_return;
    }
    signalled_ = co_await run_.signaller.offer(number_, offer_, limit);
    resource_ = signalled_.session;  // to be ended, whatever is amiss with the answer
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
        const bool flows = media_ && (video_section(*agreed) || audio_section(*agreed));
        if (!flows) {
            fail("answer", media_ ? "the answer takes neither media nor a data channel" : "the answer takes no data channel");
            co_return;
        }
        notes_.emplace_back("the answer takes no data channel: there are no pings");
    }
    if (media_ && call_->peer().agreed()) media_->note_refused(*call_->peer().agreed());
    if (plan.trickle) trickling_.spawn(send_candidates());
    std::function<bool()> open = [this] { return opened_ != TimePoint{} || channel_closed_; };
    const bool came = co_await call_->wait_until(std::move(open), limit);
    co_await throw_if_ended();
    note_stages();
    if (opened_ == TimePoint{}) {
        if (came || call_->peer().ended())
            fail_as_peer();
        else
            fail_at_limit();
        co_return;
    }
    ++run_.result.calls->set_up;
    run_.result.calls->from_start.record(opened_ - seen_.started);
    ++run_.open;
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
            const TimePoint limit = std::min(Clock::now() + patch_limit, planned_ + run_.plan.set_up_limit);
            std::string text = proto::sdp::print(*fragment);
            Signaller::Patched patched = co_await run_.signaller.patch(number_, *resource_, etag_, std::move(text), limit);
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
        (void)co_await call_->wait_until(std::move(more), planned_ + run_.plan.set_up_limit);
        co_await throw_if_ended();
        if (call_->peer().ended() || Clock::now() >= planned_ + run_.plan.set_up_limit) co_return;
    }
}

bool OneCall::has_channel() const { return call_->peer().agreed() && call_->peer().agreed()->data; }

void OneCall::handle(TimePoint at, webrtc::PeerEvent& event) {
    if (auto* packet = std::get_if<webrtc::MediaPacket>(&event)) {
        if (media_) media_->take(at, packet->rtcp, packet->bytes);
    } else if (const auto* changed = std::get_if<webrtc::PeerStateChanged>(&event)) {
        if (!media_ || changed->state != webrtc::PeerState::connected) return;
        media_->begin(at, *call_);
        if (!has_channel() && opened_ == TimePoint{}) opened_ = at;
    } else if (const auto* opened = std::get_if<webrtc::ChannelOpened>(&event)) {
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
    auto& calls = *run_.result.calls;
    switch (series_ ? series_->handle_message(at, text_of(message.data)) : Answer::strange) {
        case Answer::pong:
            ++seen_.answered;
            if (run_.keep_round_trips) seen_.round_trips.push_back(series_->last().sample.response_time());
            run_.tell_ping(number_.call, series_->last());
            // Back to back the next one goes from here: ping() wakes up when everything else that is ready has run.
            if (run_.plan.pings.every == Duration::zero()) send_due(Clock::now());
            break;
        case Answer::late:
            ++calls.late;
            break;
        case Answer::repeated:
            ++calls.repeated;
            break;
        case Answer::withdrawn:
            break;
        case Answer::strange:
            ++calls.strange;
            break;
    }
}

void OneCall::lose(const PingSeries::Round& round) {
    ++seen_.lost;
    run_.tell_ping(number_.call, round);
}

void OneCall::send_due(TimePoint now) {
    auto& result = run_.result;
    while (const auto ping = series_->poll(now)) {
        const auto at = Clock::now();
        // Before it leaves: on loopback the answer may come from within the call.
        result.generator.timer_overshoot.record(at - ping->planned);
        series_->sent(at);
        const auto under_way = static_cast<std::uint32_t>(++run_.under_way);
        const auto error = call_->send(channel_, true, bytes_of(ping->text));
        if (!error) {
            ++result.calls->sent;
            auto& slice = result.pings->series.at(at - run_.began);
            ++slice.started;
            slice.in_flight_max = std::max(slice.in_flight_max, under_way);
            continue;
        }
        --run_.under_way;
        series_->refused();
        if (error != make_error_code(webrtc::ChannelErrc::would_block)) {
            fail("channel", "a ping of " + std::to_string(ping->text.size()) + " bytes cannot be sent: " + error.message());
            return;
        }
    }
}

asio::awaitable<void> OneCall::ping() {
    series_.emplace(run_.plan.pings, opened_);
    struct Counted {  // also where somebody ends the run
        OneCall& call;
        ~Counted() { call.count_series(); }
    };
    const Counted counted{*this};
    while (!failure_) {
        const auto now = Clock::now();
        // Lost ones first: after a standstill nothing is kept of those that were missed while none was under way.
        while (const auto lost = series_->expire(now)) lose(*lost);
        send_due(now);
        if (failure_ || series_->done()) co_return;
        if (channel_closed_ || call_->peer().ended()) break;
        const TimePoint until = *series_->next_timeout();
        // Back to back pings go out while this waits: what the channel refuses is tried again sooner.
        std::function<bool()> over = [this, until] {
            return failure_ || channel_closed_ || series_->done() || *series_->next_timeout() < until;
        };
        (void)co_await call_->wait_until(std::move(over), until);
        co_await throw_if_ended();
    }
    // The call has broken off.
    const auto now = Clock::now();
    series_->stop();
    while (const auto lost = series_->give_up(now)) lose(*lost);
    fail_as_peer();
}

void OneCall::count_series() {
    auto& result = run_.result;
    result.planned += series_->planned();
    result.missed += series_->missed();
    result.saturated += series_->saturated();
    // Ended by us: neither answered nor lost, also when an answer comes while the call is being ended.
    auto& calls = *result.calls;
    if (const auto oldest = series_->oldest_under_way())
        calls.under_way_longest = std::max(calls.under_way_longest, Clock::now() - *oldest);
    const auto withdrawn = series_->withdraw();
    result.planned -= withdrawn;
    calls.sent -= withdrawn;
    calls.under_way += withdrawn;
    run_.under_way -= withdrawn;
    series_->stop();
}

/// How far the call came, and when. The first stage begins at the planned start, our own lateness in it.
void OneCall::note_stages() {
    auto& stages = run_.result.calls->stages;
    const auto& peer = call_->peer();
    TimePoint before = planned_;
    const auto note = [&](metrics::CallStage stage, TimePoint at) {
        auto& one = stages[static_cast<std::size_t>(stage)];
        one.took.record(at - before);
        one.at.record(at - planned_);
        seen_.reached[static_cast<std::size_t>(stage)] = at;
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
    if (number_.call != 0 || !run_.observer.details) return;
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
    run_.observer.details(out);
}

/// Until its time is over, where it has one, and what is under way is back.
asio::awaitable<void> OneCall::let_media_flow() {
    std::function<bool()> broken = [this] { return call_->peer().ended(); };
    const TimePoint until = opened_ + run_.plan.pings.length.value_or(Duration{});
    if (Clock::now() < until) (void)co_await call_->wait_until(broken, until);
    co_await throw_if_ended();
    if (call_->peer().ended()) {
        fail_as_peer();
        co_return;
    }
    media_->stop(Clock::now());
    while (!media_->settled(Clock::now())) {
        const TimePoint again = Clock::now() + settle_every;
        (void)co_await call_->wait_until(broken, again);
        co_await throw_if_ended();
        if (call_->peer().ended()) co_return;
    }
}

asio::awaitable<void> OneCall::part() {
    trickling_.cancel();
    co_await trickling_.join();
    if (media_) {
        media_->finish(Clock::now());
        const TimePoint limit = Clock::now() + parting_limit;
        const TimePoint look_limit = seen_.cut_short ? limit : Clock::now() + looking_limit;
        while (!media_->saved() && Clock::now() < look_limit) co_await net::sleep_until(Clock::now() + settle_every);
        while (!media_->looked() && Clock::now() < look_limit) co_await net::sleep_until(Clock::now() + settle_every);
        seen_.media = media_->take_seen();
        auto& unwritten = run_.result.unwritten;
        unwritten.insert(unwritten.end(), media_->unwritten().begin(), media_->unwritten().end());
    }
    if (call_) {
        const auto& counts = call_->peer().counts();
        run_.result.calls->bytes_out += counts.bytes_out;
        run_.result.calls->bytes_in += counts.bytes_in;
    }
    // RFC 9725 section 4.2: DELETE ends the session; to hang up first would end it before that comes.
    if (resource_) {
        const TimePoint limit = Clock::now() + parting_limit;
        (void)co_await run_.signaller.end(number_, *resource_, limit);
    }
    if (call_) call_->hang_up();
}

}  // namespace volley::call
