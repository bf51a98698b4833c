// What a test needs of the machine and may not find. The only skip there is: a person's machine may lack it, CI's may not.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>

/// Ends the test where `there` is false: as skipped, or as failed where the environment variable CI is set. In the body of a test only.
/// @param missing  what it is that is not there, and what would give it.
#define VOLLEY_REQUIRE_OR_SKIP(there, missing)                                                                        \
    do {                                                                                                              \
        if (!(there)) {                                                                                               \
            if (const char* ci = std::getenv("CI"); ci != nullptr && *ci != '\0') FAIL() << "missing: " << (missing); \
            GTEST_SKIP() << "missing: " << (missing);                                                                 \
        }                                                                                                             \
    } while (false)
