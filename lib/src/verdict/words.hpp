// A record in words: what it is, what usually causes it, what to change.
#pragma once

#include <cstdint>

#include <volley/verdict/record.hpp>

#include "verdict/assess.hpp"

namespace volley::verdict {

/// Fills `words`, `evidence` and `doubts` of a record that is otherwise complete.
void say(Record& record, const Assessment& a);

/// Fills `cause` and `advice`, by the server's name.
void advise(Record& record, const Assessment& a);

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

/// How much the record can be trusted.
[[nodiscard]] Confidence confidence_of(const Record& record, const Assessment& a);

}  // namespace volley::verdict
