// A record in words: what it is, what usually causes it, what to change.
#pragma once

#include <volley/verdict/record.hpp>

#include "verdict/assess.hpp"

namespace volley::verdict {

/// Fills `words`, `evidence` and `doubts` of a record that is otherwise complete.
void say(Record& record, const Assessment& a);

/// Fills `cause` and `advice`, by the server's family.
void advise(Record& record, const Assessment& a);

/// How much the record can be trusted.
[[nodiscard]] Confidence confidence_of(const Record& record, const Assessment& a);

}  // namespace volley::verdict
