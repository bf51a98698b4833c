// How often each check of a scenario held: counted where answers are judged, on whatever thread that is.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <volley/report/result.hpp>

namespace volley::run {

/// Counts for the steps of one scenario. An answer's checks are judged in order up to the first that fails, so one number for each
/// answer and one for each failure are enough to know how often each check held; those of a call are all judged.
/// Thread safety: held(), failed() and judged() from any thread; all others only while no answer is judged.
class CheckCounts {
public:
    /// @param checks  in the order in which they are judged; their counts are ignored.
    /// @return        the index of the step.
    std::size_t add_step(std::vector<report::CheckResult> checks);

    /// An answer for which every check held.
    void held(std::size_t step) noexcept { steps_[step].answers.fetch_add(1, std::memory_order_relaxed); }
    /// An answer for which this check was the first that did not hold; `found` of the first one is kept.
    void failed(std::size_t step, std::size_t check, const std::string& found);
    /// A call, for which each check was judged. @param found  by each in order; nothing where it held
    void judged(std::size_t step, std::span<const std::optional<std::string>> found);

    /// For a single step without checks, whose answers nobody judged: the one that is implied, from what was counted anyway.
    void derive(const metrics::Tally& tally, const std::vector<std::string>& examples);

    void clear();
    [[nodiscard]] std::vector<report::CheckResult> results() const;

private:
    struct Check {
        explicit Check(report::CheckResult w) : what(std::move(w)) {}
        report::CheckResult what;
        std::atomic<std::uint64_t> failed{0};
    };
    struct Step {
        std::atomic<std::uint64_t> answers{0};
        std::atomic<bool> all_judged{false};  // for each answer, also behind the first that fails
        std::deque<Check> checks;
    };
    static void count(Check& check, const std::string& found);

    std::deque<Step> steps_;  // neither moves its elements, which atomics ask for
};

}  // namespace volley::run
