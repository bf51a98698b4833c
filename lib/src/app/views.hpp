// The views whose behaviour is known, for the included application and for application files.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <volley/app/app.hpp>
#include <volley/time.hpp>
#include <volley/view.hpp>

#include "app/sleep.hpp"
#include "appfile/model.hpp"

namespace volley::app {

class Calls;

/// An asynchronous view, whatever the method.
using Answer = std::function<view::awaitable<view::Response>(const view::Request&)>;

[[nodiscard]] Answer sleep_view(SleepWays ways);
[[nodiscard]] Answer echo_view();
[[nodiscard]] Answer ping_view();
/// @param names  what the routes are called besides their patterns. @param own  the pattern of its own route, which is left out.
[[nodiscard]] Answer inflight_view(std::shared_ptr<view::Gauge> gauge, std::map<std::string, std::string> names, std::string own);
[[nodiscard]] Answer status_view(int code);
[[nodiscard]] Answer redirect_view(int status, std::string to);
[[nodiscard]] Answer bytes_view(std::uint64_t n);
/// The request's `n` and `every` win.
[[nodiscard]] Answer ticks_view(std::uint64_t n, Duration every);
/// So many requests to `path` of this server, all at once; the request's own `n` wins.
[[nodiscard]] Answer fanout_view(std::uint64_t n, std::string path, std::shared_ptr<const SelfAddress> self);

/// Whether the Content-Type is that, whatever its parameters.
[[nodiscard]] bool has_type(const view::Request& request, std::string_view type);

/// A view that answers these methods; any method where there are none.
[[nodiscard]] view::AnyView view_of(const Answer& answer, const std::vector<std::string>& methods);

/// The families of the included application that wait for something real, each in a file of its own.
/// `/fanout`: requests to this same server, all at once.
void add_fanout(view::Routes& routes, const AppOptions& options);
/// `/query`: SQL through a pool of connections.
void add_query(view::Routes& routes, const AppOptions& options);
/// `/file`: a file on disk.
void add_file(view::Routes& routes);

/// What goes wrong with the included application: `--fault`.
struct IncludedFaults {
    appfile::Faults offer;
    appfile::Faults ticks;  ///< `buffer`: it streams
};
[[nodiscard]] view::Routes make_routes(const IncludedFaults& faults, const AppOptions& options,
                                       const std::shared_ptr<Calls>& calls);

}  // namespace volley::app
