// Candidates that follow an offer or answer, as `application/trickle-ice-sdpfrag`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proto/sdp/session.hpp"

namespace volley::proto::sdp {

/// What a fragment says of one media section.
struct FragmentMedia {
    std::string mid;  ///< empty: of the whole, where candidates stand before the first `m=`
    MediaLine line;   ///< as it stands; only `mid` counts (RFC 8840 section 4.3)
    std::optional<IceCredentials> ice;
    std::vector<std::string> candidates;  ///< values of `a=candidate`
    bool end_of_candidates = false;
};

/// Source: RFC 8840 sections 4.4 and 9; RFC 9725 section 4.3.1 for its use by WHIP.
struct Fragment {
    std::optional<IceCredentials> ice;  ///< tell the generation of ICE that the candidates belong to
    std::vector<std::string> ice_options;
    std::vector<std::string> bundle;  ///< the mids of `a=group:BUNDLE`; empty: none
    std::vector<FragmentMedia> media;
    bool end_of_candidates = false;  ///< of all sections
};

/// Refused: lines other than `a=` and `m=`, a section without mid or two of one mid, malformed credentials, too much of anything.
[[nodiscard]] Outcome<Fragment> read_fragment(std::string_view text, std::string_view what = "SDP fragment",
                                              const Limits& limits = {});

[[nodiscard]] std::string print(const Fragment& fragment);

}  // namespace volley::proto::sdp
