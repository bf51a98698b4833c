#include "verify/beside.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "engine/request_template.hpp"

namespace volley::verify {
namespace {

using namespace std::string_view_literals;

constexpr std::array others{"Accept-Encoding"sv, "Connection"sv,        "Expect"sv,           "Keep-Alive"sv, "Range"sv, "TE"sv,
                            "Trailer"sv,         "Transfer-Encoding"sv, "Proxy-Connection"sv, "Upgrade"sv};
constexpr std::array families{"Content-"sv, "If-"sv};

bool belongs_elsewhere(std::string_view name) {
    return std::ranges::any_of(others, [&](auto other) { return http::iequals(name, other); }) ||
           std::ranges::any_of(families, [&](auto family) { return http::iequals(name.substr(0, family.size()), family); });
}

}  // namespace

http::Request get_beside(const http::Request& request, std::string path) {
    http::Request out;
    out.target = std::move(path);
    for (const auto& [name, value] : request.headers)
        if (!belongs_elsewhere(name)) out.headers.add(name, value);
    engine::fill(out, 0, 0);
    return out;
}

}  // namespace volley::verify
