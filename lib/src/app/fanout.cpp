// The view `fanout`, by itself so that it can be built in at one place.
#include "app/views.hpp"

namespace volley::app {
namespace {

view::awaitable<view::Response> not_built_in(const view::Request&) {
    co_return view::Response::error(501, "the view `fanout` is not built in");
}

}  // namespace

Answer fanout_view(std::uint64_t, std::string) { return not_built_in; }

}  // namespace volley::app
