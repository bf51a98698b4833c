#!/usr/bin/env bash
# How `dev` behaves where nothing may be installed or built: wrong usage, missing packages with and without apt-get, what CMake is asked for.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0

# expect STATUS TEXT COMMAND...: the command's exit code, and a text that its output holds
expect() {
    local status=0 wanted=$1 text=$2 output
    shift 2
    output=$("$@" </dev/null 2>&1) || status=$?
    if [[ $status != "$wanted" || $output != *"$text"* ]]; then
        printf '%s\n  exit %s instead of %s, or no "%s" in:\n%s\n' "$*" "$status" "$wanted" "$text" "$output"
        failures=$((failures + 1))
    fi
}

expect 0 'usage: ./dev' "$top/dev" --help
expect 2 'usage: ./dev' "$top/dev"
expect 2 "no verb 'tset'" "$top/dev" tset
expect 2 "not 'lnog'" "$top/dev" test lnog
expect 2 "not '1m'" "$top/dev" fuzz 1m
expect 2 "no benchmark 'parsre'" "$top/dev" bench parsre

# A copy whose list asks for a package that no Debian has: it must be named, and nothing may be built after that.
mkdir -p "$scratch/bin"
sed -e 's/^    g++ cmake/    volley-no-such-package g++ cmake/' -e "s|^    PATH=.*|    PATH=$scratch/bin:/usr/bin:/bin|" "$top/dev" >"$scratch/dev"
cat >"$scratch/bin/apt-get" <<'STAND_IN'
#!/bin/sh
case "$*" in *update*) exit 0 ;; esac
exit 100
STAND_IN
cat >"$scratch/bin/sudo" <<'STAND_IN'
#!/bin/sh
[ "$1" = -n ] && shift
exec "$@"
STAND_IN
chmod +x "$scratch/dev"
chmod +x "$scratch/bin/apt-get" "$scratch/bin/sudo"
expect 1 'apt-get could not install: volley-no-such-package' "$scratch/dev" build

# The same with no apt-get in PATH at all.
mkdir "$scratch/without"
for program in bash dirname dpkg-query cat env; do
    ln -s "$(command -v "$program")" "$scratch/without/$program"
done
sed -i "s|^    PATH=.*|    PATH=$scratch/without|" "$scratch/dev"
expect 1 'there is no apt-get to install them: volley-no-such-package' bash "$scratch/dev" build

# And with neither apt-get nor dpkg.
rm "$scratch/without/dpkg-query"
expect 1 'not a Debian system, and g++ cmake ninja pkg-config is missing' bash "$scratch/dev" build

# `dev build` needs no package of the tests, so it must not configure them; `dev test` turns them on, and they stay on. Once the program
# alone could not be built in a Debian that had nothing but what `dev build` had installed.
mkdir -p "$scratch/fresh/bin"
sed "s|^    PATH=.*|    PATH=$scratch/fresh/bin:/usr/bin:/bin|" "$top/dev" >"$scratch/fresh/dev"
touch -d '1 hour ago' "$scratch/fresh/CMakePresets.json"
cat >"$scratch/fresh/bin/dpkg-query" <<'STAND_IN'
#!/bin/sh
printf installed
STAND_IN
cat >"$scratch/fresh/bin/cmake" <<'STAND_IN'
#!/bin/sh
preset=$2
echo "configuring $preset with: $*" >&3
case "$*" in *-DVOLLEY_TESTS=OFF*) target=program ;; *) target=sanitized_tests ;; esac
echo "build $target: phony" >"build/$preset/build.ninja"
STAND_IN
for program in ninja ctest; do
    printf '#!/bin/sh\n' >"$scratch/fresh/bin/$program"
done
chmod +x "$scratch/fresh/dev" "$scratch/fresh/bin"/*

# configured VERB: what of the release preset CMake was asked for by `dev VERB`
# shellcheck disable=SC2317  # by way of expect
configured() {
    "$scratch/fresh/dev" "$1" 3>"$scratch/asked" >"$scratch/output" 2>&1 </dev/null || cat "$scratch/output"
    grep 'configuring release' "$scratch/asked" || echo 'nothing asked'
}
expect 0 '-DVOLLEY_TESTS=OFF' configured build
expect 0 'nothing asked' configured build
expect 0 '-DVOLLEY_TESTS=ON' configured test
expect 0 'nothing asked' configured test
expect 0 'nothing asked' configured build
# Nor does it matter who configured the folder.
rm "$scratch/fresh/build/release/.dev-arguments"
expect 0 '-DVOLLEY_TESTS=ON' configured build
exit $((failures > 0))
