#include "app/build.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "app/call_views.hpp"
#include "app/faults.hpp"
#include "files/open_beneath.hpp"
#include "files/static_files.hpp"
#include "pages/escape.hpp"
#include "pages/template.hpp"
#include "yaml/words.hpp"

namespace volley::app {
namespace {

using appfile::Route;
using view::awaitable;
using view::Request;
using view::Response;
using View = Route::View;

awaitable<Response> render_page(std::shared_ptr<const pages::Template> page, const Request& request) {
    pages::RequestNames names;
    names.method = request.method;
    names.path = request.path;
    names.query = &request.query;
    names.params = &request.params;
    names.headers = &request.headers.fields();
    auto result = pages::render(*page, names);
    if (auto* error = std::get_if<SourceError>(&result)) co_return Response::error(500, format_source_error(*error));
    co_return Response::html(std::get<std::string>(std::move(result)));
}

Answer page_view(std::shared_ptr<const pages::Template> page) {
    return [page](const Request& request) { return render_page(page, request); };
}

awaitable<Response> show(std::shared_ptr<const std::string> html) { co_return Response::html(*html); }

/// The page at "/" of a file that has none: which routes there are.
std::string make_index(const appfile::Application& application, const std::vector<RouteRow>& table) {
    std::string out = "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>";
    const std::string name = pages::escape_html(application.name.empty() ? application.file : application.name);
    out += name +
           "</title>\n<style>:root { color-scheme: light dark; } body { font: 16px/1.5 system-ui, sans-serif; margin: 3rem auto; "
           "max-width: 50rem; } td, th { text-align: left; padding: .2rem 1rem .2rem 0; }</style>\n<body>\n<h1>" +
           name + "</h1>\n<table>\n<tr><th>path<th>methods<th>view<th>name<th>fault\n";
    for (const RouteRow& row : table) {
        out += "<tr>";
        for (const std::string* cell : {&row.path, &row.methods, &row.view, &row.name, &row.fault}) {
            out += "<td>";
            pages::append_escaped(out, *cell);
        }
        out += '\n';
    }
    return out + "</table>\n</html>\n";
}

std::vector<std::string> usual_methods(View view) {
    switch (view) {
        case View::sleep:
        case View::ping:
            return {"GET", "POST"};
        case View::echo:
        case View::redirect:
        case View::status:
            return {};
        default:
            return {"GET"};
    }
}

class Builder {
public:
    Builder(Built& out, std::shared_ptr<const Notice> notice) : out_(out), notice_(std::move(notice)) {
        for (const Route& route : app().routes)
            if (route.name != route.path) names_[route.pattern] = route.name;
    }

    void add_all() {
        bool has_root = false;
        for (const Route& route : app().routes) {
            const bool is_root = appfile::to_string(route.view) == "static" ? route.path == "/" : route.pattern == "/";
            has_root = has_root || is_root;
            if (route.view == View::whip)
                add_whip(route);
            else if (Answer answer = view_for(route))
                add(route, std::move(answer));
        }
        const auto by_pattern = out_.routes.list();
        for (RouteRow& row : out_.table)
            for (const auto& info : by_pattern)
                if (info.pattern == row.path) {
                    row.async = info.async;
                    row.methods = info.allow;
                }
        if (has_root) return;
        const auto html = std::make_shared<const std::string>(make_index(app(), out_.table));
        const Answer index = with_notice([html](const Request&) { return show(html); }, notice_);
        out_.routes.add_view("/", view_of(index, {"GET"}));
    }

private:
    const appfile::Application& app() const { return out_.application; }
    void fail(SourcePos pos, std::string text, std::string hint) {
        out_.errors.push_back(appfile::error_at(app(), pos, std::move(text), std::move(hint)));
    }
    std::string path_of(const appfile::Value& value) {
        std::string path = value.text.starts_with('/') ? value.text : folder_of(app().file) + value.text;
        if (std::find(out_.watched.begin(), out_.watched.end(), path) == out_.watched.end()) out_.watched.push_back(path);
        return path;
    }

    Answer page_for(const Route& route) {
        const std::string path = path_of(route.file);
        const auto text = files::read_file(path, pages::max_page_bytes);
        if (!text) {
            fail(route.file.pos, "cannot read the page " + yaml::in_quotes(path) + ": " + text.error().message(),
                 "a relative name begins at the folder of this file");
            return nullptr;
        }
        out_.fingerprint += *text;
        out_.fingerprint += '\0';
        auto parsed = pages::parse_template(*text, path, route.with);
        for (auto& e : parsed.errors) out_.errors.push_back(std::move(e));
        return page_view(std::make_shared<const pages::Template>(std::move(parsed.page)));
    }

    Answer static_for(const Route& route) {
        const std::string path = path_of(route.file);
        auto folder = files::open_folder(path);
        if (folder) return files::static_view(std::move(*folder));
        fail(route.file.pos, "cannot open the folder " + yaml::in_quotes(path) + ": " + folder.error().message(),
             "a relative name begins at the folder of this file");
        return nullptr;
    }

