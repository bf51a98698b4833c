#include "proto/sdp/next_offer.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace volley::proto::sdp {
namespace {

SourceError error_at(std::string_view what, int line, std::string text, std::string hint) {
    return {std::string(what), {line, line > 0 ? 1 : 0}, std::move(text), std::move(hint), {}};
}

}  // namespace

std::optional<SourceError> check_next_offer(const Session& offer, const Session& answer, const Session& next,
                                            std::string_view what) {
    if (next.media.size() < offer.media.size())
        return error_at(what, next.media.empty() ? 0 : next.media.back().where.media,
                        fmt::format("it has {} media sections where there were {}", next.media.size(), offer.media.size()),
                        "a section that is no longer wanted stays, with port 0");
    for (std::size_t i = 0; i < offer.media.size(); ++i) {
        const Media& old = offer.media[i];
        const Media& now = next.media[i];
        if (old.rejected() || i >= answer.media.size() || answer.media[i].rejected())
            continue;  // its place may be taken by another one
        if (now.line.kind != old.line.kind)
            return error_at(what, now.where.media,
                            fmt::format("section {} was {} and is now {}", i + 1, old.line.kind, now.line.kind),
                            "sections stay in their order");
        if (now.mid != old.mid && !now.rejected())
            return error_at(
                what, now.where.mid != 0 ? now.where.mid : now.where.media,
                fmt::format("the mid of section {} was {} and is now {}", i + 1, in_quotes(old.mid), in_quotes(now.mid)),
                "a section keeps its mid");
    }
    return std::nullopt;
}

bool restarts_ice(const Session& before, const Session& after, std::size_t section) noexcept {
    if (section >= before.media.size() || section >= after.media.size()) return false;
    const auto& old = before.media[section].ice;
    const auto& now = after.media[section].ice;
    return old && now && *old != *now;
}

}  // namespace volley::proto::sdp
