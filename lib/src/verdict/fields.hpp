// The members of observations and records by name: what is written is what is read.
#pragma once

#include <charconv>
#include <cmath>
#include <string_view>

#include <volley/verdict/observation.hpp>
#include <volley/verdict/record.hpp>

namespace volley::verdict {

template <class Visitor>
void visit_fields(Visitor& v, Shot& s) {
    v("started", s.started);
    v("connected", s.connected);
    v("sent", s.sent);
    v("first_byte", s.first_byte);
    v("done", s.done);
    v("bytes", s.bytes);
    v("status", s.status);
    v("outcome", s.outcome);
    v("right", s.right);
}

template <class Visitor>
void visit_fields(Visitor& v, Canary& c) {
    v("planned", c.planned);
    v("done", c.done);
    v("status", c.status);
    v("outcome", c.outcome);
}

template <class Visitor>
void visit_fields(Visitor& v, Process& p) {
    v("threads_before", p.threads_before);
    v("threads_peak", p.threads_peak);
    v("processes_before", p.processes_before);
    v("processes_peak", p.processes_peak);
    v("descriptors_before", p.descriptors_before);
    v("descriptors_peak", p.descriptors_peak);
    v("rss_before", p.rss_before);
    v("rss_peak", p.rss_peak);
    v("cpu", p.cpu);
    v("run_delay", p.run_delay);
    v("upstream", p.upstream);
}

template <class Visitor>
void visit_fields(Visitor& v, Burst& b) {
    v("sockets", b.sockets);
    v("canaries", b.canaries);
    v("at", b.at);
    v("cut", b.cut);
    v("shots", b.shots);
    v("app", b.app);
    v("parser", b.parser);
    v("process", b.process);
    v("connections", b.connections);
}

template <class Visitor>
void visit_fields(Visitor& v, Stream::Piece& p) {
    v("at", p.at);
    v("bytes", p.bytes);
}

template <class Visitor>
void visit_fields(Visitor& v, Stream& s) {
    v("head", s.head);
    v("done", s.done);
    v("pieces", s.pieces);
    v("right", s.right);
}

template <class Visitor>
void visit_fields(Visitor& v, Abandonment& a) {
    v("n", a.n);
    v("after", a.after);
    v("next", a.next);
    v("gauge_before", a.gauge_before);
    v("gauge_during", a.gauge_during);
    v("gauge_after", a.gauge_after);
}

template <class Visitor>
void visit_fields(Visitor& v, Isolation& i) {
    v("path", i.path);
    v("n", i.n);
    v("idle", i.idle);
    v("busy", i.busy);
}

template <class Visitor>
void visit_fields(Visitor& v, Observation& o) {
    v("target", o.target);
    v("server", o.server);
    v("via", o.via);
    v("given_service", o.given_service);
    v("budget", o.budget);
    v("most", o.most);
    v("http2", o.http2);
    v("local", o.local);
    v("process_name", o.process_name);
    v("process_ended", o.process_ended);
    v("thread_limit", o.thread_limit);
    v("processors", o.processors);
    v("control_service", o.control_service);
    v("out_of_time", o.out_of_time);
    v("interrupted", o.interrupted);
    v("idle_app", o.idle_app);
    v("idle_parser", o.idle_parser);
    v("control", o.control);
    v("bursts", o.bursts);
    v("streams", o.streams);
    v("abandonment", o.abandonment);
    v("isolation", o.isolation);
}

template <class Visitor>
void visit_fields(Visitor& v, Record& r) {
    v("headline", r.headline);
    v("words", r.words);
    v("cause", r.cause);
    v("advice", r.advice);
    v("confidence", r.confidence);
    v("shape", r.shape);
    v("workers", r.workers);
    v("workers_at_least", r.workers_at_least);
    v("workers_most", r.workers_most);
    v("mechanism", r.mechanism);
    v("loop_blocked", r.loop_blocked);
    v("loop_known", r.loop_known);
    v("blocked_for", r.blocked_for);
    v("cpu_bound", r.cpu_bound);
    v("cpu_known", r.cpu_known);
    v("refuses_above", r.refuses_above);
    v("refusal", r.refusal);
    v("paced_at", r.paced_at);
    v("backlog_small", r.backlog_small);
    v("backlog_known", r.backlog_known);
    v("unstable", r.unstable);
    v("ends_at", r.ends_at);
    v("service", r.service);
    v("service_spread", r.service_spread);
    v("n", r.n);
    v("makespan", r.makespan);
    v("ratio", r.ratio);
    v("serial_fraction", r.serial_fraction);
    v("stall_known", r.stall_known);
    v("loop_stall", r.loop_stall);
    v("groups", r.groups);
    v("threads_grown", r.threads_grown);
    v("processes", r.processes);
    v("evidence", r.evidence);
    v("doubts", r.doubts);
}

/// To nine digits, both ways: Boost.JSON 1.81 reads the last digits of a double only nearly.
[[nodiscard]] inline double rounded(double v) {
    if (!std::isfinite(v)) return 0;
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, v, std::chars_format::scientific, 8).ptr;
    double out = 0;
    std::from_chars(text, end, out);
    return out;
}

[[nodiscard]] inline std::string_view to_string(Sockets s) noexcept {
    switch (s) {
        case Sockets::held:
            return "held";
        case Sockets::cold:
            return "cold";
    }
    return "held";
}

}  // namespace volley::verdict
