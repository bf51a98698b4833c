#include <charconv>

#include <volley/server/server.hpp>

#include "base/limits.hpp"

namespace volley::server {

Result<Kind> parse_kind(std::string_view text) noexcept {
    constexpr std::string_view pool = "pool:";
    if (text.empty()) return ParseErrc::empty;
    if (text == "coroutine") return Kind{};
    if (text == "serial") return Kind{Kind::Model::pool, 1};
    if (text.substr(0, pool.size()) != pool) return ParseErrc::bad_unit;
    text.remove_prefix(pool.size());
    unsigned workers = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), workers);
    if (ec == std::errc::result_out_of_range) return ParseErrc::out_of_range;
    if (ec != std::errc() || end != text.data() + text.size()) return ParseErrc::bad_number;
    if (workers < 1 || workers > most_workers) return ParseErrc::out_of_range;
    return Kind{Kind::Model::pool, workers};
}

std::string to_string(const Kind& kind) {
    if (kind.model == Kind::Model::coroutine) return "coroutine";
    return kind.workers == 1 ? "serial" : "pool:" + std::to_string(kind.workers);
}

}  // namespace volley::server
