#include "run/check_counts.hpp"

namespace volley::run {

std::size_t CheckCounts::add_step(std::vector<report::CheckResult> checks) {
    auto& step = steps_.emplace_back();
    for (auto& check : checks) step.checks.emplace_back(std::move(check));
    return steps_.size() - 1;
}

void CheckCounts::failed(std::size_t step, std::size_t check, const std::string& found) {
    auto& of = steps_[step];
    of.answers.fetch_add(1, std::memory_order_relaxed);
    count(of.checks[check], found);
}

void CheckCounts::judged(std::size_t step, std::span<const std::optional<std::string>> found) {
    auto& of = steps_[step];
    of.answers.fetch_add(1, std::memory_order_relaxed);
    of.all_judged.store(true, std::memory_order_relaxed);
    for (std::size_t i = 0; i < found.size(); ++i)
        if (found[i]) count(of.checks[i], *found[i]);
}

void CheckCounts::count(Check& check, const std::string& found) {
    if (check.failed.fetch_add(1, std::memory_order_relaxed) == 0) check.what.example = found;  // only one thread sees the 0
}

void CheckCounts::derive(const metrics::Tally& tally, const std::vector<std::string>& examples) {
    const auto failures = tally.errors.find("status");
    auto& step = steps_.front();
    auto& check = step.checks.front();
    check.failed = failures == tally.errors.end() ? 0 : failures->second;
    step.answers = tally.right + check.failed;
    // Others may have failed in another way, and stand first.
    constexpr std::string_view found = "status is ";
    for (const auto& example : examples)
        if (const auto at = example.rfind(found); check.failed > 0 && at != std::string::npos) {
            check.what.example = example.substr(at);
            return;
        }
}

void CheckCounts::clear() {
    for (auto& step : steps_) {
        step.answers = 0;
        for (auto& check : step.checks) {
            check.failed = 0;
            check.what.example.clear();
        }
    }
}

std::vector<report::CheckResult> CheckCounts::results() const {
    std::vector<report::CheckResult> out;
    for (const auto& step : steps_) {
        std::uint64_t left = step.answers;
        for (const auto& check : step.checks) {
            auto& result = out.emplace_back(check.what);
            result.failed = check.failed;
            result.held = left - result.failed;
            if (!step.all_judged) left = result.held;
        }
    }
    return out;
}

}  // namespace volley::run
