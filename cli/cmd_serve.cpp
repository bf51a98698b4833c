// serve: the included server, in the foreground.
#include <charconv>
#include <string>

#include <volley/app/app.hpp>
#include <volley/error.hpp>

#include "exit_code.hpp"
#include "raw_args.hpp"
#include "verbs.hpp"

namespace volley::cli {

int cmd_serve(const Call& call) {
    const auto fail = [&](const std::string& text) {
        print_error(call.program, text);
        return measure_exit::usage;
    };
    const auto raw = parse_args(Verb::serve, call.args);
    if (!raw.error.empty()) return fail(raw.error);
    if (!raw.positionals.empty())
        return fail("serve takes no argument such as '" + escape_for_terminal(raw.positionals[0]) + '\'');

    app::ServeOptions options;
    const app::ServeOptions defaults;
    for (const TypedFlag& typed : raw.flags) {
        switch (typed.id) {
            case FlagId::kind: {
                const auto kind = typed.negated ? Result<server::Kind>(defaults.kind) : server::parse_kind(typed.value);
                if (!kind)
                    return fail("--kind=" + escape_for_terminal(typed.value) +
                                ": coroutine, pool:W (W from 1 to 1000) or serial is expected");
                options.kind = *kind;
                break;
            }
            case FlagId::host:
                options.host = typed.negated ? defaults.host : typed.value;
                break;
            case FlagId::log:
                options.log = !typed.negated;
                break;
            case FlagId::port: {
                if (typed.negated) {
                    options.port = defaults.port;
                    break;
                }
                const std::string& text = typed.value;
                const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), options.port);
                if (ec != std::errc{} || end != text.data() + text.size())
                    return fail("--port=" + escape_for_terminal(text) + ": a port from 0 to 65535 is expected");
                break;
            }
            default:
                break;
        }
    }
    return app::run_serve(options);
}

}  // namespace volley::cli
