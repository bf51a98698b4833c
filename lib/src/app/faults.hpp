// What goes wrong with a route on purpose, around its view.
#pragma once

#include <cstdint>

#include "app/views.hpp"
#include "appfile/model.hpp"

namespace volley::app {

/// Puts limit, failing share, pace, lock or semaphore, buffer, what happens when the client has left, and what happens to the connection
/// around a view; how a sleep is spent is the view's own (SleepWays), and backlog and stall are the server's (server::Options).
/// A request holds its place until its stream has ended. Works on every kind of server: what is shared between threads is locked.
/// @param seed  of the failing share: the same requests in the same order fail.
[[nodiscard]] Answer with_faults(Answer view, const appfile::Faults& faults, std::uint64_t seed);

}  // namespace volley::app
