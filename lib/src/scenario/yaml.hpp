// What every file of this module takes from the one below.
#pragma once

#include "base/trim.hpp"
#include "yaml/loader.hpp"
#include "yaml/node.hpp"
#include "yaml/reader.hpp"
#include "yaml/words.hpp"

namespace volley::scenario {

using yaml::Entry;
using yaml::in_quotes;
using yaml::join_words;
using yaml::Keys;
using yaml::kind_name;
using yaml::LaterKey;
using yaml::Node;
using yaml::read_pairs;
using yaml::suggest;

}  // namespace volley::scenario
