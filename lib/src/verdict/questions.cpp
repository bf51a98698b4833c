#include <volley/verdict/questions.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <volley/metrics/summary.hpp>

namespace volley::verdict {
namespace {

/// Below this a body is over before it could have been seen to grow.
constexpr auto shortest_stream = std::chrono::milliseconds(50);
/// A body that has not begun by this share of the whole time was held back; one that has by the other share was not.
constexpr double held_back = 0.8;
constexpr double begun = 0.5;
/// What a request, or a path, may take longer by chance.
constexpr auto chance = std::chrono::milliseconds(20);

double share(Duration part, Duration whole) { return whole > Duration::zero() ? to_seconds(part) / to_seconds(whole) : 0; }

/// Share of the body's bytes that had arrived by half of the time.
double early_bytes(const Stream& s) {
    std::uint64_t all = 0;
    std::uint64_t early = 0;
    for (const auto& piece : s.pieces) {
        all += piece.bytes;
        if (piece.at <= s.done / 2) early += piece.bytes;
    }
    return all == 0 ? 0 : static_cast<double>(early) / static_cast<double>(all);
}

Duration longest_gap(const Stream& s) {
    Duration longest{};
    for (std::size_t i = 1; i < s.pieces.size(); ++i) longest = std::max(longest, s.pieces[i].at - s.pieces[i - 1].at);
    return longest;
}

std::vector<Duration> latencies(const std::vector<Canary>& canaries) {
    std::vector<Duration> out;
    for (const auto& c : canaries)
        if (c.done != never && c.outcome == metrics::Outcome::ok) out.push_back(c.done - c.planned);
    return out;
}

double mean(const std::vector<double>& values) {
    double sum = 0;
    for (const double v : values) sum += v;
    return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

Answer by_gauge(const Abandonment& seen, Answer answer) {
    const double before = mean(seen.gauge_before);
    const double during = mean(seen.gauge_during) - before;
    const double after = seen.gauge_after.back() - before;
    const auto n = static_cast<double>(seen.n);
    if (during < 0.5 * n) {
        answer.words = fmt::format("the gauge rose by {:.0f} only while {} requests ran: it does not count them", during, seen.n);
        answer.advice = "name a gauge that counts requests in progress";
        return answer;
    }
    if (after <= 0.2 * during) {
        answer.reply = Reply::yes;
        answer.words =
            fmt::format("work stops when the client leaves: the gauge fell from {:.0f} to {:.0f}", during, std::max(after, 0.0));
    } else if (after >= 0.8 * during) {
        answer.reply = Reply::no;
        answer.words =
            fmt::format("work goes on when the client has left: of {:.0f} requests in progress {:.0f} still were", during, after);
    } else {
        answer.words = fmt::format("of {:.0f} requests in progress {:.0f} still were when their clients had left", during, after);
    }
    return answer;
}

constexpr const char* stop_advice =
    "listen for the disconnect (ASGI: http.disconnect, request.is_disconnected(); Node: the request's close event) and cancel the work";

}  // namespace

std::string_view to_string(Question q) noexcept {
    switch (q) {
        case Question::streaming:
            return "streaming";
        case Question::cancellation:
            return "cancellation";
        case Question::isolation:
            return "isolation";
    }
    return "";
}

std::string_view to_string(Reply r) noexcept {
    switch (r) {
        case Reply::yes:
            return "yes";
        case Reply::no:
            return "no";
        case Reply::unknown:
            return "unknown";
    }
    return "";
}

Answer judge_streaming(const std::vector<Stream>& streams) {
    Answer answer;
    std::vector<const Stream*> whole;
    for (const auto& s : streams)
        if (s.right && s.done != never && !s.pieces.empty()) whole.push_back(&s);
    if (whole.empty()) {
        answer.words = "no answer with a body came whole";
        return answer;
    }
    std::ranges::sort(whole, {}, [](const auto* s) { return s->pieces.front().at; });
    const Stream& s = *whole[(whole.size() - 1) / 2];
    const Duration first = s.pieces.front().at;
    const auto figures =
        fmt::format("first byte of the body after {}, last after {}, {} pieces, longest gap {}", format_duration(first),
                    format_duration(s.done), s.pieces.size(), format_duration(longest_gap(s)));
    if (s.done < shortest_stream) {
        answer.words = "the answer takes " + format_duration(s.done) + ", too short to see whether its body grows";
        answer.advice = "ask for a longer stream";
    } else if (share(first, s.done) >= held_back) {
        answer.reply = Reply::no;
        answer.words = "the body is held back until its end: " + figures;
        answer.advice =
            "look for a middleware or proxy that buffers, a synchronous iterator that is drained first (Django before 4.2), or compression "
            "without a flush";
    } else if (share(first, s.done) <= begun && s.pieces.size() > 1 && early_bytes(s) > 0.1) {
        answer.reply = Reply::yes;
        answer.words = "the body arrives as it is made: " + figures;
    } else {
        answer.words = "the body neither grows evenly nor comes at the end: " + figures;
    }
    return answer;
}

Answer judge_cancellation(const Abandonment& seen, const Record& record) {
    Answer answer;
    answer.question = Question::cancellation;
    if (!seen.gauge_before.empty() && !seen.gauge_during.empty() && !seen.gauge_after.empty()) {
        answer = by_gauge(seen, std::move(answer));
        if (answer.reply == Reply::no) answer.advice = stop_advice;
        return answer;
    }
    if (seen.next == never) {
        answer.words = "the request after the abandoned ones was not answered";
        return answer;
    }
    const std::size_t workers = record.workers_at_least ? 0 : record.workers.value_or(0);
    if (workers == 0 || seen.n < 2 * workers) {
        answer.words = "no limit was met, so abandoned work delays nobody: it cannot be seen from outside";
        answer.advice = "name a path that tells how many requests are in progress: --gauge /inflight";
        return answer;
    }
    // Work that goes on keeps the next request waiting for all that is before it.
    const auto rounds = static_cast<double>(seen.n / workers);
    const Duration all = from_seconds(to_seconds(record.service) * (rounds + 1)) - seen.after;
    const auto figures = fmt::format("after {} abandoned requests the next took {}, alone {}", seen.n, format_duration(seen.next),
                                     format_duration(record.service));
    if (seen.next <= record.service + std::max<Duration>(record.service / 4, chance)) {
        answer.reply = Reply::yes;
        answer.words = "work stops when the client leaves: " + figures;
    } else if (seen.next >= all - record.service / 2) {
        answer.reply = Reply::no;
        answer.words = "work goes on when the client has left: " + figures;
        answer.advice = stop_advice;
    } else {
        answer.words = "some of the work stops: " + figures;
    }
    return answer;
}

Answer judge_isolation(const Isolation& seen, Duration service) {
    Answer answer;
    answer.question = Question::isolation;
    const auto idle = latencies(seen.idle);
    const auto busy = latencies(seen.busy);
    const auto lost = static_cast<std::size_t>(std::ranges::count_if(seen.busy, [](const Canary& c) { return c.done == never; }));
    if (idle.empty()) {
        answer.words = seen.path + " was not answered on the idle server";
        return answer;
    }
    if (busy.empty()) {
        answer.reply = lost > 0 ? Reply::no : Reply::unknown;
        answer.words = fmt::format("{} was not answered while {} requests ran", seen.path, seen.n);
        return answer;
    }
    const Duration idle_median = metrics::median(idle);
    const Duration busy_median = metrics::median(busy);
    const Duration worst = std::ranges::max(busy);
    const Duration allowed = std::max<Duration>({3 * idle_median, chance, service / 10});
    const auto figures = fmt::format("{} takes {} on the idle server and {} (at worst {}) while {} requests run", seen.path,
                                     format_duration(idle_median), format_duration(busy_median), format_duration(worst), seen.n);
    const bool delayed = busy_median > allowed || lost > 0 || (worst > service / 2 && worst > 2 * allowed);
    answer.reply = delayed ? Reply::no : Reply::yes;
    answer.words = (delayed ? "load here delays the other path: " : "load here leaves the other path alone: ") + figures;
    if (delayed) answer.advice = "give the slow endpoint workers or a process of its own, or make it give way while it waits";
    return answer;
}

std::vector<Answer> judge_questions(const Observation& seen, const Record& record) {
    std::vector<Answer> out;
    if (!seen.streams.empty()) out.push_back(judge_streaming(seen.streams));
    if (seen.abandonment) out.push_back(judge_cancellation(*seen.abandonment, record));
    if (seen.isolation) out.push_back(judge_isolation(*seen.isolation, record.service));
    return out;
}

}  // namespace volley::verdict
