// Which transform a server applied to the pictures that it sent back.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "picture/picture.hpp"

namespace volley::picture {

/// A transform by its name, and what it makes of the picture that was sent.
struct TransformCandidate {
    std::string name;
    PictureView picture;
};

/// One picture that was sent, what came back for it, and what each transform would have made of it.
struct TransformProbe {
    PictureView sent;
    PictureView returned;
    std::vector<TransformCandidate> candidates;  ///< the same names in each probe
    double seconds = 0;                          ///< the sent picture's media time, from any origin
};

/// A transform that turns pictures about their centre at a constant speed from an angle that only the server knows, since it counts from
/// an origin of its own. It needs no candidate picture.
struct TurningTransform {
    std::string name = "rotate";     ///< empty: none such
    double degrees_per_second = 45;  ///< counter-clockwise
};

struct TransformScore {
    std::string name;
    double correlation = 0;  ///< from -1 to 1, the mean over the probes
    double degrees = 0;      ///< of a turning transform: its angle at `seconds` = 0, from 0 to below 360
};

struct TransformVerdict {
    std::string name;                    ///< the transform; empty where none stands out
    double margin = 0;                   ///< by which it correlates better than the next
    std::vector<TransformScore> scores;  ///< best first
};

/// Correlates (Pearson, luma) each returned picture with each candidate, both reduced to thumbnails, so that a codec's noise and another size
/// do little. The turning transform's unknown is one angle for all probes: every two degrees of it are tried, then finer about the best, each
/// by turning the sent pictures. A transform stands out with a mean of at least `least` and at least `margin` over the next. Of one picture
/// that was turned by about 0 degrees nobody can tell: give some that are apart in time by half a second and more.
/// Cost: about 25 ms a probe. Probes without candidates, or with an empty picture, are left out.
[[nodiscard]] TransformVerdict score_transforms(std::span<const TransformProbe> probes, const TurningTransform& turning = {},
                                                double least = 0.5, double margin = 0.03);

}  // namespace volley::picture
