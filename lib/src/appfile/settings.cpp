// `settings:` of an application file, and a settings file, which is the same by itself. What the values mean is decided where all
// origins of a setting meet.
#include <algorithm>

#include "appfile/read.hpp"

namespace volley::appfile {

const std::vector<std::string_view>& setting_names() {
    static const std::vector<std::string_view> names{"host",
                                                     "port",
                                                     "kind",
                                                     "log",
                                                     "threads",
                                                     "limits.header_bytes",
                                                     "limits.body_bytes",
                                                     "limits.connections",
                                                     "limits.idle",
                                                     "limits.header",
                                                     "limits.body",
                                                     "limits.write",
                                                     "limits.drain",
                                                     "app"};
    return names;
}

void read_settings(yaml::Reader& reader, const yaml::Node& node, bool with_app, std::vector<Setting>& out) {
    constexpr std::string_view prefix = "limits.";
    if (!reader.is_map(node, "settings", "settings: { port: 8000, kind: coroutine }")) return;
    std::vector<std::string_view> top{"limits"}, limits;
    for (const std::string_view name : setting_names()) {
        if (name.starts_with(prefix))
            limits.push_back(name.substr(prefix.size()));
        else if (name != "app" || with_app)
            top.push_back(name);
    }
    const auto take = [&](const yaml::Keys& keys, const std::vector<std::string_view>& names, std::string_view before) {
        for (const std::string_view name : names) {
            if (name == "limits") continue;
            if (const yaml::Node* n = keys.find(name))
                if (const Value* v = reader.scalar(*n, name)) out.push_back({std::string(before) + std::string(name), *v});
        }
    };
    const yaml::Keys keys(reader, node, "the settings", top);
    take(keys, top, "");
    const yaml::Node* below = keys.find("limits");
    if (below == nullptr || !reader.is_map(*below, "limits", "limits: { idle: 2m, connections: 1000 }")) return;
    const yaml::Keys limit_keys(reader, *below, "the limits", limits);
    take(limit_keys, limits, prefix);
}

SettingsFile load_settings(std::string_view text, std::string file) {
    SettingsFile out;
    out.file = std::move(file);
    yaml::YamlTree tree = read_tree(text, "settings file", out.lines);
    yaml::Reader reader({out.file, out.lines});
    for (auto& e : tree.errors) reader.error(e.pos, std::move(e.text), std::move(e.hint));
    if (tree.usable && tree.root.kind != yaml::Node::Kind::null) read_settings(reader, tree.root, true, out.settings);
    out.errors = reader.take_errors();
    return out;
}

}  // namespace volley::appfile
