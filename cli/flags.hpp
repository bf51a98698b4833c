// The one table of flags: parsing, --help, the manual page, completions and "did you mean" all read it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace volley::cli {

/// The kinds of verbs that a flag can belong to; one bit each.
enum class Verb : std::uint16_t {
    request = 1,  ///< get, post, put, patch, delete, head, options, and `volley [METHOD] URL`
    serve = 2,
    run = 4,
    verify = 8,
    load = 16,
    offer = 32,
    work = 64,  ///< help, version and whatever works on files
};
using Verbs = std::uint16_t;
constexpr Verbs verbs(Verb a) noexcept { return static_cast<Verbs>(a); }
template <class... More>
constexpr Verbs verbs(Verb a, More... more) noexcept {
    return static_cast<Verbs>(static_cast<Verbs>(a) | verbs(more...));
}
/// Everything that sends requests shares the request flags.
constexpr Verbs sending = verbs(Verb::request, Verb::verify, Verb::load, Verb::offer);

enum class Group { request, printing, load, verify, call, result, server, general };
[[nodiscard]] std::string_view title(Group group) noexcept;

enum class FlagId {
    json,
    form,
    multipart,
    boundary,
    raw,
    auth,
    auth_type,
    follow,
    max_redirects,
    timeout,
    max_time,
    check_status,
    verify,
    cert,
    cert_key,
    http_version,
    proxy,
    default_scheme,
    path_as_is,
    offline,
    ignore_stdin,
    verbose,
    headers,
    body,
    meta,
    print,
    pretty,
    all,
    stream,
    output,
    quiet,
    kind,
    host,
    port,
    log,
    fault,
    reload,
    routes,
    print_settings,
    processes,
    rtc_port,
    max_calls,
    max_calls_per_address,
    max_pixels,
    call_idle,
    told_stun,
    advertise,
    call_audio,
    call_video,
    record_to,
    cors,
    users,
    duration,
    requests,
    rate,
    arrivals,
    burst,
    warmup,
    threads,
    http2,
    transport,
    time_limit,
    service_time,
    most,
    canary,
    parser_canary,
    distinct,
    pid,
    streaming,
    cancellation,
    gauge,
    isolation,
    replay,
    self_test,
    expect,
    signal,
    count,
    every,
    ping_size,
    ping_timeout,
    calls,
    set_up_limit,
    label,
    protocol,
    unordered,
    max_retransmits,
    max_lifetime,
    stun,
    turn,
    relay_only,
    video,
    video_source,
    video_codec,
    video_bitrate,
    resolution,
    fps,
    decode_every,
    audio,
    audio_source,
    audio_codec,
    save_frames,
    record,
    trickle,
    server,
    only,
    define,
    seed,
    result,
    junit,
    hdr,
    samples,
    help,
    version,
};

struct Flag {
    FlagId id;
    std::string_view name;   ///< long, without dashes
    char short_name = 0;     ///< 0: none
    std::string_view value;  ///< what stands for the value in help; empty: a switch
    Group group;
    Verbs verbs;
    std::string_view doc;           ///< one line, for --help
    std::string_view long_doc;      ///< sentences, for the manual page; empty: `doc` says all
    std::string_view choices = {};  ///< what shells complete a value like KIND to, as `a|b`; empty: `value` says it
};

/// In the order of help and manual.
[[nodiscard]] std::span<const Flag> all_flags() noexcept;
[[nodiscard]] std::vector<const Flag*> flags_of(Verb verb);
/// The name as typed: `--timeout`.
[[nodiscard]] std::string spelled(const Flag& flag);

/// The nearest candidate within two slips (one for words under five letters), or nothing. A slip is a letter added, left out, changed, or two
/// neighbours swapped.
[[nodiscard]] std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace volley::cli
