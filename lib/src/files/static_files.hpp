// Files as they are, from below a folder.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <volley/view.hpp>

#include "files/open_beneath.hpp"

namespace volley::files {

/// An asynchronous view, whatever the method.
using Answer = std::function<view::awaitable<view::Response>(const view::Request&)>;

/// Serves what is below `folder`, by the parameter `path` of a route that ends in `{path...}`. GET and HEAD; conditional requests and one
/// range. A folder answers with its index.html or 404, never with a list. Files are read off the loop in pieces of 64 KiB.
[[nodiscard]] Answer static_view(std::shared_ptr<Descriptor> folder, Beneath how = Beneath::kernel);

/// Serves one file, whatever its name is, found anew for each request.
[[nodiscard]] Answer file_view(std::string path);

}  // namespace volley::files
