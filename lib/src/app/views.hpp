// The views that wait for something real: each family in a file of its own.
#pragma once

#include <volley/app/app.hpp>
#include <volley/view.hpp>

namespace volley::app {

/// `/fanout`: requests to this same server, all at once.
void add_fanout(view::Routes& routes, const AppOptions& options);
/// `/query`: SQL through a pool of connections.
void add_query(view::Routes& routes, const AppOptions& options);
/// `/file`: a file on disk.
void add_file(view::Routes& routes);

}  // namespace volley::app
