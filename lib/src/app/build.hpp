// From an application file to routes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <volley/app/app.hpp>

#include "app/notice.hpp"
#include "appfile/model.hpp"

namespace volley::app {

class Calls;

/// One line of the table of routes.
struct RouteRow {
    std::string path, methods, view, name, fault;
    bool async = true;
};

/// What came of a file, or everything that is wrong with it and with the files that it names.
struct Built {
    appfile::Application application;
    view::Routes routes;
    std::vector<RouteRow> table;
    std::vector<std::string> watched;  ///< every file and folder that it depends on, itself first
    std::string fingerprint;           ///< of all that was read: the same text, the same routes
    std::vector<SourceError> errors;
    std::shared_ptr<Calls> calls;             ///< for the views that take some
    std::shared_ptr<const SelfAddress> self;  ///< where its server listens, for the views that ask it
};

/// Reads the application file, its pages, and opens its folders. Blocks.
/// @param calls  of the views that take some, which go on when the file is read anew; none: their own.
/// @param gauge  that counts go on in. @param notice  what its HTML begins with.
[[nodiscard]] Built build_application(const std::string& file, std::shared_ptr<view::Gauge> gauge,
                                      std::shared_ptr<const Notice> notice, std::shared_ptr<const SelfAddress> self = nullptr,
                                      std::shared_ptr<Calls> calls = nullptr);

/// The table of routes that were put together otherwise: without views and names.
[[nodiscard]] std::vector<RouteRow> table_of(const view::Routes& routes);

/// Columns side by side, the first line naming them; hostile bytes are escaped.
[[nodiscard]] std::string print_table(const std::vector<RouteRow>& rows);

/// The folder that relative names in a file begin at, with its slash; empty for the current one.
[[nodiscard]] std::string folder_of(const std::string& file);

}  // namespace volley::app
