#include "picture/transform_score.hpp"

#include <algorithm>
#include <cmath>

#include "picture/thumbnail.hpp"

namespace volley::picture {
namespace {

constexpr int small_side = 80;   // on which angles are tried
constexpr int large_side = 160;  // on which correlations are taken

/// Pictures reduced to `side` on the longer side of what was sent.
struct Reduced {
    int width;
    int height;
    explicit Reduced(const PictureView& shape, int side) {
        const double scale = std::min(1.0, static_cast<double>(side) / std::max(shape.width, shape.height));
        width = std::max(1, static_cast<int>(std::lround(shape.width * scale)));
        height = std::max(1, static_cast<int>(std::lround(shape.height * scale)));
    }
    [[nodiscard]] Thumbnail of(const PictureView& picture) const { return thumbnail_of(picture, width, height); }
};

bool usable(const TransformProbe& probe) {
    if (probe.sent.empty() || probe.returned.empty() || probe.candidates.empty()) return false;
    return std::none_of(probe.candidates.begin(), probe.candidates.end(), [](const auto& c) { return c.picture.empty(); });
}

/// What a turn is tried on.
struct TurnTrial {
    Thumbnail sent;
    Thumbnail returned;
    int side;  // of the picture that was sent
    double seconds;
};

double mean_turned(const std::vector<TurnTrial>& trials, double degrees, double speed) {
    double sum = 0;
    for (const TurnTrial& trial : trials)
        sum += correlation(turned(trial.sent, degrees + speed * trial.seconds, trial.side), trial.returned);
    return sum / static_cast<double>(trials.size());
}

/// The best angle from `from` on, in `count` steps.
TransformScore best_turn(const std::vector<TurnTrial>& trials, double speed, double from, double step, int count) {
    TransformScore best;
    best.correlation = -1;
    for (int i = 0; i < count; ++i) {
        const double degrees = from + step * i;
        const double found = mean_turned(trials, degrees, speed);
        if (found > best.correlation) {
            best.correlation = found;
            best.degrees = degrees;
        }
    }
    return best;
}

std::vector<TurnTrial> trials_of(std::span<const TransformProbe* const> probes, int side) {
    std::vector<TurnTrial> out;
    for (const TransformProbe* probe : probes) {
        const Reduced reduced(probe->sent, side);
        out.push_back({reduced.of(probe->sent), reduced.of(probe->returned), probe->sent.width, probe->seconds});
    }
    return out;
}

TransformScore score_turning(std::span<const TransformProbe* const> probes, const TurningTransform& turning) {
    const double speed = turning.degrees_per_second;
    const auto coarse = best_turn(trials_of(probes, small_side), speed, 0, 2, 180);
    auto best = best_turn(trials_of(probes, large_side), speed, coarse.degrees - 2, 0.25, 17);
    best.name = turning.name;
    best.degrees = std::fmod(best.degrees + 360, 360);
    return best;
}

TransformScore score_candidate(std::span<const TransformProbe* const> probes, const std::string& name) {
    TransformScore out;
    out.name = name;
    for (const TransformProbe* probe : probes) {
        const auto& all = probe->candidates;
        const auto found = std::find_if(all.begin(), all.end(), [&name](const auto& c) { return c.name == name; });
        if (found == all.end()) continue;
        const Reduced reduced(probe->sent, large_side);
        out.correlation += correlation(reduced.of(found->picture), reduced.of(probe->returned));
    }
    out.correlation /= static_cast<double>(probes.size());
    return out;
}

}  // namespace

TransformVerdict score_transforms(std::span<const TransformProbe> probes, const TurningTransform& turning, double least,
                                  double margin) {
    TransformVerdict out;
    std::vector<const TransformProbe*> used;
    for (const TransformProbe& probe : probes)
        if (usable(probe)) used.push_back(&probe);
    if (used.empty()) return out;

    for (const TransformCandidate& candidate : used.front()->candidates)
        if (candidate.name != turning.name) out.scores.push_back(score_candidate(used, candidate.name));
    if (!turning.name.empty()) out.scores.push_back(score_turning(used, turning));
    std::stable_sort(out.scores.begin(), out.scores.end(),
                     [](const auto& a, const auto& b) { return a.correlation > b.correlation; });
    if (out.scores.empty()) return out;
    // Where there is just one to choose from it is the one, if it is like what came.
    const double next = out.scores.size() > 1 ? out.scores[1].correlation : 0;
    out.margin = out.scores.front().correlation - next;
    if (out.scores.front().correlation >= least && out.margin >= margin) out.name = out.scores.front().name;
    return out;
}

}  // namespace volley::picture
