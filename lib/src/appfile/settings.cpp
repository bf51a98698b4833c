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
                                                     "processes",
                                                     "limits.header_bytes",
                                                     "limits.body_bytes",
                                                     "limits.connections",
                                                     "limits.idle",
                                                     "limits.header",
                                                     "limits.body",
                                                     "limits.write",
                                                     "limits.drain",
                                                     "calls.port",
                                                     "calls.most",
                                                     "calls.most_per_address",
                                                     "calls.most_pixels",
                                                     "calls.idle",
                                                     "calls.stun",
                                                     "calls.advertise",
                                                     "calls.audio",
                                                     "calls.video",
                                                     "calls.record_to",
                                                     "calls.cors",
                                                     "app"};
    return names;
}

void read_settings(yaml::Reader& reader, const yaml::Node& node, bool with_app, std::vector<Setting>& out) {
    if (!reader.is_map(node, "settings", "settings: { port: 8000, kind: coroutine }")) return;
    // `limits.idle` is `idle` in the map `limits`.
    struct Section {
        std::string_view name, example;
        std::vector<std::string_view> names;
    };
    std::vector<Section> sections{{"limits", "limits: { idle: 2m, connections: 1000 }", {}},
                                  {"calls", "calls: { port: 5000, most: 100 }", {}}};
    std::vector<std::string_view> plain;
    for (const std::string_view name : setting_names()) {
        const auto dot = name.find('.');
        if (dot == std::string_view::npos) {
            if (name != "app" || with_app) plain.push_back(name);
            continue;
        }
        for (Section& section : sections)
            if (section.name == name.substr(0, dot)) section.names.push_back(name.substr(dot + 1));
    }
    const auto take = [&](const yaml::Keys& keys, const std::vector<std::string_view>& names, const std::string& before) {
        for (const std::string_view name : names)
            if (const yaml::Node* n = keys.find(name))
                if (const Value* v = reader.scalar(*n, name)) out.push_back({before + std::string(name), *v});
    };
    std::vector<std::string_view> known;
    for (const Section& section : sections) known.push_back(section.name);
    known.insert(known.end(), plain.begin(), plain.end());
    const yaml::Keys keys(reader, node, "the settings", known);
    take(keys, plain, "");
    for (const Section& section : sections) {
        const yaml::Node* below = keys.find(section.name);
        if (below == nullptr || !reader.is_map(*below, section.name, section.example)) continue;
        const yaml::Keys section_keys(reader, *below, "the " + std::string(section.name), section.names);
        take(section_keys, section.names, std::string(section.name) + '.');
    }
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
