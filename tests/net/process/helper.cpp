// `supervise ...`: what the tests use as volley's helper.
// `own PORT PROGRAM ARGUMENT...`: starts a server, prints "ready", and then waits to be killed, as a volley in the middle of a run.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <unistd.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <volley/server/spawn.hpp>

#include "process/supervisor.hpp"

namespace {

int own(int argc, char** argv) {
    volley::server::set_helper({argv[0]});
    volley::server::SpawnSpec spec;
    spec.port = static_cast<std::uint16_t>(std::atoi(argv[2]));
    spec.argv.assign(argv + 3, argv + argc);
    spec.stop_grace = std::chrono::milliseconds(300);
    boost::asio::io_context io(1);
    volley::Diagnostics why;
    auto server = volley::server::spawn_server(io.get_executor(), spec, why);
    if (!server) {
        std::fprintf(stderr, "%s\n", why.message.c_str());
        return 1;
    }
    boost::asio::co_spawn(io, (*server)->wait_ready(why), [&](std::exception_ptr, volley::error_code ec) {
        std::puts(ec ? why.message.c_str() : "ready");
        std::fflush(stdout);
    });
    io.run();  // the log keeps it busy until somebody kills us
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string verb(argc > 1 ? argv[1] : "");
    if (verb == "supervise") ::_exit(volley::process::supervise(argc - 2, argv + 2));
    if (verb == "own" && argc > 3) return own(argc, argv);
    return 2;
}
