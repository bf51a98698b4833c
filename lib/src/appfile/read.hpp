// Nodes to the parts of an application file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "appfile/model.hpp"
#include "yaml/loader.hpp"
#include "yaml/reader.hpp"

namespace volley::appfile {

/// The nodes of a text, and its lines; a byte order mark is dropped.
[[nodiscard]] yaml::YamlTree read_tree(std::string_view text, std::string_view noun, std::vector<std::string>& lines);

void read_settings(yaml::Reader& reader, const yaml::Node& node, bool with_app, std::vector<Setting>& out);
void read_routes(yaml::Reader& reader, const yaml::Node& node, std::vector<Route>& out);

/// What `{name}` and `{name...}` make of a path for comparing: two paths of the same shape are the same route.
[[nodiscard]] std::string shape_of(std::string_view pattern);

}  // namespace volley::appfile
