// The page at "/".
#pragma once

#include <string>

#include <volley/view.hpp>

namespace volley::app {

/// HTML that names the views and how to call them.
[[nodiscard]] std::string make_page();

}  // namespace volley::app
