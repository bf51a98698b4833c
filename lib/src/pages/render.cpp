#include <algorithm>

#include <volley/http/message.hpp>

#include "pages/escape.hpp"
#include "pages/template.hpp"
#include "yaml/reader.hpp"

namespace volley::pages {

const Value* find_member(const Value& value, std::string_view name) noexcept {
    const auto* map = std::get_if<Map>(&value.node);
    if (map == nullptr) return nullptr;
    const auto at = std::find_if(map->begin(), map->end(), [&](const Member& member) { return member.name == name; });
    return at == map->end() ? nullptr : &at->value;
}

namespace {

/// What a name stands for: a value of the file, a text of the request, the fields of the request, or nothing.
struct Found {
    const Value* value = nullptr;
    std::optional<std::string_view> text;
    const Fields* fields = nullptr;
};

class Renderer {
public:
    Renderer(const Template& page, const RequestNames& request) : page_(page), request_(request) {}

    std::optional<SourceError> error;
    std::string out;

    void write(const std::vector<Piece>& pieces) {
        for (const Piece& piece : pieces) {
            if (error) return;
            switch (piece.kind) {
                case Piece::Kind::text:
                    out += piece.text;
                    break;
                case Piece::Kind::output:
                    write_value(piece.expression);
                    break;
                case Piece::Kind::condition:
                    write(holds(piece.expression) ? piece.body : piece.otherwise);
                    break;
                case Piece::Kind::loop:
                    write_loop(piece);
                    break;
            }
            if (out.size() > max_output_bytes) fail(piece.pos, "the page grows over 4 MiB", "shorten its lists or its values");
        }
    }

private:
    struct LoopName {
        std::string_view name;
        Found found;
    };

    void fail(SourcePos pos, std::string text, std::string hint) {
        if (!error) error = yaml::error_at({page_.file, page_.lines}, pos, std::move(text), std::move(hint));
    }

    static std::optional<std::string_view> field(const Fields* fields, std::string_view name, bool any_case) {
        if (fields == nullptr) return std::nullopt;
        for (const auto& [key, value] : *fields)
            if (any_case ? http::iequals(key, name) : key == name) return value;
        return std::nullopt;
    }

    Found find(const Expression& e) const {
        using Root = Expression::Root;
        Found found;
        const auto fields_or_one = [&](const Fields* fields, bool any_case) {
            if (e.path.empty())
                found.fields = fields;
            else
                found.text = field(fields, e.path[0], any_case);
        };
        switch (e.root) {
            case Root::method:
                found.text = request_.method;
                break;
            case Root::path:
                found.text = request_.path;
                break;
            case Root::query:
                fields_or_one(request_.query, false);
                break;
            case Root::params:
                fields_or_one(request_.params, false);
                break;
            case Root::headers:
                fields_or_one(request_.headers, true);
                break;
            case Root::with:
                found.value = &page_.with;
                for (const auto& part : e.path)
                    if (found.value != nullptr) found.value = find_member(*found.value, part);
                break;
            case Root::loop:
                for (auto it = loops_.rbegin(); it != loops_.rend(); ++it) {
                    if (it->name != e.path[0]) continue;
                    found = it->found;
                    break;
                }
                for (std::size_t i = 1; i < e.path.size() && found.value != nullptr; ++i)
                    found.value = find_member(*found.value, e.path[i]);
                // A field of the request is a pair: its name is kept in `text` of the first, its value in the second.
                if (found.fields != nullptr) {
                    const auto& [name, value] = found.fields->at(0);
                    found = {nullptr, e.path.size() > 1 && e.path[1] == "name" ? name : value, nullptr};
                }
                break;
        }
        if (found.value != nullptr)
            if (const auto* text = std::get_if<std::string>(&found.value->node)) found.text = *text;
        return found;
    }

    bool holds(const Expression& e) const {
        const Found found = find(e);
        bool truth = false;
        if (found.text)
            truth = !found.text->empty() && *found.text != "false";
        else if (found.fields != nullptr)
            truth = !found.fields->empty();
        else if (found.value != nullptr && std::holds_alternative<List>(found.value->node))
            truth = !std::get<List>(found.value->node).empty();
        else if (found.value != nullptr)
            truth = !std::get<Map>(found.value->node).empty();
        return truth != e.negated;
    }

    void write_value(const Expression& e) {
        const Found found = find(e);
        std::string_view text = found.text.value_or("");
        if (text.empty() && e.fallback) text = *e.fallback;
        if (e.safe)
            out += text;
        else
            append_escaped(out, text);
    }

    void write_loop(const Piece& piece) {
        const Found found = find(piece.expression);
        bool any = false;
        const auto turn = [&](Found item) {
            any = true;
            if (++iterations_ > max_iterations)
                fail(piece.pos, "the loops of this page turn over 100000 times", "shorten the lists");
            if (error) return;
            loops_.push_back({piece.text, item});
            write(piece.body);
            loops_.pop_back();
        };
        if (found.fields != nullptr) {
            for (const auto& one : *found.fields) {
                const Fields pair{one};
                turn({nullptr, std::nullopt, &pair});
            }
        } else if (found.value != nullptr) {
            if (const auto* list = std::get_if<List>(&found.value->node))
                for (const Value& item : *list) turn({&item, std::nullopt, nullptr});
        }
        if (!any) write(piece.otherwise);
    }

    const Template& page_;
    const RequestNames& request_;
    std::vector<LoopName> loops_;
    std::size_t iterations_ = 0;
};

}  // namespace

std::variant<std::string, SourceError> render(const Template& page, const RequestNames& request) {
    Renderer renderer(page, request);
    renderer.write(page.pieces);
    if (renderer.error) return std::move(*renderer.error);
    return std::move(renderer.out);
}

}  // namespace volley::pages
