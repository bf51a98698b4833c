// What a later offer of a call may change of what was agreed on.
#pragma once

#include <optional>

#include "proto/sdp/session.hpp"

namespace volley::proto::sdp {

/// Whether `next`, of either side, may follow an offer and its answer. Sections stay where they are, with their kind and mid, and none goes;
/// new ones come behind. One that was refused may become anything. Source: RFC 3264 section 8, RFC 9429 section 5.2.2.
/// @return what is wrong, or nothing.
[[nodiscard]] std::optional<SourceError> check_next_offer(const Session& offer, const Session& answer, const Session& next,
                                                          std::string_view what = "the offer");

/// That section has other ICE credentials: its side restarts ICE (RFC 8839 section 4.4.1.1.1). Where one of the two
/// descriptions has no such section or no credentials there, it does not.
[[nodiscard]] bool restarts_ice(const Session& before, const Session& after, std::size_t section) noexcept;

}  // namespace volley::proto::sdp