    Answer file_for(const Route& route) {
        const std::string path = path_of(route.file);
        const auto file = files::open_file(path);
        if (file && !file->is_folder) return files::file_view(path);
        fail(route.file.pos,
             file ? yaml::in_quotes(path) + " is a folder"
                  : "cannot open " + yaml::in_quotes(path) + ": " + file.error().message(),
             file ? "serve it with { view: static, root: " + route.file.text + " }"
                  : "a relative name begins at the folder of this file");
        return nullptr;
    }

    Answer view_for(const Route& route) {
        switch (route.view) {
            case View::sleep:
                return offer_view(ways_of(route.faults, route.sleep), out_.calls);
            case View::echo:
                return echo_view();
            case View::ping:
                return ping_view();
            case View::inflight:
                return inflight_view(out_.routes.gauge(), names_, route.pattern);
            case View::page:
                return page_for(route);
            case View::static_files:
                return static_for(route);
            case View::file:
                return file_for(route);
            case View::redirect:
                return redirect_view(route.status, route.to);
            case View::status:
                return status_view(route.status);
            case View::bytes:
                return bytes_view(route.n);
            case View::ticks:
                return ticks_view(route.n, route.every);
            case View::fanout:
                return fanout_view(route.n, route.to, out_.self);
            case View::whip:
                return nullptr;  // more than one answer: add_whip()
        }
        return nullptr;
    }

    void add_whip(const Route& route) {
        const auto row = [&](std::string pattern, view::AnyView view) {
            add_to_routes(route, pattern, std::move(view));
            const std::string name = route.name == route.path ? std::string() : route.name;
            out_.table.push_back({std::move(pattern), "", std::string(appfile::to_string(route.view)), name, "", true});
        };
        row(route.pattern, whip_endpoint(out_.calls));
        row(route.pattern + "/{session}", whip_session(out_.calls));
    }

    bool add_to_routes(const Route& route, const std::string& pattern, view::AnyView view) {
        try {
            out_.routes.add_view(pattern, std::move(view));
        } catch (const std::invalid_argument& e) {
            fail(route.pos, e.what(), "");
            return false;
        }
        return true;
    }

    void add(const Route& route, Answer answer) {
        answer = with_faults(std::move(answer), route.faults, app().seed);
        if (route.view == View::page || route.path == "/") answer = with_notice(std::move(answer), notice_);
        const auto methods = route.methods.empty() ? usual_methods(route.view) : route.methods;
        if (!add_to_routes(route, route.pattern, view_of(answer, methods))) return;
        out_.table.push_back({route.pattern, "", std::string(appfile::to_string(route.view)),
                              route.name == route.path ? std::string() : route.name, route.faults.text, true});
    }

    Built& out_;
    std::shared_ptr<const Notice> notice_;
    std::map<std::string, std::string> names_;
};

}  // namespace

std::string folder_of(const std::string& file) {
    const auto slash = file.rfind('/');
    return slash == std::string::npos ? std::string() : file.substr(0, slash + 1);
}

Built build_application(const std::string& file, std::shared_ptr<view::Gauge> gauge, std::shared_ptr<const Notice> notice,
                        std::shared_ptr<const SelfAddress> self, std::shared_ptr<Calls> calls) {
    Built out;
    out.self = std::move(self);
    out.calls = calls ? std::move(calls) : std::make_shared<Calls>();
    out.routes = view::Routes(std::move(gauge));
    out.watched.push_back(file);
    const auto text = files::read_file(file, 1 << 20);
    if (!text) {
        out.application.file = file;
        out.fingerprint = text.error().message();
        out.errors.push_back({file, {}, "cannot read the file: " + text.error().message(), "", ""});
        return out;
    }
    out.fingerprint = *text;
    out.fingerprint += '\0';
    auto loaded = appfile::load_application(*text, file);
    out.application = std::move(loaded.application);
    out.errors = std::move(loaded.errors);
    Builder(out, std::move(notice)).add_all();
    return out;
}

std::vector<RouteRow> table_of(const view::Routes& routes) {
    std::vector<RouteRow> rows;
    for (const auto& info : routes.list()) rows.push_back({info.pattern, info.allow, "", "", "", info.async});
    return rows;
}

std::string print_table(const std::vector<RouteRow>& rows) {
    std::vector<std::array<std::string, 6>> lines{{"path", "methods", "view", "async", "name", "fault"}};
    for (const RouteRow& row : rows)
        lines.push_back({escape_for_terminal(row.path), row.methods, row.view, row.async ? "yes" : "no", row.name, row.fault});
    std::array<std::size_t, 6> widths{};
    for (const auto& line : lines)
        for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
    std::string out;
    for (const auto& line : lines) {
        std::string text;
        for (std::size_t i = 0; i < line.size(); ++i)
            if (widths[i] > 0) text += fmt::format("{:<{}}  ", line[i], widths[i]);
        text.erase(text.find_last_not_of(' ') + 1);
        out += text + '\n';
    }
    return out;
}

}  // namespace volley::app
