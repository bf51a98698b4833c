// The files of src/app/page, which the build puts into the library.
#pragma once

#include <string_view>

namespace volley::app {

extern const std::string_view index_html;  ///< with `@STUN@` where servers are to be put
extern const std::string_view client_js;
extern const std::string_view client_css;

}  // namespace volley::app
