// What steps of all kinds are read of.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "scenario/reader.hpp"
#include "scenario/yaml.hpp"

namespace volley::scenario {

[[nodiscard]] bool has_control(std::string_view text);

/// @param method  the key that the URL stands behind.
void read_url(Reader& reader, const Node& node, std::string_view method, Step& out);
/// `METHOD path`, templates left as they are, so that many values stay one series.
[[nodiscard]] std::string default_name(const std::string& method, std::string_view url);
/// `name`, `headers` and `checks`, where they are given.
void read_step_name(Reader& reader, const Keys& keys, Step& out);
void read_step_headers(Reader& reader, const Keys& keys, Step& out);
void read_step_checks(Reader& reader, const Keys& keys, Step& out);

/// Parts of `webrtc`: `video`, `audio`, and `for`, which is read behind the two and the pings.
void read_video(Reader& reader, const Node& node, CallStep& out);
void read_audio(Reader& reader, const Node& node, CallStep& out);
void read_media_length(Reader& reader, const Keys& keys, CallStep& out);
/// Checks of media that the call does not send.
void check_media_checks(Reader& reader, const Step& step);

/// A step with the key `webrtc`.
std::optional<Step> read_call_step(Reader& reader, const Node& node);

}  // namespace volley::scenario
