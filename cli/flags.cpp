#include "flags.hpp"

#include <algorithm>
#include <array>

namespace volley::cli {
namespace {

constexpr Verbs request_only = verbs(Verb::request);
constexpr Verbs with_results = verbs(Verb::run, Verb::load, Verb::offer);
constexpr Verbs run_and_load = verbs(Verb::run, Verb::load);
/// An offer has a body of its own, which fields are added to as JSON alone.
constexpr Verbs with_bodies = verbs(Verb::request, Verb::verify, Verb::load);
constexpr Verbs offer_only = verbs(Verb::offer);
constexpr Verbs load_only = verbs(Verb::load);
constexpr Verbs verify_only = verbs(Verb::verify);
constexpr Verbs serve_only = verbs(Verb::serve);
constexpr Verbs everywhere = verbs(Verb::request, Verb::serve, Verb::run, Verb::verify, Verb::load, Verb::offer, Verb::work);

constexpr std::array table{
    Flag{
        FlagId::json, "json", 'j', "", Group::request, with_bodies, "send fields as a JSON object (the default)",
        "Fields are sent as a JSON object. This is the default; without fields it still sets the Content-Type and Accept of JSON."},
    Flag{FlagId::form, "form", 'f', "", Group::request, with_bodies, "send fields as a form",
         "Fields are sent as application/x-www-form-urlencoded, or as multipart/form-data when a file is among them."},
    Flag{FlagId::multipart, "multipart", 0, "", Group::request, with_bodies,
         "send fields as multipart/form-data, with or without files", ""},
    Flag{FlagId::boundary, "boundary", 0, "TEXT", Group::request, with_bodies,
         "boundary between the parts of multipart/form-data", ""},
    Flag{FlagId::raw, "raw", 0, "TEXT", Group::request, with_bodies, "send TEXT as the body, as it is", ""},
    Flag{
        FlagId::auth, "auth", 'a', "USER:PASSWORD", Group::request, sending,
        "credentials: USER:PASSWORD, or a token with -A bearer",
        "Credentials: a user and a password with a colon between them, or the token with --auth-type=bearer. A backslash makes a colon part "
        "of the user's name. Wins over credentials in the URL."},
    Flag{FlagId::auth_type, "auth-type", 'A', "TYPE", Group::request, sending, "basic (the default), bearer or digest", "",
         "basic|bearer|digest"},
    Flag{FlagId::follow, "follow", 'F', "", Group::request, request_only, "follow redirects",
         "Redirects are followed. 307 and 308 repeat method and body, the others become a GET without a body (a HEAD stays one). "
         "Authorization and Cookie do not go along to another origin."},
    Flag{FlagId::max_redirects, "max-redirects", 0, "N", Group::request, request_only, "how many redirects to follow (30)",
         "How many redirects --follow follows, 30 by default; one more ends with exit status 6."},
    Flag{
        FlagId::timeout, "timeout", 0, "SECONDS", Group::request, sending,
        "longest wait for the next byte; 0 waits for ever (the default)",
        "The longest wait for a connection and then for the next byte of the answer, in seconds with decimals. It does not limit the whole: "
        "--max-time does. 0, the default, waits for ever once connected (10 seconds to connect)."},
    Flag{FlagId::max_time, "max-time", 0, "SECONDS", Group::request, sending,
         "longest time for the whole exchange, redirects included", ""},
    Flag{FlagId::check_status, "check-status", 0, "", Group::request, request_only, "exit 3, 4 or 5 for a 3xx, 4xx or 5xx answer",
         ""},
    Flag{
        FlagId::verify, "verify", 0, "yes|no|FILE", Group::request, sending,
        "check the server's certificate; FILE names trusted ones (PEM)",
        "Whether the server's certificate is checked (yes, the default), or not (no), or against the certificates of a PEM file instead of "
        "the system's."},
    Flag{FlagId::cert, "cert", 0, "FILE", Group::request, sending, "our certificate (PEM), which may hold its key too", ""},
    Flag{FlagId::cert_key, "cert-key", 0, "FILE", Group::request, sending, "the key of --cert (PEM)", ""},
    Flag{FlagId::http_version, "http-version", 0, "1.0|1.1|2", Group::request, verbs(Verb::request, Verb::load, Verb::offer),
         "version of HTTP to speak",
         "The version of HTTP to speak. By default 1.1 over http, and over https whatever the server prefers of 2 and 1.1."},
    Flag{
        FlagId::proxy, "proxy", 0, "SCHEME:URL", Group::request, verbs(Verb::request, Verb::load, Verb::offer),
        "send requests of SCHEME (http, https, all) through URL",
        "Requests of that scheme (http, https, all) go through the proxy at URL: --proxy=http:http://10.0.0.1:3128. May be given for each "
        "scheme. Without it the environment's http_proxy, HTTPS_PROXY, ALL_PROXY and NO_PROXY hold."},
    Flag{FlagId::default_scheme, "default-scheme", 0, "SCHEME", Group::request, sending, "scheme of a URL without one (http)", "",
         "http|https"},
    Flag{FlagId::path_as_is, "path-as-is", 0, "", Group::request, sending, "keep . and .. in the URL's path", ""},
    Flag{FlagId::offline, "offline", 0, "", Group::request, request_only, "build the request and print it, send nothing",
         "The request is built and printed, nothing is sent and no name is looked up."},
    Flag{FlagId::ignore_stdin, "ignore-stdin", 'I', "", Group::request, sending,
         "accepted for scripts; standard input is not read anyway", ""},

    Flag{
        FlagId::verbose, "verbose", 'v', "", Group::printing, request_only, "print the request too; twice: the timings as well",
        "The request is printed too, as it is sent, credentials included, and with --follow each hop. Twice (-vv): the timings as well."},
    Flag{FlagId::headers, "headers", 'h', "", Group::printing, request_only, "print the answer's head only", ""},
    Flag{FlagId::body, "body", 'b', "", Group::printing, request_only, "print the answer's body only", ""},
    Flag{FlagId::meta, "meta", 'm', "", Group::printing, request_only, "print the timings only", ""},
    Flag{
        FlagId::print, "print", 'p', "LETTERS", Group::printing, request_only,
        "what to print: H, B request; h, b answer; m timings",
        "What is printed: H and B are the request's head and body, h and b the answer's, m the timings. By default hb on a terminal, b "
        "elsewhere, HB with --offline. Of -h, -b, -m, -p and -v the last one counts."},
    Flag{
        FlagId::pretty, "pretty", 0, "all|colors|format|none", Group::printing, request_only, "colour and indent the output",
        "How the output is processed: all, colors, format or none. By default all on a terminal and none elsewhere. Without it NO_COLOR in "
        "the environment and a TERM of dumb switch colours off."},
    Flag{FlagId::all, "all", 0, "", Group::printing, request_only, "print every hop of --follow", ""},
    Flag{
        FlagId::stream, "stream", 'S', "", Group::printing, request_only,
        "print the body as it comes, without waiting for its end",
        "The body is printed as it comes, which leaves JSON as it is. Server-sent events and everything that goes into a pipe are always "
        "printed so."},
    Flag{FlagId::output, "output", 'o', "FILE", Group::printing, request_only, "write the output to FILE, as into a pipe",
         "The output goes to FILE, as into a pipe: the body alone, as it came, if nothing else is asked for."},
    Flag{
        FlagId::result, "output", 'o', "FILE", Group::result, with_results, "write the result to FILE as JSON",
        "The result is written to FILE as JSON, schema volley/result/1, also when the run is interrupted; with - to the standard "
        "output, and the tables to the standard error. For one scenario only: several name their own files under outputs."},
    Flag{FlagId::junit, "junit", 0, "FILE", Group::result, with_results, "write checks and thresholds to FILE as JUnit's XML",
         "The checks and thresholds are written to FILE as JUnit's XML, a suite for each server, as most CI servers read it."},
    Flag{
        FlagId::hdr, "hdr", 0, "FILE", Group::result, with_results,
        "write the times to FILE as an HdrHistogram log, or a table (.hgrm)",
        "The response and service times of each phase are written to FILE as a log of HdrHistogram's, in microseconds, with the tags "
        "server/phase/response and server/phase/service; as tables of percentiles where the name ends in .hgrm."},
    Flag{
        FlagId::samples, "samples", 0, "FILE", Group::result, with_results,
        "write a line for each request to FILE as CSV (.gz: packed)",
        "A line for each request is written to FILE as CSV while the run goes on, through gzip where the name ends in .gz. Its columns "
        "are listed in volley-scenario(5)."},
    Flag{
        FlagId::users, "users", 'c', "N", Group::load, load_only, "so many users at a time, each with a connection (50)",
        "The number of users, each with a connection of its own, who send again as soon as they are answered: 50 by default. With --rate "
        "the most requests in flight (1000); starts beyond it are refused, and counted as saturated."},
    Flag{
        FlagId::duration, "for", 'd', "TIME", Group::load, load_only, "how long: 10s (the default), 500ms, 2m",
        "How long load is made, in seconds or with a unit: 10s by default where -n does not say when to end. Requests that are under "
        "way then are waited for."},
    Flag{FlagId::requests, "requests", 'n', "N", Group::load, load_only, "so many requests in all",
         "The number of requests in all. With --for, whichever comes first ends the load."},
    Flag{
        FlagId::rate, "rate", 0, "RATE", Group::load, load_only, "open arrivals: 500/s, 6000/m, or a ramp 100/s..600/s",
        "Starts come at this rate whatever the answers do, as the requests of many strangers would; times count from the planned start. "
        "500/s or 6000/m, or a ramp over the time of --for: 100/s..600/s."},
    Flag{
        FlagId::arrivals, "arrivals", 0, "HOW", Group::load, load_only,
        "how starts follow each other at a --rate: uniform or poisson",
        "How starts follow each other at a --rate: uniform (the default), or poisson, independently of each other. The same --seed gives "
        "the same arrivals.",
        "uniform|poisson"},
    Flag{
        FlagId::burst, "burst", 0, "N", Group::load, load_only, "N requests at once, on connections that are open before",
        "N requests at the same instant, on connections that were opened before. Three requests alone come first, for comparison."},
    Flag{FlagId::warmup, "warmup", 0, "TIME", Group::load, load_only, "make load for so long before anything is counted", ""},
    Flag{
        FlagId::threads, "threads", 't', "N", Group::load, load_only, "threads of the generator (1)",
        "The number of threads that make the load, 1 by default: one drives some hundred thousand requests a second, and two on a machine "
        "of two cores leave none to a server on the same."},
    Flag{FlagId::http2, "http2", 0, "", Group::load, verbs(Verb::load, Verb::verify),
         "HTTP/2, as streams of few connections (by libcurl)", ""},
    Flag{
        FlagId::transport, "transport", 0, "CLIENT", Group::load, load_only, "auto (the default), fast or curl",
        "Which client carries the requests: fast (HTTP/1.1 of our own, the lightest), curl (libcurl: HTTP/2, proxies, digest) or auto, "
        "which takes curl where something is asked for that only it can do. The result says which it was.",
        "auto|fast|curl"},
    Flag{
        FlagId::expect, "expect", 0, "TEXT", Group::load, load_only, "fail unless it holds: 'p99 < 50ms'; may be repeated",
        "An expectation, which makes the exit status 1 where it does not hold and 4 where that cannot be told: 'p99 < 50ms' (of latency), "
        "'service p50 < 10ms', 'errors < 1%', 'missed == 0', for bursts also 'ratio <= 1.25'. The grammar is that of thresholds in "
        "volley-scenario(5), without the phase. As soon as anything is expected every answer must be right, unless an expectation on "
        "errors says otherwise. May be repeated."},
    Flag{FlagId::time_limit, "time", 0, "TIME", Group::verify, verify_only, "a hard limit for the whole (60s)",
         "How long the verification may take in all, 60s by default. What could not be looked at within it is said."},
    Flag{
        FlagId::service_time, "service-time", 0, "TIME", Group::verify, verify_only,
        "how long a request alone takes, where that is known",
        "How long a request alone takes. Without it requests alone find out; with it those that take longer count as disturbed."},
    Flag{
        FlagId::most, "max", 0, "N", Group::verify, verify_only, "most requests at once (512)",
        "The most requests at once, 512 by default and 10,000 at most. Where no limit was met up to there the verdict says `at least`."},
    Flag{
        FlagId::canary, "canary", 0, "PATH", Group::verify, verify_only,
        "a cheap path to ask for beside the bursts (one that gives 404)",
        "A path that the server answers without effort. It is asked for again and again while bursts run, at most two at a time: how long it "
        "waits tells whether the event loop is held up. By default a path that is surely not there."},
    Flag{
        FlagId::parser_canary, "parser-canary", 0, "", Group::verify, verify_only,
        "send malformed request lines to another host's server, too",
        "Malformed request lines, which a server's parser answers without asking the application, tell a blocked loop from a busy pool. They "
        "are sent to servers on this host, for https inside TLS; with this flag to others as well."},
    Flag{FlagId::distinct, "distinct", 0, "", Group::verify, verify_only, "give each request a query of its own",
         "Each request gets a parameter `volley` with a value of its own, so that nothing on the way takes two of them for one."},
    Flag{
        FlagId::pid, "pid", 0, "PID", Group::verify, verify_only, "the server's first process (found by its listening socket)",
        "The server's first process: it and its descendants are watched. By default those that hold the listening socket, where that is on "
        "this host."},
    Flag{FlagId::streaming, "streaming", 0, "", Group::verify, verify_only, "ask too whether the body arrives as it is made", ""},
    Flag{
        FlagId::cancellation, "cancellation", 0, "", Group::verify, verify_only,
        "ask too whether work stops when the client leaves",
        "Asks too whether work stops when the client goes away: by --gauge, or by the delay that abandoned requests leave behind, which only "
        "a server with a limit shows."},
    Flag{
        FlagId::gauge, "gauge", 0, "PATH", Group::verify, verify_only,
        "path that tells how many requests are in progress, for --cancellation",
        "A path of the same server that tells how many requests are in progress, for --cancellation: a number, or JSON, of which the first "
        "number counts, or the one that a JSON pointer behind # names: /stats#/http/active."},
    Flag{FlagId::isolation, "isolation", 0, "PATH", Group::verify, verify_only, "ask too whether load here delays that path", ""},
    Flag{FlagId::replay, "replay", 0, "FILE", Group::verify, verify_only,
         "judge again what -o has written to FILE; ask no server", ""},
    Flag{
        FlagId::self_test, "self-test", 0, "", Group::verify, verify_only, "verify our own servers, whose truth is known",
        "Starts each kind of our own server and each fault that a verdict can tell, verifies them one after the other, and prints what was "
        "taken for what; some are asked for streaming, cancellation and isolation too. Words after it name some of them: pool:4, block. Takes "
        "some minutes. Exit status 1 where a verdict or an answer is wrong."},
    Flag{
        FlagId::result, "output", 'o', "FILE", Group::result, verify_only, "write the verdict to FILE as JSON, with every sample",
        "The verdict is written to FILE as JSON, schema volley/verdict/1, with every sample that it was made from: --replay judges it "
        "again. With - to the standard output, and the report to the standard error."},
    Flag{
        FlagId::expect, "expect", 0, "TEXT", Group::result, verify_only,
        "fail unless it holds: async, 'pool>=8'; may be repeated",
        "An expectation, which makes the exit status 1 where it does not hold and 4 where that cannot be told: async, 'pool>=8', "
        "'serial_fraction<2%', 'loop_stall<50ms', 'not refusing'. May be repeated."},
    Flag{
        FlagId::signal, "signal", 0, "HOW", Group::call, offer_only,
        "how offer and answer travel: json (the default), whip or whep",
        "How offer and answer travel. json posts {\"sdp\": ..., \"type\": \"offer\"} with the fields beside them and takes the same with "
        "answer back; whip is RFC 9725, whep its counterpart for playing, both of which end the session by DELETE. By default whip or whep "
        "where the path of the URL ends so, else json.",
        "json|whip|whep"},
    Flag{
        FlagId::count, "count", 'n', "N", Group::call, offer_only, "so many pings; 0 only sets the call up",
        "The number of pings of each call. 0 sends none: the call is set up and hung up. Without --count and --for a single call goes on "
        "until Ctrl-C where the output is a terminal; anywhere else, and of several calls each, it is 10."},
    Flag{FlagId::duration, "for", 'd', "TIME", Group::call, offer_only, "send pings for so long: 10s, 500ms, 2m",
         "How long each call sends pings, from the opening of its channel. With --count, whichever comes first."},
    Flag{
        FlagId::every, "every", 0, "TIME", Group::call, offer_only, "from the start of one ping to that of the next (1s)",
        "The time from the planned start of one ping to that of the next, whatever becomes of the answers: 1s by default, at least 1ms. Round "
        "trips count from the planned start. With 0 pings go back to back: each as soon as the one before is back or lost."},
    Flag{FlagId::ping_size, "ping-size", 0, "BYTES", Group::call, offer_only, "bytes of a ping (those of its words)",
         "The bytes of a ping, which is the text ping N, with dots behind it up to that size: at most 65536."},
    Flag{FlagId::ping_timeout, "ping-timeout", 0, "TIME", Group::call, offer_only, "a ping that is not back by then is lost (5s)",
         ""},
    Flag{FlagId::calls, "calls", 0, "N", Group::call, offer_only, "so many calls, each with pings of its own (1)",
         "The number of calls, 1 by default: they begin at once, or at the --rate, and each hangs up when its pings are over."},
    Flag{FlagId::rate, "rate", 0, "RATE", Group::call, offer_only, "how the --calls follow each other: 20/s, 600/m",
         "The rate at which the --calls begin, whatever becomes of the others: 20/s, 600/m. Without it they begin at once."},
    Flag{
        FlagId::set_up_limit, "set-up-limit", 0, "TIME", Group::call, offer_only,
        "a call that is not set up by then has failed (30s)",
        "The time from the planned start of a call until its data channel is open; a call that takes longer has failed. 30s by default."},
    Flag{FlagId::label, "label", 0, "TEXT", Group::call, offer_only, "label of the data channel (chat)", ""},
    Flag{FlagId::protocol, "protocol", 0, "TEXT", Group::call, offer_only, "subprotocol of the data channel (none)", ""},
    Flag{FlagId::unordered, "unordered", 0, "", Group::call, offer_only, "messages of the data channel may overtake each other",
         ""},
    Flag{FlagId::max_retransmits, "max-retransmits", 0, "N", Group::call, offer_only,
         "send a message again at most N times, then give it up", ""},
    Flag{FlagId::max_lifetime, "max-lifetime", 0, "TIME", Group::call, offer_only, "give a message up after so long", ""},
    Flag{FlagId::stun, "stun", 0, "HOST[:PORT]", Group::call, offer_only,
         "ask this STUN server for our outer address; may be repeated", ""},
    Flag{
        FlagId::turn, "turn", 0, "USER:PASSWORD@HOST[:PORT]", Group::call, offer_only,
        "relay by this TURN server; may be repeated",
        "A TURN server that may relay the call, as user:password@host:port; with ?transport=tcp behind it it is reached over TCP. May be "
        "repeated."},
    Flag{FlagId::relay_only, "relay-only", 0, "", Group::call, offer_only, "use what TURN servers relay alone", ""},
    Flag{
        FlagId::trickle, "trickle", 0, "", Group::call, offer_only, "send candidates after the offer (whip, whep)",
        "The offer is sent at once, and candidates follow by PATCH as they are found (RFC 9725 section 4.3.2). For whip and whep."},
    Flag{
        FlagId::video, "video", 0, "TRANSFORM", Group::call, offer_only,
        "send video and time each frame's way back: none, edges, cartoon, rotate, reflect",
        "Sends video, and measures for each frame how long it takes to come back. TRANSFORM is what the server is asked to do with it, as the "
        "field video_transform: none, edges, cartoon, rotate, reflect (send back without decoding), or a name of the server's own, "
        "of which is warned. Where the pictures that come back clearly show another one, the exit status is 1, unless an expectation on "
        "video_transform says what it is to be. "
        "Needs the media plugin.",
        "none|edges|cartoon|rotate|reflect"},
    Flag{
        FlagId::video_source, "video-source", 0, "FILE", Group::call, offer_only,
        "send this file or camera, over and over (a moving picture)",
        "The video that is sent: an IVF file of VP8 or H.264, sent as it is; a Y4M file; a camera, as v4l2:/dev/video0, whose first ten seconds are "
        "sent over and over; or with the package volley-avformat the first minute of any file that FFmpeg reads. Without it a moving picture is "
        "made that carries its own number, so that a frame is known again whatever the server's timestamps are, where both its sides have 180 "
        "pixels or more."},
    Flag{
        FlagId::video_codec, "video-codec", 0, "NAME", Group::call, offer_only, "offer this codec alone: vp8 or h264 (both)",
        "The one codec of video that is offered, vp8 or h264; both by default, VP8 first. A file of IVF is sent as it is coded, so that it has to "
        "be of that codec.",
        "vp8|h264"},
    Flag{FlagId::video_bitrate, "video-bitrate", 0, "RATE", Group::call, offer_only,
         "bits a second that video is encoded to: 500k, 1.5M (500k)", ""},
    Flag{
        FlagId::resolution, "resolution", 0, "WxH", Group::call, offer_only, "size of the moving picture (640x480)",
        "The size of the moving picture, each side from 64 to 4096 pixels; 640x480 by default. Under 180 pixels there is no room for the number "
        "that it carries: its frames are known by their timestamps alone, where the server keeps those."},
    Flag{FlagId::fps, "fps", 0, "N", Group::call, offer_only, "frames a second of the moving picture (30)", ""},
    Flag{
        FlagId::decode_every, "decode-every", 0, "N", Group::call, offer_only,
        "decode what comes back to one call in N (1 up to 4 calls, else 20)",
        "Of --calls one in N has its returned video decoded: its frames are known by the number in the picture, and it is looked at whether "
        "the picture was transformed. Of the others frames are known by their RTP timestamps where the server keeps them. By default all are "
        "decoded up to 4 calls, and one in 20 of more."},
    Flag{FlagId::audio, "audio", 0, "", Group::call, offer_only, "send audio, and see what comes back", ""},
    Flag{FlagId::audio_source, "audio-source", 0, "WHAT", Group::call, offer_only,
         "tone, chirp, a WAV or Opus file; goes with --audio (chirp)",
         "The audio that is sent: tone (440 Hz), chirp (one each second, whose way back is timed), or a file, WAV or Opus in "
         "Ogg, played over and over."},
    Flag{FlagId::audio_codec, "audio-codec", 0, "NAME", Group::call, offer_only,
         "offer this codec alone: opus, g722, pcmu or pcma (all)", "", "opus|g722|pcmu|pcma"},
    Flag{
        FlagId::save_frames, "save-frames", 0, "DIR", Group::call, offer_only,
        "write pictures of sent and returned frames, side by side, as PNG",
        "Writes up to eight pictures that came back to the first call, beside those that were sent, as PNG into DIR, which is made. None is "
        "of the call's first second. What cannot be written makes the exit status 1."},
    Flag{
        FlagId::record, "record", 0, "FILE", Group::call, offer_only,
        "write what comes back to the first call: .webm, or .mkv for H.264, G.711, G.722",
        "Writes what comes back to the first call, as it is coded: WebM (VP8, Opus), FILE.webm, or Matroska, FILE.mkv, where it may hold H.264, G.711 or "
        "G.722. Where nothing comes back there is no file. What cannot be written makes the exit status 1."},
    Flag{
        FlagId::verbose, "verbose", 'v', "", Group::call, offer_only,
        "show both SDPs, the way chosen, the cipher, what was refused",
        "Shows of the first call both descriptions (passwords of ICE as ***), the way that its data takes, the cipher, and what was refused or "
        "left out. With -q nothing of it is shown."},
    Flag{
        FlagId::expect, "expect", 0, "TEXT", Group::result, offer_only, "fail unless it holds: 'rtt_p99 < 20ms'; may be repeated",
        "An expectation, which makes the exit status 1 where it does not hold and 4 where that cannot be told: 'rtt p99 < 20ms' (or rtt_p99), "
        "'setup p50 < 50ms', 'loss < 0.1%', 'calls_failed = 0', and of video and sound 'video_rtt p95 < 50ms', 'video_returned >= 98%', "
        "'first_frame p95 < 1s', 'video_transform == edges', 'audio_lost < 1%'. As soon as anything is expected every call must be set up and every ping "
        "answered, unless an expectation on loss, answered, calls_failed or errors says otherwise. May be repeated."},
    Flag{FlagId::server, "server", 0, "NAME", Group::load, verbs(Verb::run),
         "run against this server of the file only; may be repeated", ""},
    Flag{FlagId::only, "only", 0, "SCENARIO", Group::load, verbs(Verb::run),
         "run the phases of this scenario only; may be repeated", ""},
    Flag{FlagId::define, "define", 'e', "NAME=VALUE", Group::load, verbs(Verb::run),
         "set a variable of the file; may be repeated", ""},
    Flag{
        FlagId::seed, "seed", 0, "N", Group::load, run_and_load, "seed of everything random; printed with each result",
        "The seed of everything random. The same seed gives the same arrivals. Without it the file's, or else one is drawn and printed."},
    Flag{FlagId::seed, "seed", 0, "N", Group::verify, verify_only, "seed of the order of repeats", ""},
    Flag{FlagId::quiet, "quiet", 'q', "", Group::result, verbs(Verb::run, Verb::load, Verb::verify, Verb::offer),
         "print nothing but what failed", ""},
    Flag{FlagId::quiet, "quiet", 'q', "", Group::printing, request_only,
         "print nothing but errors and warnings; twice: no warnings", ""},

    Flag{
        FlagId::kind, "kind", 0, "KIND", Group::server, serve_only, "coroutine (the default), pool:W or serial",
        "How the server works: coroutine (one thread, every request a coroutine), pool:W (W threads, further requests wait) or serial (one "
        "request after the other).",
        "coroutine|pool:4|serial"},
    Flag{FlagId::host, "host", 0, "ADDRESS", Group::server, serve_only, "address to listen on (127.0.0.1)", ""},
    Flag{FlagId::port, "port", 0, "PORT", Group::server, serve_only, "port to listen on (8000); 0 takes a free one and prints it",
         ""},
    Flag{
        FlagId::processes, "processes", 0, "N", Group::server, serve_only, "serve with N processes (1), for more processors",
        "Serves with N processes, up to 64: connections are dealt out to them in turn, and a call goes to that which has the fewest. Limits of calls "
        "and connections hold for all together; faults, --kind pool:W and /inflight are each process' own. --rtc-port is the first one's, and the "
        "others have the ports behind it. When one of them dies, all end."},
    Flag{FlagId::log, "log", 0, "", Group::server, serve_only, "a line for each request on standard error", ""},
    Flag{
        FlagId::fault, "fault", 0, "FAULT", Group::server, serve_only,
        "make /offer fail in a known way: block, thread, limit:N, fail:1%, reset, stall ...",
        "Makes /offer of the included application misbehave: block, convoy, thread and cpu:30% change how it sleeps, lock, semaphore:N and "
        "pace:N how many do at a time, limit:N and fail:1% refuse, and nocancel goes on when the client has left; close, reset, garbage and "
        "drip:MS are what the connection does (reset:50%: of half the requests), backlog:N has the whole server accept few and late, and stall:N "
        "stops it for a second every N seconds; buffer holds the events of /ticks back until the last. May be repeated; see volley-serve(5).",
        "block|convoy|thread|thread:40|cpu:100%|lock|semaphore:5|pace:10|limit:10|nocancel|buffer|fail:1%|close|reset|garbage|drip:10|backlog|stall:10"},
    Flag{
        FlagId::rtc_port, "rtc-port", 0, "PORT", Group::server, serve_only,
        "UDP port for WebRTC calls; 0, the default, takes a free one",
        "The UDP port on the server's address that all WebRTC calls share; with --processes N that of the first, and N in a row are taken. 0, the "
        "default, takes a free one at the first call; any other is opened at the start, which fails where it cannot be had."},
    Flag{FlagId::max_calls, "max-calls", 0, "N", Group::server, serve_only, "calls at a time (1000); more are answered 503",
         "So many WebRTC calls at a time, of all processes together; more are answered 503. 0 takes none."},
    Flag{
        FlagId::max_calls_per_address, "max-calls-per-address", 0, "N", Group::server, serve_only,
        "calls at a time of one address (100); more are answered 429",
        "So many WebRTC calls at a time of one address; more are answered 429. It does not limit loopback addresses, and behind a proxy all "
        "clients have the proxy's."},
    Flag{
        FlagId::max_pixels, "max-pixels", 0, "WxH", Group::server, serve_only,
        "size of a picture that is decoded (1920x1200), in any shape",
        "The largest picture of a call that is decoded, as 1920x1200, the default: of any shape that has no more pixels. Each side may be given "
        "from 64 to 4096. The video of a call with a larger one is not sent back; reflected video is not decoded, and not limited."},
    Flag{FlagId::call_idle, "call-idle", 0, "TIME", Group::server, serve_only, "end a call after so long without data (10m)", ""},
    Flag{
        FlagId::told_stun, "stun", 0, "SERVER", Group::server, serve_only,
        "STUN servers that clients are told of: host:port, or several",
        "STUN servers, as host:port and separated by commas, that clients are told of: the page at / uses them, answers of /whip name them in a "
        "Link field. The server asks none itself: where it is behind NAT, see --advertise."},
    Flag{
        FlagId::advertise, "advertise", 0, "ADDRESS", Group::server, serve_only,
        "address for calls to name instead of the server's own",
        "Addresses, separated by commas, that answers to calls name instead of those that the server listens on: of a NAT that maps one to one. "
        "With it goes --rtc-port, and the same port outside."},
    Flag{
        FlagId::call_audio, "audio", 0, "WHAT", Group::server, serve_only,
        "what calls hear: echo (the default), tone, none, a WAV or Opus file",
        "What is played to calls that take audio: echo, the default, sends back what they send; tone is 440 Hz; none plays nothing; anything else "
        "names a file, WAV or Opus in Ogg, played over and over. A file or tone needs the media plugin.",
        "echo|tone|none"},
    Flag{
        FlagId::call_video, "video", 0, "FILE", Group::server, serve_only,
        "what calls see that only receive (/whep): this file (a moving picture)",
        "What is played, over and over, to calls that offer to receive video and to send none, as those of WHEP do: a file as --video-source of "
        "volley offer takes it. Without it a moving picture. Needs the media plugin."},
    Flag{
        FlagId::record_to, "record-to", 0, "DIR", Group::server, serve_only,
        "write what each call sends to DIR, as WebM or Matroska",
        "Writes the video and audio that each call sends to a file of its own in the folder DIR, as WebM (Matroska for H.264, G.711 and G.722). Needs the media "
        "plugin."},
    Flag{
        FlagId::cors, "cors", 0, "ORIGIN", Group::server, serve_only, "origin whose pages may use /whip and /whep; * for all",
        "Origins, as https://example.org and separated by commas, whose pages may make WebRTC calls by /whip and /whep beside those of this "
        "machine (localhost, 127.0.0.1, [::1], any port); or * for all of them: every page that a browser here looks at may call this server then."},
    Flag{
        FlagId::reload, "reload", 0, "", Group::server, serve_only, "take up changes of the application file while running",
        "Changes of the application file and its pages are taken up without losing a request. While it is broken the old one goes on, and its "
        "pages say so."},
    Flag{FlagId::routes, "routes", 0, "", Group::server, serve_only, "print the routes as a table, serve nothing", ""},
    Flag{FlagId::print_settings, "print-settings", 0, "", Group::server, serve_only,
         "print each setting and where it comes from, serve nothing", ""},

    Flag{FlagId::help, "help", 0, "", Group::general, everywhere, "print this help", ""},
    Flag{FlagId::version, "version", 0, "", Group::general, everywhere, "print the version", ""},
};

/// Damerau-Levenshtein distance (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
    for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        for (std::size_t j = 1; j <= b.size(); ++j) {
            d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
        }
    }
    return d[a.size()][b.size()];
}

}  // namespace

std::string_view title(Group group) noexcept {
    switch (group) {
        case Group::request:
            return "Request";
        case Group::printing:
            return "Printing and download";
        case Group::load:
            return "Load";
        case Group::verify:
            return "Verify";
        case Group::call:
            return "Call";
        case Group::result:
            return "Result";
        case Group::server:
            return "Server";
        case Group::general:
            return "General";
    }
    return "";
}

std::span<const Flag> all_flags() noexcept { return table; }

std::vector<const Flag*> flags_of(Verb verb) {
    std::vector<const Flag*> out;
    for (const Flag& flag : table)
        if ((flag.verbs & verbs(verb)) != 0) out.push_back(&flag);
    return out;
}

std::string spelled(const Flag& flag) { return "--" + std::string(flag.name); }

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates) {
    if (word.size() > 40) return {};
    std::optional<std::string> best;
    std::size_t least = word.size() < 5 ? 2 : 3;
    for (const auto& candidate : candidates) {
        const std::size_t d = distance(word, candidate);
        if (d < least) {
            least = d;
            best = candidate;
        }
    }
    return best;
}

}  // namespace volley::cli
