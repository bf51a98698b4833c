// What a person at the terminal of a server should know of its calls.
#pragma once

#include <string>

namespace volley::app {

/// Says it on standard error; once, since many calls meet with the same, and no more than so many. On the calls' thread. @param text  may hold
/// anything
void tell(const std::string& text);

}  // namespace volley::app
