#!/usr/bin/env bash
# Does in a Debian 12 that has nothing else what a newcomer does with the sources: `./dev build`, `./dev run`, a call with video; and begins
# `./dev test`. Each has to install what it needs. That `dev build` installed less than CMake then looked for once went unnoticed, since
# whoever develops has the packages of the tests, too.
# usage: fresh_build.bash
# What that needs, and what leaves the machine: tests/support/fresh_root.bash; and git, which knows what the sources are.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/support/fresh_root.bash
source "$here/../support/fresh_root.bash"
top=$(cd "$here/../.." && pwd)

# Whoever runs the tests may not be whose checkout it is.
tracked() { git -c safe.directory="$top" -C "$top" ls-files -z; }
require_or_skip 'git, and a checkout of it' tracked

make_fresh_root
mkdir "$root/volley"
tracked | tar -C "$top" --null --verbatim-files-from --files-from=- -c | tar -C "$root/volley" --no-same-owner -x

# dev SECONDS ARGUMENTS...: its output goes into $scratch/dev.log; false where dev fails
dev() {
    local limit=$1
    shift
    inside "$limit" /volley/dev "$@" >"$scratch/dev.log" 2>&1
}
failed() {
    tail -n 60 "$scratch/dev.log"
    fail "./dev $*"
}
says() { grep -q "$@" "$scratch/dev.log"; }

say './dev build'
dev 6000 build || failed build
says '== installing from Debian: ' || failed 'build has installed nothing: is the root a fresh one?'
program=/volley/build/release/bin/volley
inside 30 "$program" --version
inside 10 dpkg-query -W libgtest-dev >/dev/null 2>&1 && fail './dev build has installed what only tests need'

say './dev run'
dev 300 run scenarios/hello.yaml || failed run scenarios/hello.yaml
says -E '^== (installing|configuring)' && failed 'run has begun anew after build'

say 'a call with video'
call_with_video "$program"

# All tests take hours, and run elsewhere. What is asked here is whether their packages install and CMake then finds everything: so the
# tests end at a ninja that does nothing.
say './dev test, as far as the build'
printf '#!/bin/sh\necho no ninja today\nexit 1\n' >"$root/usr/sbin/ninja"
chmod +x "$root/usr/sbin/ninja"
dev 3000 test && failed 'test has gone on without ninja'
says 'no ninja today' || failed 'test has not come as far as the build'
grep -q '^build sanitized_tests:' "$root/volley/build/release/build.ninja" || failed 'test has not configured the tests'
say 'all is there'
