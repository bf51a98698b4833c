#include <cstdio>
#include <functional>
#include <memory>
#include <string_view>
#include <system_error>

#include <boost/asio/this_coro.hpp>

#include <fmt/format.h>

#include <volley/app/app.hpp>

#include "app/build.hpp"
#include "app/call_processes.hpp"
#include "app/calls.hpp"
#include "app/processes.hpp"
#include "app/reload.hpp"
#include "app/settings.hpp"
#include "app/views.hpp"
#include "files/open_beneath.hpp"

namespace volley::app {
namespace asio = boost::asio;
namespace {

void print_error(std::string_view text) {
    const std::string line = "volley serve: " + escape_for_terminal(text) + "\n";
    std::fwrite(line.data(), 1, line.size(), stderr);
}

void print_access(const server::AccessRecord& record) {
    const std::string line =
        fmt::format("{} {} {} {} {} B {}\n", record.remote, record.method.empty() ? "-" : escape_for_terminal(record.method),
                    record.target.empty() ? "-" : escape_for_terminal(record.target),
                    record.status == 0 ? "gone" : std::to_string(record.status), record.bytes, format_duration(record.took));
    std::fwrite(line.data(), 1, line.size(), stderr);
}

void print_line(std::FILE* out, std::string_view line) {
    std::fwrite(line.data(), 1, line.size(), out);
    std::fflush(out);
}

/// How long a server with the fault `backlog` accepts nothing after it has accepted what there was: as long as views hold a loop.
constexpr Duration backlog_pause = std::chrono::milliseconds(100);

/// What a server is started with besides its options.
struct Content {
    view::Routes routes;
    const Built* watched = nullptr;  ///< where changes are to be taken up
    std::shared_ptr<Notice> notice;
    std::shared_ptr<SelfAddress> self;
    std::shared_ptr<Calls> calls;
    Duration stall{};           ///< how often the server stops for a second; 0: never
    std::uint64_t backlog = 0;  ///< of a server that is slow to accept; 0: it is not
    bool tells = true;          ///< whether changes that are taken up are told
};

/// Tells the views where they are before the first connection is accepted, then takes up changes where some are to be.
asio::awaitable<void> beside(const Content& content, std::string host, const std::function<void()>& ready,
                             server::Server& server) {
    content.self->set(host, server.local_port());
    ready();
    if (content.watched == nullptr) co_return;
    Reloader reloader(server, co_await asio::this_coro::executor, *content.watched, content.notice,
                      [&content](std::string_view text) {
                          if (content.tells) print_line(stderr, text);
                      });
    co_await reloader.run();
}

CallOptions calls_of(const ServeOptions& options) {
    CallOptions calls = options.app.calls;
    calls.host = options.host;
    return calls;
}

server::Options settings_of(const ServeOptions& options, const Content& content) {
    server::Options settings;
    settings.kind = options.kind;
    settings.host = options.host;
    settings.port = options.port;
    settings.sync_threads = options.sync_threads;
    settings.limits = options.limits;
    settings.stall_every = content.stall;
    if (content.backlog > 0) {
        settings.backlog = static_cast<int>(content.backlog);
        settings.accept_pause = backlog_pause;
    }
    settings.on_error = print_error;
    settings.on_notice = print_error;
    if (options.log) settings.on_access = print_access;
    return settings;
}

/// Who names a port, a sound, a film or a folder wants to hear now that it cannot be had. All else is made by the first call, and costs
/// nothing until then.
std::optional<std::string> start_calls(Calls& calls) {
    const CallOptions& options = calls.options();
    const bool can_fail = options.port != 0 || !options.record_to.empty() || !options.video.empty() ||
                          (options.audio != "echo" && options.audio != "none");
    return can_fail ? calls.start() : std::nullopt;
}

/// One process, or one of several. @param ready  called when it takes connections
int run(Content& content, const server::Options& settings, const std::function<void()>& ready) {
    if (const auto why = start_calls(*content.calls)) {
        print_error(*why);
        return 3;
    }
    auto task = [&content, &ready, host = settings.host](server::Server& server) { return beside(content, host, ready, server); };
    return server::run(std::move(content.routes), settings, std::move(task), [&content] { content.calls->close(); });
}

int run(const ServeOptions& options, Content content) {
    const server::Options settings = settings_of(options, content);
    if (options.processes <= 1) return run(content, settings, [] {});
    std::shared_ptr<CallProcesses> processes;
    try {
        processes = std::make_shared<CallProcesses>(options.processes, content.calls->options());
    } catch (const std::system_error& e) {
        print_error(e.what());
        return 3;
    }
    const auto work = [&](ProcessWork mine) {
        // What is said of files and views is the same in each.
        content.tells = mine.number == 0;
        if (!content.tells) mine.settings.on_notice = [](std::string_view) {};
        if (const auto why = content.calls->join(processes, mine.number)) {
            print_error(*why);
            return 3;
        }
        return run(content, mine.settings, mine.ready);
    };
    return run_processes(settings, options.processes, work, [&] { processes->close(); });
}

/// Everything that `volley serve` reads before it serves.
struct Prepared {
    appfile::SettingsFile file;
    std::string application;  ///< its path; empty: the included one
    std::shared_ptr<Notice> notice = std::make_shared<Notice>();
    std::shared_ptr<SelfAddress> self = std::make_shared<SelfAddress>();
    std::shared_ptr<Calls> calls = std::make_shared<Calls>();
    Built built;
    Settings settings;
    IncludedFaults faults;
    std::vector<std::string> errors;  ///< ready to be printed
};

void take(Prepared& out, const std::vector<SourceError>& errors) {
    for (const SourceError& e : errors) out.errors.push_back(format_source_error(e));
}

Prepared prepare(const ServeCall& call) {
    Prepared out;
    const auto variable = [&](const std::string& name) {
        const auto at = call.environment.find(name);
        return at == call.environment.end() ? std::string() : at->second;
    };
    if (const std::string path = variable("VOLLEY_SETTINGS"); !path.empty()) {
        const auto text = files::read_file(path, 1 << 20);
        if (text) {
            out.file = appfile::load_settings(*text, path);
            take(out, out.file.errors);
        } else {
            out.errors.push_back(
                fmt::format("VOLLEY_SETTINGS={}: cannot read the file: {}", escape_for_terminal(path), text.error().message()));
        }
    }
    out.application = !call.file.empty() ? call.file : variable("VOLLEY_APP");
    if (out.application.empty())
        for (const auto& setting : out.file.settings)
            if (setting.name == "app") {
                const bool absolute = setting.value.text.starts_with('/');
                out.application = (absolute ? std::string() : folder_of(out.file.file)) + setting.value.text;
            }
    if (!out.application.empty()) {
        out.built = build_application(out.application, std::make_shared<view::Gauge>(), out.notice, out.self, out.calls);
        take(out, out.built.errors);
    }
    std::vector<std::pair<std::string, std::string>> flags = call.flags;
    if (!call.file.empty()) flags.emplace_back("app", call.file);
    out.settings = resolve_settings(flags, call.environment, out.file, out.built.application);
    out.errors.insert(out.errors.end(), out.settings.errors.begin(), out.settings.errors.end());
    out.calls->configure(calls_of(out.settings.options));
    for (const std::string& fault : call.faults)
        if (const auto wrong = appfile::add_fault(fault, fault.starts_with("buffer") ? out.faults.ticks : out.faults.offer))
            out.errors.push_back(fmt::format("--fault={}: {} ({})", escape_for_terminal(fault), wrong->text, wrong->hint));
    if (!call.faults.empty() && !out.application.empty())
        out.errors.push_back(fmt::format("--fault is for /offer of the included application: write `fault:` on a route of {}",
                                         escape_for_terminal(out.application)));
    const ServeOptions& options = out.settings.options;
    if (options.processes > 1 && options.app.calls.port + options.processes - 1 > 65535U)
        out.errors.push_back(fmt::format("{} processes have the UDP ports from {} on, one each, and there are none behind 65535",
                                         options.processes, options.app.calls.port));
    if (call.reload && out.application.empty())
        out.errors.emplace_back("--reload needs an application file: volley serve app.yaml --reload");
    return out;
}

}  // namespace

int run_serve(const ServeOptions& options) {
    Content content;
    content.self = std::make_shared<SelfAddress>();
    AppOptions app = options.app;
    app.self = content.self;
    content.calls = std::make_shared<Calls>(calls_of(options));
    content.routes = make_routes({}, app, content.calls);
    return run(options, std::move(content));
}

int run_serve(const ServeCall& call) {
    Prepared ready = prepare(call);
    if (!ready.errors.empty()) {
        std::string text;
        for (const std::string& e : ready.errors) {
            // Those of files bring their place along; the others are ours to name.
            text += e.find(": error: ") == std::string::npos ? "volley serve: " + e : e;
            if (!text.ends_with('\n')) text += '\n';
        }
        print_line(stderr, text);
        return 2;
    }
    const bool included = ready.application.empty();
    if (included) {
        AppOptions app = ready.settings.options.app;
        app.self = ready.self;
        ready.built.routes = make_routes(ready.faults, app, ready.calls);
    }
    if (call.print_settings) {
        print_line(stdout, print_settings(ready.settings.rows));
        return 0;
    }
    if (call.print_routes) {
        auto table = included ? table_of(ready.built.routes) : ready.built.table;
        for (RouteRow& row : table) {
            if (!included) break;
            // Its paths are called after their views, but for the page and the sleep.
            const std::string word = row.path.substr(1, row.path.find('/', 1) - 1);
            row.view = word.empty() || word.starts_with("client") ? "page" : word == "offer" ? "sleep" : word;
            if (word == "offer") row.fault = ready.faults.offer.text;
            if (word == "ticks") row.fault = ready.faults.ticks.text;
        }
        print_line(stdout, print_table(table));
        return 0;
    }
    Content content;
    content.routes = std::move(ready.built.routes);
    content.watched = call.reload ? &ready.built : nullptr;
    content.notice = ready.notice;
    content.self = ready.self;
    content.calls = ready.calls;
    content.stall = included ? ready.faults.offer.stall : appfile::stall_of(ready.built.application);
    content.backlog = included ? ready.faults.offer.backlog : appfile::backlog_of(ready.built.application);
    return run(ready.settings.options, std::move(content));
}

int serve_main(int argc, const char* const* argv) {
    constexpr std::string_view known = "flags: --kind, --host, --port, --log, --rtc-port, --max-calls, ..., --fault";
    ServeCall call;
    const auto refuse = [](std::string_view text) {
        print_error(text);
        return 2;
    };
    for (int i = 0; i < argc; ++i) {
        std::string_view flag = argv[i];
        if (flag == "--log") {
            call.flags.emplace_back("log", "true");
            continue;
        }
        std::string_view value;
        if (const auto equals = flag.find('='); equals != std::string_view::npos) {
            value = flag.substr(equals + 1);
            flag = flag.substr(0, equals);
        } else if (i + 1 < argc) {
            value = argv[++i];
        } else {
            return refuse(fmt::format("'{}' is not known, or needs a value; {}", flag, known));
        }
        if (flag == "--fault")
            call.faults.emplace_back(value);
        else if (const auto setting = flag.starts_with("--") ? setting_of_flag(flag.substr(2)) : std::nullopt)
            call.flags.emplace_back(*setting, value);
        else
            return refuse(fmt::format("'{}' is not known; {}", flag, known));
    }
    return run_serve(call);
}

}  // namespace volley::app
