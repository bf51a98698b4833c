// WebRTC calls to a server: offer, answer, a data channel and the round trips on it, measured.
//
//     call::OfferPlan plan;
//     plan.request = ...;                       // as for volley::client: where the offer goes
//     plan.pings.count = 10;
//     const call::OfferResult result = co_await call::offer(std::move(plan), {});
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include <volley/client/transport.hpp>
#include <volley/http/message.hpp>
#include <volley/metrics/call_tally.hpp>
#include <volley/metrics/generator.hpp>
#include <volley/metrics/sample.hpp>
#include <volley/metrics/summary.hpp>
#include <volley/time.hpp>

namespace volley::call {

/// How offer and answer travel. json: `{"sdp": ..., "type": "offer"}` is posted, the same with `answer` comes back, as in most examples;
/// whip: RFC 9725; whep: draft-ietf-wish-whep.
enum class Signal : std::uint8_t { json, whip, whep };
[[nodiscard]] std::string_view to_string(Signal signal) noexcept;
/// What a path speaks that ends in `/whip` or `/whep`; nothing for any other.
[[nodiscard]] std::optional<Signal> signal_of_path(std::string_view path) noexcept;

/// Pings of one call, at planned instants from the opening of its channel on. Without count and length they go on until cancelled.
struct PingPlan {
    Duration every = std::chrono::seconds(1);    ///< at least 1 ms; or zero: each as soon as the one before is answered or lost
    std::optional<std::uint64_t> count;          ///< 0: none, the call is set up and ended
    std::optional<Duration> length;              ///< none is planned from then on
    std::size_t size = 0;                        ///< bytes of a message, at least those of `ping N`
    Duration timeout = std::chrono::seconds(5);  ///< from sending; an answer that comes later is none
};

/// As RTCDataChannelInit of W3C has it. At most one of max_retransmits and max_lifetime.
struct ChannelPlan {
    std::string label = "chat";
    std::string protocol;
    bool ordered = true;
    std::optional<std::uint16_t> max_retransmits;
    std::optional<Duration> max_lifetime;  ///< 1 to 65,535 ms
};

/// Whether a source of video is a camera of Linux: `v4l2:PATH`, or a path that begins with `/dev/video`.
[[nodiscard]] bool is_camera(std::string_view source) noexcept;
/// Why a file named as a source of video or sound cannot be read, in words; empty where it can. A pipe is refused unopened: opening it would
/// wait for whoever writes into it, and what tells its first bytes would have taken them. Nor is a device a source, but for cameras.
[[nodiscard]] std::string why_unreadable(const std::string& path);
/// Names of the transforms that `volley serve` has: `none`, `edges`, `cartoon`, `rotate`, `reflect`. An application may have more.
[[nodiscard]] std::span<const std::string_view> usual_transforms() noexcept;

/// What is sent as video, each frame to be known again when it comes back.
struct VideoPlan {
    /// What the server is asked for, as the member `video_transform` of the JSON: `none`, `edges`, `cartoon`, `rotate`, `reflect`, or a name
    /// that only it knows. Empty: nothing is asked for.
    std::string transform;
    /// A file, played over and over: IVF, Y4M, or the first minute of what the plugin libvolley_avformat.so reads; or a camera, see is_camera(),
    /// whose first ten seconds are. Empty: a moving picture made here that carries its own number.
    std::string source;
    int width = 640;                ///< pixels, 64 to 4,096; of a picture made here, and wished for of a camera
    int height = 480;               //
    double frames_per_second = 30;  ///< 1 to 120; likewise
    std::uint64_t bits_per_second = 500'000;
    std::vector<std::string> codecs;  ///< `VP8`, `H264`: wanted in this order; none: VP8, then H264
    /// Of the calls one in so many has its returned video decoded; of the others frames are known by their RTP timestamps.
    std::size_t decode_every = 1;
    std::string frames_folder;  ///< where pictures of what was sent and what came back go; empty: nowhere
};

/// What is sent as audio.
struct AudioPlan {
    std::string source =
        "chirp";  ///< `tone` (440 Hz), `chirp` (one a second, whose way back is timed), or a file: WAV, or Opus in Ogg
    std::vector<std::string> codecs;  ///< `opus`, `G722`, `PCMU`, `PCMA`: wanted in this order; none: in that one
};

/// `host` is a name or an address.
struct StunServer {
    std::string host;
    std::uint16_t port = 3478;
};
struct TurnServer {
    std::string host;
    std::uint16_t port = 3478;
    std::string user;
    std::string password;
    bool tcp = false;  ///< the way to the server
};

/// Reads `HOST`, `HOST:PORT` or `[::1]:PORT`, also behind `stun:`. Nothing where it is no such text.
[[nodiscard]] std::optional<StunServer> parse_stun_server(std::string_view text);
/// Reads `USER:PASSWORD@HOST[:PORT]`, with `?transport=tcp` behind it for TCP, also behind `turn:`. Likewise.
[[nodiscard]] std::optional<TurnServer> parse_turn_server(std::string_view text);

/// Which of the calls.
struct CallNumber {
    std::size_t call = 0;  ///< each once, from 0
    std::size_t user = 0;  ///< who makes one call after the other
};

/// What each of many calls is to be.
struct CallPlan {
    /// Where the offer is posted, with every header; its body is a JSON object whose members go along (json), or nothing. What Content-Type
    /// and Content-Length say is replaced. The timeout is that of one HTTP exchange.
    client::DirectRequest request;
    /// Writes into the request what differs from one call to the next, before the offer is added. May be empty.
    std::function<void(http::Request& request, CallNumber number)> fill;
    Signal signal = Signal::json;
    ChannelPlan channel;
    PingPlan pings;
    std::optional<VideoPlan> video;
    std::optional<AudioPlan> audio;
    std::string record;  ///< a file of WebM, or Matroska (H.264, G.711, G.722), for what the first call gets back; empty: none
    std::vector<StunServer> stun;
    std::vector<TurnServer> turn;
    bool relayed_only = false;  ///< only candidates of TURN servers are used
    bool trickle = false;       ///< candidates follow the offer; whip and whep only
    /// From the planned start until the channel is open.
    Duration set_up_limit = std::chrono::seconds(30);
    std::string set_up_limit_name = "--set-up-limit";  ///< what the person who set it knows it by, for messages

