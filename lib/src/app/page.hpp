// The page at "/".
#pragma once

#include <string>
#include <vector>

#include <volley/view.hpp>

namespace volley::app {

/// `/`: HTML that names the views and how to call them, and makes a WebRTC call by itself; `/client.css`, `/client.js` and its modules,
/// `/client/{module}`, belong to it.
/// Nothing is loaded from elsewhere, and nothing stands in the HTML that a Content-Security-Policy of `default-src 'self'` would forbid.
/// @param stun  servers that the call uses where the user names none
void add_page(view::Routes& routes, const std::vector<std::string>& stun);

}  // namespace volley::app
