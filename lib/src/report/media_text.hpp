// The video and sound of calls, for a person.
#pragma once

#include <string>

#include <volley/metrics/media_tally.hpp>

#include "report/text_parts.hpp"

namespace volley::report {

/// Both under headings of their own; empty where nothing was sent and there is nothing to say.
[[nodiscard]] std::string media_text(const metrics::MediaTally& media, const Look& look);

}  // namespace volley::report
