// The whole of an application file: its top level.
#include <array>

#include "appfile/read.hpp"

namespace volley::appfile {

using namespace std::string_view_literals;

SourceError error_at(const Application& where, SourcePos pos, std::string text, std::string hint) {
    return yaml::error_at({where.file, where.lines}, pos, std::move(text), std::move(hint));
}

yaml::YamlTree read_tree(std::string_view text, std::string_view noun, std::vector<std::string>& lines) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    if (text.size() <= yaml::max_text_bytes) lines = yaml::split_lines(text);
    return yaml::read_yaml(text, noun);
}

LoadResult load_application(std::string_view text, std::string file) {
    LoadResult out;
    Application& app = out.application;
    app.file = std::move(file);
    yaml::YamlTree tree = read_tree(text, "application file", app.lines);
    yaml::Reader reader({app.file, app.lines});
    for (auto& e : tree.errors) reader.error(e.pos, std::move(e.text), std::move(e.hint));
    constexpr std::string_view begin = "begin with `version: 1`; see volley-serve(5)";
    if (tree.usable && tree.root.kind == yaml::Node::Kind::null) {
        reader.error({}, "the file is empty", std::string(begin));
    } else if (tree.usable && tree.root.kind != yaml::Node::Kind::map) {
        reader.error(tree.root.pos(), std::string("an application file is a map, not ") + yaml::kind_name(tree.root.kind),
                     std::string(begin));
    } else if (tree.usable) {
        static constexpr std::array known{"version"sv, "name"sv, "seed"sv, "settings"sv, "routes"sv};
        static constexpr std::array later{yaml::LaterKey{"scenarios", "this is a scenario: run it with `volley run`"},
                                          yaml::LaterKey{"phases", "this is a scenario: run it with `volley run`"},
                                          yaml::LaterKey{"middleware", ""}};
        const yaml::Keys keys(reader, tree.root, "an application file", known, later);
        if (const yaml::Node* n = keys.require("version", "begin the file with `version: 1`"))
            if (const auto version = reader.text(*n, "version"); version && *version != "1")
                reader.error(n->pos(), "version `" + escape_for_terminal(version->substr(0, 40)) + "` is not known",
                             "this program reads version 1");
        if (const yaml::Node* n = keys.find("name"))
            if (const Value* v = reader.scalar(*n, "name")) app.name = v->text;
        if (const yaml::Node* n = keys.find("seed")) app.seed = reader.count(*n, "seed", 0, UINT64_MAX).value_or(1);
        if (const yaml::Node* n = keys.find("settings")) read_settings(reader, *n, false, app.settings);
        if (const yaml::Node* n = keys.require("routes", "write `routes: { /ping: ping }`")) read_routes(reader, *n, app.routes);
    }
    out.errors = reader.take_errors();
    return out;
}

}  // namespace volley::appfile
