#include <utility>

#include <volley/server/spawn.hpp>

namespace volley::server {
namespace {
std::vector<std::string>& stored() {
    static std::vector<std::string> argv{VOLLEY_LIBEXECDIR "/volley-server"};
    return argv;
}
}  // namespace

void set_helper(std::vector<std::string> argv) { stored() = std::move(argv); }
const std::vector<std::string>& helper() { return stored(); }

std::vector<std::string> builtin_command(const std::string& kind, const std::string& host, std::uint16_t port,
                                         const std::vector<std::string>& faults) {
    auto out = helper();
    out.insert(out.end(), {"serve", "--kind", kind, "--host", host, "--port", std::to_string(port)});
    for (const auto& fault : faults) out.insert(out.end(), {"--fault", fault});
    return out;
}

}  // namespace volley::server
