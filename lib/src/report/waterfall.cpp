// The picture of a burst in a terminal.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <volley/report/verdict.hpp>

#include "report/terminal.hpp"

namespace volley::report {
namespace {

constexpr std::size_t label_width = 6;
constexpr std::size_t figure_width = 10;
constexpr std::size_t narrowest = 20;
constexpr std::size_t widest = 72;

struct Scale {
    Duration end;
    std::size_t columns;
    [[nodiscard]] std::size_t at(Duration t) const {
        const double share = std::clamp(to_seconds(t) / to_seconds(end), 0.0, 1.0);
        return static_cast<std::size_t>(std::lround(share * static_cast<double>(columns)));
    }
};

std::string repeated(std::string_view mark, std::size_t n) {
    std::string out;
    for (std::size_t i = 0; i < n; ++i) out += mark;
    return out;
}

Duration end_of(const verdict::Shot& shot) { return shot.done == verdict::never ? Duration{} : shot.done; }

std::string line_of(const verdict::Shot& shot, std::size_t number, Duration service, const Scale& scale, const Paint& paint,
                    bool unicode) {
    const Duration end = end_of(shot);
    const Duration begin =
        std::clamp(shot.sent == verdict::never ? shot.started : shot.sent, Duration{}, std::max(end, Duration{}));
    const Duration served = std::max(begin, end - service);
    const std::size_t a = scale.at(begin);
    const std::size_t c = std::max(scale.at(end), a + 1);
    const std::size_t b = std::min(scale.at(served), c - 1);
    std::string bar(a, ' ');
    bar += paint(repeated(unicode ? "·" : ".", b - a), dim);
    bar += paint(repeated(unicode ? "█" : "#", c - b), shot.right ? green : red);
    std::string words = shot.right         ? format_duration(end)
                        : shot.status != 0 ? std::to_string(shot.status)
                                           : std::string(metrics::to_string(shot.outcome));
    return fmt::format("  {:>{}}  {}{} {}\n", number, label_width - 2, bar, std::string(scale.columns + 1 - c, ' '), words);
}

/// Marks at the start, the middle and the end.
std::string ruler(const Scale& scale, const Paint& paint) {
    const std::string middle = format_duration(scale.end / 2);
    const std::string end = format_duration(scale.end);
    std::string line(label_width + 2, ' ');
    line += '0';
    const std::size_t half = label_width + 2 + scale.columns / 2;
    if (half > line.size() + middle.size() / 2 + 1) line += std::string(half - middle.size() / 2 - line.size(), ' ') + middle;
    const std::size_t last = label_width + 2 + scale.columns;
    if (last > line.size() + end.size()) line += std::string(last - end.size() - line.size() + 1, ' ') + end;
    return paint(line, dim) + '\n';
}

}  // namespace

std::string waterfall(const verdict::Burst& burst, Duration service, std::size_t rows, const TextOptions& options) {
    const Paint paint(options.colour);
    std::vector<const verdict::Shot*> order;
    for (const auto& shot : burst.shots) order.push_back(&shot);
    std::ranges::stable_sort(order, {}, [](const auto* shot) { return end_of(*shot); });
    if (order.empty() || end_of(*order.back()) <= Duration::zero()) return {};
    const auto width = static_cast<std::size_t>(std::max(options.width, 0));
    const std::size_t room = width > label_width + figure_width + 4 ? width - label_width - figure_width - 4 : 0;
    const Scale scale{end_of(*order.back()), std::clamp(room, narrowest, widest)};
    const std::size_t shown = std::min(std::max<std::size_t>(rows, 2), order.size());
    std::string out = ruler(scale, paint);
    for (std::size_t i = 0; i < shown; ++i) {
        const std::size_t pick = shown == order.size() ? i : i * (order.size() - 1) / (shown - 1);
        out += line_of(*order[pick], pick + 1, service, scale, paint, options.unicode);
    }
    return out;
}

}  // namespace volley::report
