#include "app/call_notice.hpp"

#include <cstddef>
#include <cstdio>
#include <set>

#include <volley/error.hpp>

namespace volley::app {

void tell(const std::string& text) {
    constexpr std::size_t most = 32;
    static std::set<std::string> told;  // of the calls' thread
    if (told.size() >= most || !told.insert(text).second) return;
    std::fputs(("volley: " + escape_for_terminal(text) + '\n').c_str(), stderr);
}

}  // namespace volley::app
