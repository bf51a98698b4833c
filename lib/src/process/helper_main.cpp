// Apart from helper.cpp, so that a program which only starts servers does not link the built-in ones.
#include <cstdio>
#include <string_view>

#include <unistd.h>

#include <volley/app/app.hpp>
#include <volley/server/spawn.hpp>

#include "process/supervisor.hpp"

namespace volley::server {
int helper_main(int argc, char** argv) {
    const std::string_view verb(argc > 1 ? argv[1] : "");
    if (verb == "supervise") {
        // No destructors and no leak check at its end: the supervisor owns nothing but its children.
        const int code = process::supervise(argc - 2, argv + 2);
        std::fflush(stderr);
        ::_exit(code);
    }
    if (verb == "serve") return app::serve_main(argc - 2, argv + 2);
    std::fputs("volley-server is volley's helper and not meant to be called by hand; it knows `supervise ...` and `serve ...`\n",
               stderr);
    return 2;
}

}  // namespace volley::server
