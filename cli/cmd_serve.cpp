// serve: the included server, or one from an application file, in the foreground.
#include <algorithm>
#include <string>

#include <unistd.h>

#include <volley/app/app.hpp>
#include <volley/error.hpp>

#include "exit_code.hpp"
#include "raw_args.hpp"
#include "verbs.hpp"

namespace volley::cli {
namespace {

void take_environment(app::ServeCall& out) {
    constexpr std::string_view prefix = "VOLLEY_";
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const auto equals = text.find('=');
        if (text.starts_with(prefix) && equals != std::string_view::npos)
            out.environment.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
}

/// The switch that it is named after, or its value.
void take_setting(app::ServeCall& out, std::string_view name, const TypedFlag& typed) {
    std::erase_if(out.flags, [&](const auto& flag) { return flag.first == name; });
    if (name == "log")
        out.flags.emplace_back(name, typed.negated ? "false" : "true");
    else if (!typed.negated)
        out.flags.emplace_back(name, typed.value);
}

}  // namespace

int cmd_serve(const Call& call) {
    const auto fail = [&](const std::string& text) {
        print_error(call.program, text);
        return measure_exit::usage;
    };
    const auto raw = parse_args(Verb::serve, call.args);
    if (!raw.error.empty()) return fail(raw.error);
    if (raw.positionals.size() > 1)
        return fail("serve takes one file, not '" + escape_for_terminal(raw.positionals[1]) + "' as well");

    app::ServeCall out;
    take_environment(out);
    if (!raw.positionals.empty()) {
        if (raw.positionals[0].empty()) return fail("the name of the application file is empty");
        out.file = raw.positionals[0];
    }
    for (const TypedFlag& typed : raw.flags) {
        switch (typed.id) {
            case FlagId::kind:
                take_setting(out, "kind", typed);
                break;
            case FlagId::host:
                take_setting(out, "host", typed);
                break;
            case FlagId::port:
                take_setting(out, "port", typed);
                break;
            case FlagId::processes:
                take_setting(out, "processes", typed);
                break;
            case FlagId::rtc_port:
                take_setting(out, "calls.port", typed);
                break;
            case FlagId::max_calls:
                take_setting(out, "calls.most", typed);
                break;
            case FlagId::max_calls_per_address:
                take_setting(out, "calls.most_per_address", typed);
                break;
            case FlagId::max_pixels:
                take_setting(out, "calls.most_pixels", typed);
                break;
            case FlagId::call_idle:
                take_setting(out, "calls.idle", typed);
                break;
            case FlagId::told_stun:
                take_setting(out, "calls.stun", typed);
                break;
            case FlagId::advertise:
                take_setting(out, "calls.advertise", typed);
                break;
            case FlagId::call_audio:
                take_setting(out, "calls.audio", typed);
                break;
            case FlagId::call_video:
                take_setting(out, "calls.video", typed);
                break;
            case FlagId::record_to:
                take_setting(out, "calls.record_to", typed);
                break;
            case FlagId::cors:
                take_setting(out, "calls.cors", typed);
                break;
            case FlagId::log:
                take_setting(out, "log", typed);
                break;
            case FlagId::fault:
                if (typed.negated)
                    out.faults.clear();
                else
                    out.faults.push_back(typed.value);
                break;
            case FlagId::reload:
                out.reload = !typed.negated;
                break;
            case FlagId::routes:
                out.print_routes = !typed.negated;
                break;
            case FlagId::print_settings:
                out.print_settings = !typed.negated;
                break;
            default:
                break;
        }
    }
    return app::run_serve(out);
}

}  // namespace volley::cli
