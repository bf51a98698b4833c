#include <volley/metrics/call_tally.hpp>

namespace volley::metrics {

std::string_view to_string(CallStage stage) noexcept {
    static constexpr std::array<std::string_view, call_stages> names{"gathered", "http", "ice", "dtls", "sctp", "channel"};
    return names[static_cast<std::size_t>(stage)];
}

void CallTally::merge(const CallTally& other) {
    calls += other.calls;
    set_up += other.set_up;
    failed += other.failed;
    for (const auto& [kind, n] : other.errors) errors[kind] += n;
    for (std::size_t i = 0; i < call_stages; ++i) {
        stages[i].took.merge(other.stages[i].took);
        stages[i].at.merge(other.stages[i].at);
    }
    from_start.merge(other.from_start);
    start_lag.merge(other.start_lag);
    sent += other.sent;
    answered += other.answered;
    lost += other.lost;
    late += other.late;
    repeated += other.repeated;
    out_of_order += other.out_of_order;
    strange += other.strange;
    bytes_out += other.bytes_out;
    bytes_in += other.bytes_in;
}

}  // namespace volley::metrics
