// Observations made by hand.
#pragma once

#include <initializer_list>
#include <vector>

#include <volley/verdict/observation.hpp>

namespace volley::test {

inline verdict::Shot answered(double first_byte, double done) {
    verdict::Shot s;
    s.started = s.connected = s.sent = Duration{};
    s.first_byte = from_seconds(first_byte);
    s.done = from_seconds(done);
    s.status = 200;
    s.outcome = metrics::Outcome::ok;
    s.right = true;
    return s;
}
inline verdict::Shot answered(double done) { return answered(done, done); }

inline verdict::Shot refused(int status) {
    verdict::Shot s = answered(0.001);
    s.status = status;
    s.right = false;
    return s;
}

/// Completions in groups: so many at each multiple of `turn`.
inline verdict::Burst in_groups(std::initializer_list<std::size_t> groups, double turn) {
    verdict::Burst b;
    double at = turn;
    for (const std::size_t size : groups) {
        for (std::size_t i = 0; i < size; ++i) b.shots.push_back(answered(at + 1e-4 * static_cast<double>(i)));
        at += turn;
    }
    return b;
}
inline verdict::Burst staircase(std::size_t n, double first, double step) {
    verdict::Burst b;
    for (std::size_t i = 0; i < n; ++i) b.shots.push_back(answered(first + step * static_cast<double>(i)));
    return b;
}
/// One answer, then all the others together, with their first bytes there or in a staircase.
inline verdict::Burst convoy(std::size_t n, double service, bool first_bytes_too) {
    verdict::Burst b;
    const double end = service * static_cast<double>(n);
    for (std::size_t i = 0; i < n; ++i) {
        const double own = service * static_cast<double>(i + 1);
        b.shots.push_back(answered(first_bytes_too && i > 0 ? end : own, i == 0 ? own : end));
    }
    return b;
}

inline std::vector<verdict::Canary> canaries(double longest) {
    std::vector<verdict::Canary> out(3);
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i].planned = from_seconds(0.01 * static_cast<double>(i));
        out[i].done = out[i].planned + from_seconds(i == 0 ? longest : 0.001);
        out[i].status = 400;
        out[i].outcome = metrics::Outcome::ok;
    }
    return out;
}

inline verdict::Burst with_canaries(verdict::Burst b, double app, double parser) {
    b.canaries = true;
    b.app = canaries(app);
    b.parser = canaries(parser);
    return b;
}
inline verdict::Burst with_process(verdict::Burst b, int threads_before, int threads_peak, int processes = 1, double cpu = 0.01) {
    verdict::Process p;
    p.threads_before = threads_before;
    p.threads_peak = threads_peak;
    p.processes_before = p.processes_peak = processes;
    p.cpu = from_seconds(cpu);
    b.process = p;
    return b;
}

/// Three requests alone of `service`, a control that costs nothing, an idle server that answers in a millisecond.
inline verdict::Observation alone(double service) {
    verdict::Observation o;
    o.budget = std::chrono::seconds(60);
    o.control_service = std::chrono::milliseconds(100);
    for (int i = 0; i < 3; ++i) o.bursts.push_back(staircase(1, service, 0));
    for (const std::size_t n : {2U, 20U, 100U}) o.control.push_back(staircase(n, 0.1, 0));
    o.idle_app = o.idle_parser = canaries(0.001);
    return o;
}

}  // namespace volley::test
