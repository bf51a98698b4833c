#include <volley/metrics/generator.hpp>

namespace volley::metrics {

void GeneratorFigures::merge(const GeneratorFigures& other) {
    transport = other.transport;
    threads += other.threads;
    cpu += other.cpu;
    timer_overshoot.merge(other.timer_overshoot);
    connections += other.connections;
    busy = busy || other.busy;
}

}  // namespace volley::metrics
