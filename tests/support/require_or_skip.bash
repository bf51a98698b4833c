# shellcheck shell=bash
# What a test needs of the machine and may not find; to be sourced. The only skip that scripts have, as require_or_skip.hpp is that of C++.

# require_or_skip WHAT-IS-MISSING COMMAND...: ends the test where the command fails: as skipped (77, to ctest), or as failed where the
# environment variable CI is set.
require_or_skip() {
    local missing=$1
    shift
    if "$@" >/dev/null 2>&1; then
        return
    fi
    printf '%s: missing: %s\n' "${0##*/}" "$missing" >&2
    if [[ -n ${CI-} ]]; then
        exit 1
    fi
    exit 77
}
