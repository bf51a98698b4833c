// Which server it is, by what it says of itself.
#pragma once

#include <cstdint>

#include <volley/verdict/observation.hpp>

namespace volley::verdict {

/// The families of servers that advice differs for, in the order in which they are looked for.
enum class Family : std::uint8_t {
    unknown,
    django,  ///< its own servers: runserver, daphne
    asgi,    ///< uvicorn, hypercorn, granian: Starlette, FastAPI, Django and others behind them
    wsgi,    ///< gunicorn and other servers of workers
    node,
    nginx,  ///< and other proxies
    jvm,
};
[[nodiscard]] Family family_of(const Observation& seen);

/// A program that passes requests on, by the name of its process. Through one kept-alive or multiplexed connection it does so without
/// opening any, so that connections do not tell.
[[nodiscard]] bool is_forwarder(const Observation& seen);

/// Is it one of those whose workers read, answer and write one request before they look at the next? To such a server a canary is a
/// request like any other.
[[nodiscard]] bool is_worker_server(const Observation& seen);

}  // namespace volley::verdict
