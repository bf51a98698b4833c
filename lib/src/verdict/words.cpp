#include "verdict/words.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace volley::verdict {
namespace {

std::string count_and_time(const Record& r) {
    return fmt::format("{} requests at once took {}, one alone {}", r.n, format_duration(r.makespan), format_duration(r.service));
}

std::string refused_with(int status) {
    if (status >= 200 && status < 300) return fmt::format("they get {} at once, and not what one alone gets", status);
    return status == 0 ? std::string("their connections are refused or closed") : fmt::format("they get {}", status);
}

std::string_view by(Mechanism m) {
    switch (m) {
        case Mechanism::threads:
            return ", each in a thread";
        case Mechanism::processes:
            return ", each in a process";
        case Mechanism::semaphore:
            return ", and no threads or processes explain it: a semaphore or a pool of connections";
        case Mechanism::unknown:
        case Mechanism::event_loop:
        case Mechanism::thread_per_request:
        case Mechanism::lock:
            return "";
    }
    return "";
}

std::string serial_words(const Record& r) {
    if (r.shape != Shape::serial)
        return fmt::format("Each request adds {} to all of them: a part of it is done one at a time ({}).",
                           format_duration(r.blocked_for), count_and_time(r));
    switch (r.mechanism) {
        case Mechanism::lock:
            return fmt::format(
                "Requests are served one at a time, while the server still answers others: a lock or a single permit ({}).",
                count_and_time(r));
        case Mechanism::threads:
            return fmt::format("Requests are served one at a time, by one shared thread ({}).", count_and_time(r));
        case Mechanism::processes:
            return fmt::format("Requests are served one at a time, by one worker process ({}).", count_and_time(r));
        default:
            return fmt::format("Requests are served one at a time ({}).", count_and_time(r));
    }
}

std::string pool_words(const Record& r, const Assessment& a) {
    if (a.fit.grows)
        return fmt::format("A pool that grows: {} requests were served at a time at first, up to {} later ({}).",
                           r.workers.value_or(0), r.workers_most.value_or(0), count_and_time(r));
    if (r.workers_most)
        return fmt::format("Between {} and {} requests are served at a time; service times differ too much to count ({}).",
                           r.workers.value_or(0), *r.workers_most, count_and_time(r));
    return fmt::format("{} requests are served at a time{} ({}).", r.workers.value_or(0), by(r.mechanism), count_and_time(r));
}

std::string thread_words(const Record& r) {
    std::string out = fmt::format("{} requests overlap, and a thread came for each of them", r.n);
    if (r.ends_at) out += fmt::format(": it ends at about {} requests, where threads run out", *r.ends_at);
    return out + fmt::format(" ({}).", count_and_time(r));
}

std::string paced_words(const Record& r, const Assessment& a) {
    const double rate = r.paced_at.value_or(0);
    if (a.hold == Hold::pace && a.fit.bunch < 2)
        return fmt::format("Requests go through at {:.3g} a second while the server idles ({}).", rate, count_and_time(r));
    return fmt::format(
        "Requests overlap, but only {:.3g} a second go through: a limiter spaces them, or a part of each waits for a pool or a lock ({}).",
        rate, count_and_time(r));
}

std::string headline_words(const Record& r, const Assessment& a) {
    switch (r.headline) {
        case Headline::inconclusive:
            return {};
        case Headline::unstable:
            return fmt::format(
                "It depends on chance: {} requests at once take a different time each time, as if workers got unequal shares.",
                r.n);
        case Headline::backlog_small:
            return fmt::format("Of {} connections at one instant {} had to try again, for up to {}: the backlog is small.",
                               a.backlog.n, a.backlog.delayed + a.backlog.refused,
                               format_duration(from_seconds(a.backlog.longest)));
        case Headline::refusing:
            return fmt::format(
                "Up to {} requests at once are answered{}; of more, {}.", r.refuses_above.value_or(0),
                r.shape == Shape::pool && !r.workers_most ? fmt::format(", {} at a time", r.workers.value_or(0)) : "",
                refused_with(r.refusal));
        case Headline::cpu_bound:
            return fmt::format("The processor is the limit: each request computes for {} ({}).", format_duration(r.blocked_for),
                               count_and_time(r));
        case Headline::loop_blocked:
            return fmt::format("Each request holds the event loop for {}, and all others wait ({}).",
                               format_duration(r.blocked_for), count_and_time(r));
        case Headline::paced:
            return paced_words(r, a);
        case Headline::serial:
            return serial_words(r);
        case Headline::pool:
            return pool_words(r, a);
        case Headline::thread_per_request:
            return thread_words(r);
        case Headline::concurrent:
            return fmt::format("At least {} requests overlap; {} ({}).", r.workers.value_or(r.n),
                               r.mechanism == Mechanism::processes ? "a process comes for each" : "by what was not to be seen",
                               count_and_time(r));
        case Headline::asynchronous:
            return fmt::format("Asynchronous: {}, and no threads came for them.", count_and_time(r));
    }
    return {};
}

struct Unclarity {
    std::string words;
    std::string advice;
};

/// A burst whose requests were not answered though there was time for one after the other, twice over.
const View* unanswered(const Assessment& a) {
    for (const View& v : a.views) {
        const double left = to_seconds(a.seen.budget - v.burst->at);
        if (v.lost > 0 && v.lost + v.refused >= v.n / 2 &&
            (!v.burst->cut || left >= 2 * a.solo.service * static_cast<double>(v.n)))
            return &v;
    }
    return nullptr;
}

Unclarity unclear_words(const Record& r, const Assessment& a) {
    const auto s = format_duration(r.service);
    switch (a.unclear) {
        case Unclear::no:
            return {"What was seen is not enough for a verdict.", "Give it more time (`--time 120s`)."};
        case Unclear::nothing_right:
            return {"No request alone was answered right.", "Look at one with `volley get` first."};
        case Unclear::too_fast:
            return {
                fmt::format("The endpoint answers in {}: at once and one after the other look the same.", s),
                "Verify a request that takes longer, 100 ms or more: one that waits for a database, a sleep, another server."};
        case Unclear::too_long:
            if (a.solo.service <= 0)
                return {
                    fmt::format("No request ended within {}: how long one takes is not known.", format_duration(a.seen.budget)),
                    "Give it at least 15 times as long as one takes (`--time`), or a request that takes less; where it is known how long "
                    "that is, `--service-time` saves finding it out."};
            if (a.seen.most < 2)
                return {fmt::format("With --max {} nothing can be said about concurrency.", a.seen.most),
                        "Allow more at once: `--max 50`, or leave it out."};
            if (const View* v = unanswered(a))
                return {fmt::format("Of {} requests at once {} were not answered in time, though one alone takes {}.", v->n,
                                    v->lost, s),
                        "Look at the server's log: does it hang, or keep connections waiting, when there is more than one?"};
            return {
                fmt::format("One request takes {}: not enough fit into {} to tell whether they overlap.", s,
                            format_duration(a.seen.budget)),
                fmt::format(
                    "Give it at least {} (`--time`), or a request that takes less; `--service-time` saves repeating one alone.",
                    format_duration(from_seconds(15 * a.solo.service)))};
        case Unclear::too_different:
            return {
                fmt::format("Requests alone take from {} to {}: turns cannot be told from chance.",
                            format_duration(from_seconds(a.solo.times.empty() ? 0 : a.solo.times.front())),
                            format_duration(from_seconds(a.solo.highest))),
                "Verify a request that takes the same time each time (the same parameters, no cache), or give it more time (`--time`)."};
        case Unclear::streams:
            return {
                "One HTTP/2 connection takes one request at a time: whether the endpoint overlaps them cannot be seen through it.",
                "Verify over connections of their own, without `--http2`; look at the server's limit of concurrent streams."};
        case Unclear::generator:
            return {"The generator was the limit: it started late, or our own server was slow as well with so many at once.",
                    "Verify from a machine that is idle, with fewer at once (`--max`), or a request that takes longer."};
        case Unclear::busy:
            return {"The server waited for a processor that others had, for most of what the burst took beyond one request.",
                    "Verify while the server's machine is idle."};
        case Unclear::failures:
            return {"Requests at once fail, and not above one number.", "Look at the server's log; then verify again."};
        case Unclear::rate:
            return {
                fmt::format(
                    "As many at once as were all answered first ({}) were all refused later: {}. They are limited by rate, not by number at once, "
                    "or the server was in trouble by then.",
                    a.limits.by_rate, refused_with(a.limits.status)),
                "Lift the rate limit for the verification, or keep below it (`--max`, `--time`); otherwise look at the server's log."};
        case Unclear::no_rise:
            return {fmt::format("{} at once take longer than one alone, but more do not take longer still as turns would ({}).",
                                r.n, count_and_time(r)),
                    "Give it more time (`--time`) or more at once (`--max`): what a larger burst takes would tell."};
        case Unclear::disagree:
            return {"Repeats disagree, and nothing seen explains it.", "Verify again while the machine is idle."};
        case Unclear::interrupted:
            return {"Interrupted before anything could be told.", "Let it run."};
    }
    return {};
}

std::string runs_of(const std::vector<std::size_t>& groups) {
    std::string out;
    for (std::size_t i = 0, shown = 0; i < groups.size(); ++shown) {
        std::size_t same = i;
        while (same < groups.size() && groups[same] == groups[i]) ++same;
        if (shown == 5) return out + ", ...";
        if (!out.empty()) out += ", ";
        out += same - i > 1 ? fmt::format("{}x{}", same - i, groups[i]) : fmt::format("{}", groups[i]);
        i = same;
    }
    return out;
}

void evidence_of(Record& r, const Assessment& a) {
    const auto add = [&](std::string text) { r.evidence.push_back(std::move(text)); };
    if (!a.solo.times.empty())
        add(fmt::format("{} alone took {} (from {} to {})",
                        a.solo.times.size() == 1 ? std::string("1 request") : fmt::format("{} requests", a.solo.times.size()),
                        format_duration(r.service), format_duration(from_seconds(a.solo.times.front())),
                        format_duration(from_seconds(a.solo.highest))));
    if (a.fit.decisive) add(fmt::format("{} at once: M/S {:.3g}, completions in groups of {}", r.n, r.ratio, runs_of(r.groups)));
    if (a.fit.repeats > 1) add(fmt::format("{} bursts of {}", a.fit.repeats, r.n));
    if (r.paced_at && a.fit.bunch > 1)
        add(fmt::format("about {} answers come together, {} apart", a.fit.bunch,
                        format_duration(from_seconds(static_cast<double>(a.fit.bunch) * a.fit.b))));
    if (a.fit.exact && a.fit.pattern == Pattern::turns)
        add(fmt::format("{} at once take one turn, {} take two", a.fit.workers, a.fit.workers + 1));
    if (a.limits.closed_in)
        add(fmt::format("all of {} are answered, not all of {}, each time", a.limits.all_right_upto, a.limits.refused_from));
    if (a.work.seen)
        add(fmt::format("the server's threads grew by {} from {}, in {} {}", a.work.threads_grown, a.work.threads_base,
                        a.work.processes, a.work.processes == 1 ? "process" : "processes"));
    const auto song = [&](const Song& s, std::string_view which) {
        if (s.heard)
            add(fmt::format("{} waited up to {} longer than on the idle server", which, format_duration(from_seconds(s.stall))));
    };
    song(a.canaries.parser, "requests that only the parser answers");
    song(a.canaries.app, "small requests to the application");
    if (r.cpu_bound && a.fit.decisive && a.fit.decisive->burst->process)
        add(fmt::format("it took {} of processor time", format_duration(a.fit.decisive->burst->process->cpu)));
    if (a.backlog.looked && !a.backlog.small())
        add(fmt::format("{} connections at one instant were accepted without delay", a.backlog.n));
}

void doubts_of(Record& r, const Assessment& a) {
    const auto add = [&](std::string text) { r.doubts.push_back(std::move(text)); };
    if (a.work.proxy || !a.seen.via.empty())
        add("a proxy stands in front: what works behind it was not seen");
    else if (a.seen.process_ended)
        add("the process that was watched ended, and requests were answered all the same: what answers was not seen");
    else if (!a.work.seen)
        add("the server's process was not seen: threads and processor time are not known");
    if (a.process_known() && a.fit.pattern == Pattern::flat && a.work.threads_base >= static_cast<int>(a.fit.flat_upto))
        add(fmt::format("the server had {} threads before: up to so many, requests may each have one", a.work.threads_base));
    if (!a.canaries.parser.heard) add("no request went to the parser beside a burst: whether the loop is held was not looked at");
    if (a.canaries.parser.waited && r.headline == Headline::pool && r.mechanism == Mechanism::unknown)
        add("what only the parser answers waited too: each worker reads its requests itself, or an event loop is held for a part of each");
    if (a.seen.control.empty()) add("the generator's own cost was not measured");
    if (!a.backlog.looked) add("connections at one instant were not tried: the backlog is not known");
    std::size_t unlike = 0;
    for (const View& v : a.views) unlike += v.unlike;
    if (unlike > 0)
        add(fmt::format(
            "{} answers of bursts came in less than half the time that one alone takes, or with a body of another size: they were counted "
            "as refused",
            unlike));
    if (a.body_turn > 0)
        add(fmt::format(
            "judged by first bytes: bodies arrive one after another, {} each: their transfer takes turns (bandwidth, one sender)",
            format_duration(from_seconds(a.body_turn))));
    if (a.fit.step > 0)
        add(fmt::format(
            "two and more at once take {} longer than one alone, however many: a fixed cost, as of a batch that waits to be filled",
            format_duration(from_seconds(a.fit.step))));
    if (a.fit.grows)
        add("workers came while requests waited: where the pool ends was not seen, and how fast it grows decides in a rush");
    if (a.fit.pattern == Pattern::turns && !a.fit.exact && !a.fit.grows)
        add("there was no time to see whether the limit is exactly that");
    if (a.fit.pattern == Pattern::flat && a.fit.flat_upto < a.seen.most)
        add(fmt::format("more than {} at once were not tried, or not judged", a.fit.flat_upto));
    if (a.limits.refused_from > 0 && a.limits.status == 429 && a.limits.by_rate == 0)
        add("429 mostly says too many within a time, not too many at once: the limit may be one of rate");
    if (a.limits.refused_from > a.limits.all_right_upto + 1)
        add(fmt::format("some of {} are refused: the limit lies between {} and {}", a.limits.refused_from,
                        a.limits.all_right_upto, a.limits.refused_from - 1));
    if (const std::size_t streams = streams_exceeded(a.seen); streams > 0)
        add(fmt::format(
            "of {} requests not all were streams of one connection: that is a limit of the connection's (the server's setting of "
            "concurrent streams, or libcurl's 100), so that more at once were not judged; verify without `--http2` for that",
            streams));
    if (const double still = a.stood_still(); still > 0)
        add(fmt::format(
            "the server, or this machine, stood still for up to {} and answered nobody meanwhile ({} of {} bursts were held up as "
            "a whole): look for what stops it now and then, such as garbage collection or a periodic task",
            format_duration(from_seconds(still)), a.stalls.held_up, a.stalls.bursts));
    if (a.limits.stray) add(fmt::format("{} requests of bursts failed, not above any one number", a.limits.stray_count));
    if (a.solo.given_differs) add("one request does not take as long as was given: the measured time was used");
    if (a.seen.out_of_time) add("time was over before all was looked at");
    if (a.seen.interrupted) add("it was interrupted");
}

}  // namespace

void say(Record& r, const Assessment& a) {
    r.words = headline_words(r, a);
    if (r.headline == Headline::inconclusive) {
        auto [words, advice] = unclear_words(r, a);
        r.words = std::move(words);
        r.advice = std::move(advice);
    }
    evidence_of(r, a);
    doubts_of(r, a);
}

}  // namespace volley::verdict