    /// Video and audio are received alone: who plays sends none (draft-ietf-wish-whep). Of the plans of what is sent the codecs count, decode_every
    /// and frames_folder.
    [[nodiscard]] bool plays() const noexcept { return signal == Signal::whep; }
};

struct OfferPlan : CallPlan {
    std::size_t calls = 1;
    std::optional<Rate> rate;  ///< of their starts; nothing: all at once
};

/// What a call was like, for a person who looks closely. All of it may hold bytes of the peer; secrets are masked.
struct CallDetails {
    std::string offer;                     ///< SDP; ice-pwd is ***
    std::string answer;                    ///< likewise; empty where none came
    std::string resource;                  ///< URL of the session (whip, whep)
    std::vector<std::string> ice_servers;  ///< that the server advises (`Link: rel=ice-server`), at most 16
    std::string path;                      ///< the way that data takes: `host 127.0.0.1:5000, peer host 127.0.0.1:6000`
    std::string cipher;                    ///< of DTLS, by OpenSSL's name
    std::vector<std::string> notes;        ///< refused sections, what of signalling was left out, and why
    std::string failure;                   ///< why it was not set up, in words; empty where it was
};

/// One ping that was answered or lost.
struct PingSeen {
    std::uint64_t sequence = 0;  ///< from 1
    bool answered = false;
    bool out_of_order = false;
    metrics::Sample sample;
};

/// What goes on.
struct OfferProgress {
    std::size_t planned = 0;  ///< calls
    std::size_t begun = 0;
    std::size_t set_up = 0;
    std::size_t open = 0;  ///< now
    std::size_t failed = 0;
    std::uint64_t answered = 0;  ///< pings
    std::uint64_t lost = 0;
    Duration p50{};  ///< round trip, from the planned start
    Duration p99{};
    Duration elapsed{};
};

/// What is sent is being made: nothing else goes on yet.
struct OfferPreparing {
    std::size_t frames = 0;  ///< that are encoded
    std::size_t all = 0;     ///< 0: not known
    Duration elapsed{};
};

/// Told as it goes, on the loop's own thread: keep it short. Each may be empty.
struct OfferObserver {
    std::function<void(const OfferPreparing&)> preparing;  ///< some times a second, where it takes longer than one
    std::function<void(TimePoint began)> began;            ///< what the run's own clock starts from
    std::function<void(const CallDetails&)> details;       ///< of the first call, once it is set up or has failed
    std::function<void(std::size_t call, const PingSeen&)> ping;
    /// A call; `why` may hold bytes of the peer. Its sample is of the call from its planned start until it had failed.
    std::function<void(std::size_t call, const std::string& why, const metrics::Sample& sample)> failed;
    std::function<void(const OfferProgress&)> progress;  ///< some times a second
};

/// Of all calls together.
struct OfferResult {
    std::shared_ptr<metrics::CallTally> calls = std::make_shared<metrics::CallTally>();
    /// A ping is a request here: `response` is its round trip from the planned start, `service` that from sending. So is a call that failed,
    /// beside its pings: it is one that went wrong, by the kind of its failure; a lost ping is one by the kind `lost`. The `connection` of a
    /// ping's sample is the number of its call.
    std::shared_ptr<metrics::Tally> pings = std::make_shared<metrics::Tally>();
    /// Pings whose instant has come, and calls that failed: `pings->requests`, `missed` and `saturated` together. A ping that was under way when
    /// somebody ended the run is none.
    std::uint64_t planned = 0;
    std::uint64_t missed = 0;           ///< of them, those that we were too late for
    std::uint64_t saturated = 0;        ///< those that the channel did not take
    std::vector<std::string> examples;  ///< of what failed, at most 3; may hold bytes of the peer
    /// Why nothing worked, in words: no call was set up, or no ping at all came back. Empty otherwise. May hold bytes of the peer.
    std::string never_worked;
    /// never_worked is none of the server's: a file, a camera or a codec of this machine cannot give what was to be sent, and nothing was.
    bool wrong_source = false;
    /// Files of CallPlan::record and VideoPlan::frames_folder that could not be written, or not to their end, and why.
    std::vector<std::string> unwritten;
    metrics::GeneratorFigures generator;
    Duration elapsed{};
    bool interrupted = false;
};

/// Makes the calls, measures them and hangs up. Cancellation (terminal) ends it early with the result so far, every call hung up; a ping
/// that is under way then counts neither as answered nor as lost.
/// Throws std::runtime_error where the process has WebRTC calls running elsewhere (one loop a process), or OpenSSL fails.
/// Everything runs on the executor's thread, which must be one.
[[nodiscard]] boost::asio::awaitable<OfferResult> offer(OfferPlan plan, OfferObserver observer);

}  // namespace volley::call
