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

/// A step with the key `webrtc`.
std::optional<Step> read_call_step(Reader& reader, const Node& node);

}  // namespace volley::scenario
