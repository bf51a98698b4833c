#include <fmt/format.h>

#include <volley/app/app.hpp>

namespace volley::app {

void SelfAddress::set(std::string_view host, std::uint16_t port) {
    // The addresses that mean "all of this machine's" are for listening: a connection needs one of them.
    if (host.empty() || host == "0.0.0.0") host = "127.0.0.1";
    if (host == "::") host = "::1";
    const bool bare_v6 = host.find(':') != std::string_view::npos;
    const std::scoped_lock lock(mutex_);
    origin_ = bare_v6 ? fmt::format("http://[{}]:{}", host, port) : fmt::format("http://{}:{}", host, port);
}

std::string SelfAddress::origin() const {
    const std::scoped_lock lock(mutex_);
    return origin_;
}

}  // namespace volley::app
