// One of the calls that are measured, and what it shares with the others.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include <volley/call/offer.hpp>
#include <volley/http/url.hpp>
#include <volley/metrics/media_seen.hpp>

#include "call/client_call.hpp"
#include "call/loop.hpp"
#include "call/media_leg.hpp"
#include "call/media_sources.hpp"
#include "call/pings.hpp"
#include "call/signalling.hpp"
#include "net/task_group.hpp"

namespace volley::call {

/// Why a call came to nothing.
struct Failure {
    std::string kind;
    std::string text;
};

/// What one call was like, for who judges it.
struct CallSeen {
    TimePoint planned{};
    TimePoint started{};
    TimePoint ended{};  ///< before it was hung up
    std::array<std::optional<TimePoint>, metrics::call_stages> reached;
    std::uint64_t answered = 0;         ///< pings
    std::uint64_t lost = 0;             //
    std::vector<Duration> round_trips;  ///< of the answered ones, where they are kept
    metrics::MediaSeen media;           ///< nothing of what was not agreed on
    std::optional<Failure> failure;
    bool cut_short = false;  ///< ended by us, so that what it came to says nothing
};

/// That a call which went well got no frame of its video back, where it is to be blamed for that.
[[nodiscard]] std::optional<Failure> failure_of_video(const CallSeen& seen);
/// The same of its audio.
[[nodiscard]] std::optional<Failure> failure_of_audio(const CallSeen& seen);

/// What the calls of a plan share: where they go, and where what becomes of them is counted.
struct CallsInCommon {
    CallsInCommon(const CallPlan& the_plan, const OfferObserver& the_observer, Loop& the_loop, Signaller& the_signaller,
                  OfferResult& the_result)
        : plan(the_plan), observer(the_observer), loop(the_loop), signaller(the_signaller), result(the_result) {}

    const CallPlan& plan;
    const OfferObserver& observer;
    Loop& loop;
    Signaller& signaller;
    OfferResult& result;
    webrtc::PeerConfig peer;
    std::unique_ptr<MediaSources> media;  ///< nothing: no video and no sound is sent
    bool loopback = false;                ///< the server is on this machine
    TimePoint began{};
    std::size_t open = 0;           ///< calls that are set up now
    std::uint64_t under_way = 0;    ///< pings, of all calls
    bool keep_round_trips = false;  ///< in what is seen of each call
    bool look_at_pictures = false;  ///< of each call whose video is decoded; else of one

    /// @param seen  of the call, as far as it came.
    void tell_failure(std::size_t index, const Failure& failure, const CallSeen& seen);
    void tell_ping(std::size_t index, const PingSeries::Round& round);
};

/// What cancellation has cut short returns as if it had found nothing; nobody is to draw conclusions from that.
boost::asio::awaitable<void> throw_if_ended();

/// One call, from its planned start until it is hung up.
class OneCall {
public:
    OneCall(CallsInCommon& common, CallNumber number, TimePoint planned)
        : run_(common), number_(number), planned_(planned), trickling_(common.loop.executor()) {}
    OneCall(const OneCall&) = delete;
    OneCall& operator=(const OneCall&) = delete;

    /// To its end, also where it is cancelled; then it is hung up at once.
    boost::asio::awaitable<CallSeen> work();

private:
    boost::asio::awaitable<void> set_up();
    boost::asio::awaitable<void> send_candidates();
    boost::asio::awaitable<void> ping();
    boost::asio::awaitable<void> let_media_flow();
    boost::asio::awaitable<void> part();
    void handle(TimePoint at, webrtc::PeerEvent& event);
    void take_message(TimePoint at, const webrtc::ChannelMessage& message);
    void send_due(TimePoint now);
    [[nodiscard]] bool has_channel() const;
    void lose(const PingSeries::Round& round);
    void fail(std::string kind, std::string text);
    void fail_as_peer();
    void fail_at_limit();
    void note_stages();
    void tell_details();
    void count_series();

    CallsInCommon& run_;
    const CallNumber number_;
    const TimePoint planned_;
    std::unique_ptr<MediaLeg> media_;  // older than the call that it goes beside
    std::unique_ptr<ClientCall> call_;
    net::TaskGroup trickling_;
    webrtc::ChannelId channel_ = 0;
    bool channel_closed_ = false;
    std::string closed_why_;
    bool candidates_changed_ = false;
    bool candidates_done_ = false;
    std::optional<Failure> failure_;
    Signaller::Outcome signalled_;
    std::string offer_;
    TimePoint started_{};
    TimePoint offered_{};
    TimePoint opened_{};
    std::optional<http::Url> resource_;
    std::string etag_;
    std::vector<std::string> notes_;
    std::optional<PingSeries> series_;
    CallSeen seen_;
};

}  // namespace volley::call
