#include "verdict/process.hpp"

#include <algorithm>

namespace volley::verdict {
namespace {

/// A server looks up a name or writes a log line over a connection of its own; one connection in four requests is another matter.
bool passes_on(const View& v) { return v.burst->process->upstream >= std::max(3, static_cast<int>(v.n) / 4); }

}  // namespace

Workings workings_of(const std::vector<View>& views) {
    Workings out;
    for (const View& v : views) {
        if (!v.burst->process) continue;
        const Process& p = *v.burst->process;
        out.threads_base = out.seen ? std::min(out.threads_base, p.threads_before) : p.threads_before;
        out.processes = std::max(out.processes, p.processes_before);
        out.seen = true;
        out.proxy = out.proxy || passes_on(v);
    }
    for (const View& v : views) {
        if (!v.burst->process) continue;
        out.processes_grown =
            std::max(out.processes_grown, v.burst->process->processes_peak - v.burst->process->processes_before);
        const int grown = v.burst->process->threads_peak - out.threads_base;
        if (grown > out.threads_grown) {
            out.threads_grown = grown;
            out.grown_in = v.n;
        }
    }
    return out;
}

bool is_cpu_bound(const View& v, double growth) {
    if (!v.burst->process || growth <= 0) return false;
    const double cpu = to_seconds(v.burst->process->cpu);
    const double delay = to_seconds(v.burst->process->run_delay);
    // Waiting alone is the machine's doing, not the request's.
    return cpu + delay >= 0.7 * growth && cpu >= 0.3 * growth;
}

bool is_starved(const View& v, double growth) {
    if (!v.burst->process || growth <= 0 || is_cpu_bound(v, growth)) return false;
    return to_seconds(v.burst->process->cpu) + to_seconds(v.burst->process->run_delay) >= 0.7 * growth;
}

bool may_be_contention(const View& v, double growth, std::size_t workers) {
    if (!v.burst->process || growth <= 0 || workers == 0) return false;
    const double each = growth * static_cast<double>(workers);
    const double delay = to_seconds(v.burst->process->run_delay);
    return delay >= 0.1 * each && to_seconds(v.burst->process->cpu) + delay >= 0.4 * each;
}

double processor_time(const View& v) {
    if (!v.burst->process || v.n == 0) return 0;
    return to_seconds(v.burst->process->cpu) / static_cast<double>(v.n);
}

}  // namespace volley::verdict
