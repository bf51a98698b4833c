// volley verify --self-test: our own servers, whose truth is known, verified one after the other.
#pragma once

#include "live_line.hpp"
#include "verbs.hpp"
#include "verify_options.hpp"

namespace volley::cli {

/// Prints a row for each server and what was taken for what. @param only  names of servers; empty: all
/// @return the exit code: 0 where every verdict was right, 1 where one was wrong, 4 where one was inconclusive, 2 for an unknown name.
int self_test(const Call& call, const VerifyOptions& asked, const std::vector<std::string>& only);

}  // namespace volley::cli
