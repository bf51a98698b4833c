// A scalar of a scenario.
#pragma once

#include <volley/yaml/value.hpp>

namespace volley::scenario {

using yaml::Value;

}  // namespace volley::scenario
