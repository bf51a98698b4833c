// What a server is asked to do with video, where an offer's own members say it: `json: { video_transform: edges }`.
#pragma once

#include <string>

#include <volley/scenario/scenario.hpp>

namespace volley::scenario {

/// The member; nothing where there is none.
[[nodiscard]] const JsonMember* asked_transform(const Step& step) noexcept;
/// That it and `transform` of the video say different things. @param asked  its value; nothing: it is no scalar
[[nodiscard]] std::string disagreement_of_transforms(const std::string* asked, const std::string& transform);

}  // namespace volley::scenario
