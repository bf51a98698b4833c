// What two sides share of a medium.
#pragma once

#include <vector>

#include "proto/sdp/negotiation.hpp"

namespace volley::proto::sdp {

/// A coding that carries another one's bits and is of no use alone: rtx, red, FEC.
[[nodiscard]] bool carries_another(const Codec& codec) noexcept;

/// The codecs of the remote section that this side has as well, in the remote's order and with its payload types; feedback and
/// parameters are this side's, where it has any. `rtx` stays beside what it repeats. Empty where what is left carries nothing alone.
[[nodiscard]] std::vector<Codec> shared_codecs(const Media& remote, const std::vector<Codec>& local);

/// By URI, with the remote section's ids.
[[nodiscard]] std::vector<HeaderExtension> shared_extensions(const Session& session, const Media& remote,
                                                             const std::vector<HeaderExtension>& local);

}  // namespace volley::proto::sdp
