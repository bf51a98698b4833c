#include "scenario/asked_transform.hpp"

#include <algorithm>

#include "scenario/yaml.hpp"

namespace volley::scenario {

const JsonMember* asked_transform(const Step& step) noexcept {
    const auto* members = step.json ? std::get_if<JsonObject>(&step.json->node) : nullptr;
    if (members == nullptr) return nullptr;
    const auto at = std::ranges::find_if(*members, [](const JsonMember& m) { return m.name.text == "video_transform"; });
    return at == members->end() ? nullptr : &*at;
}

std::string disagreement_of_transforms(const std::string* asked, const std::string& transform) {
    return "`video_transform`" + (asked != nullptr ? " is " + in_quotes(*asked) : " is no text") +
           ", and the `transform` of this call's video is " + in_quotes(transform);
}

}  // namespace volley::scenario
