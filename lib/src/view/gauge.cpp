#include <volley/view/gauge.hpp>

#include <algorithm>

namespace volley::view {

void Gauge::enter(const std::string& route) {
    const std::scoped_lock lock(mutex_);
    ++counts_[route].waiting;
}

void Gauge::start(const std::string& route) {
    const std::scoped_lock lock(mutex_);
    Count& count = counts_[route];
    --count.waiting;
    ++count.running;
    count.peak = std::max(count.peak, count.running);
}

void Gauge::leave(const std::string& route, bool started) {
    const std::scoped_lock lock(mutex_);
    Count& count = counts_[route];
    if (started) {
        --count.running;
        ++count.served;
    } else {
        --count.waiting;
    }
}

Gauge::Count Gauge::of(const std::string& route) const {
    const std::scoped_lock lock(mutex_);
    const auto it = counts_.find(route);
    return it == counts_.end() ? Count{} : it->second;
}

std::map<std::string, Gauge::Count> Gauge::all() const {
    const std::scoped_lock lock(mutex_);
    return counts_;
}

}  // namespace volley::view
