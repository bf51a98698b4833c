// The files of src/app/page, which the build puts into the library.
#pragma once

#include <string_view>

namespace volley::app {

extern const std::string_view index_html;  ///< with `@STUN@` where servers are to be put
extern const std::string_view client_css;
extern const std::string_view client_js;
// Modules that client.js is made of, in the folder `client`.
extern const std::string_view call_js;
extern const std::string_view codecs_js;
extern const std::string_view frames_js;
extern const std::string_view pings_js;
extern const std::string_view ring_js;
extern const std::string_view samples_js;
extern const std::string_view scene_js;
extern const std::string_view session_js;
extern const std::string_view signalling_js;
extern const std::string_view sources_js;
extern const std::string_view stats_js;
extern const std::string_view ui_js;

}  // namespace volley::app
