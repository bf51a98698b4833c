#!/usr/bin/env bash
# Installs the packages in a Debian 12 that has nothing else, uses them there, purges them and looks for what is left.
# usage: fresh_root.bash FOLDER-WITH-DEBS
# Needs root, debootstrap and apt's lists; where one of them is missing it is skipped, or fails in CI. The mirror, proxy and keys are those
# that apt uses here. Nothing but apt leaves the machine: servers are started and asked on loopback alone.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
# shellcheck source=tests/support/require_or_skip.bash
source "$here/../support/require_or_skip.bash"

fail() { printf 'fresh_root: %s\n' "$*" >&2; exit 1; }
# lines_of FILE GREP-ARGUMENTS...: that there are none is no failure; that grep could not look is one.
lines_of() {
    local file=$1 code=0
    shift
    grep "$@" "$file" || code=$?
    ((code <= 1)) || fail "grep could not look at $file"
}
say() { printf '== %4d s  %s\n' "$SECONDS" "$*"; }

require_or_skip 'root, for chroot' test "$EUID" -eq 0
require_or_skip 'debootstrap' command -v debootstrap
require_or_skip 'apt, whose mirror to use' command -v apt-get
[[ -d ${1-} ]] || fail "the packages come first: ./dev package"
debs=("$1"/volley_*.deb "$1"/libvolley-dev_*.deb "$1"/volley-media_*.deb "$1"/volley-avformat_*.deb)
for deb in "${debs[@]}"; do
    [[ -f $deb ]] || fail "no $deb: ./dev package"
done

# --- a root ----------------------------------------------------------------------------------------------------------

scratch=$(mktemp -d)
root=$scratch/root
# Whatever runs in the root ends, then what is mounted there goes, and only then the files. Nothing that is still mounted is
# ever deleted: --one-file-system stops at it.
clean_up() {
    local link pid mounted
    for link in /proc/[0-9]*/root; do
        pid=${link#/proc/}
        if [[ $(readlink "$link" 2>/dev/null) == "$root" ]]; then
            kill -KILL "${pid%/root}" 2>/dev/null || true  # it may have ended meanwhile
        fi
    done
    while read -r mounted; do
        umount "$mounted" || umount -l "$mounted" || true  # it says why; what stays mounted is not deleted below
    done < <(awk -v root="$root/" 'index($2, root) == 1 { print $2 }' /proc/mounts | sort -r)
    rm -rf --one-file-system "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# URI, suite and component of every Debian archive that apt knows here; the first is the release itself.
mapfile -t sources < <(
    # shellcheck disable=SC2016  # $(...) are apt's
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' |
        grep -E ' bookworm(-updates|-security)? main$' | sort -u -k2,2
)
read -r mirror suite _ <<<"${sources[0]-}"
require_or_skip 'a mirror of Debian 12 that apt knows here (has it lists? apt-get update)' test "$suite" = bookworm

proxy=$(apt-config shell proxy Acquire::http::Proxy)
proxy=${proxy#proxy=}
proxy=${proxy//\'/}
if [[ -n $proxy && $proxy != DIRECT ]]; then
    export http_proxy=$proxy
fi

say 'debootstrap'
timeout 900 debootstrap --variant=minbase bookworm "$root" "$mirror" >"$scratch/debootstrap.log" 2>&1 || {
    tail -n 20 "$scratch/debootstrap.log"
    fail 'debootstrap failed'
}

rm -f "$root/etc/apt/sources.list"
printf 'deb %s\n' "${sources[@]}" >"$root/etc/apt/sources.list.d/volley-test.list"
apt-config dump >"$scratch/apt.conf"
lines_of "$scratch/apt.conf" -E '^Acquire::(http|https|Check-Valid-Until|Max-FutureTime|Retries)\b.*"[^"]+";$' \
    >"$root/etc/apt/apt.conf.d/50volley-test"
for file in /etc/resolv.conf /etc/hosts; do
    if [[ -f $file ]]; then
        cp "$file" "$root$file"
    fi
done
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"  # no package may start a service
chmod +x "$root/usr/sbin/policy-rc.d"
mount -t proc proc "$root/proc"
mkdir "$root/packages" "$root/consumer"
cp "${debs[@]}" "$root/packages"
cp "$here"/consumer/* "$root/consumer"

# inside SECONDS COMMAND...
inside() {
    local limit=$1
    shift
    timeout --kill-after=10 "$limit" chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
        DEBIAN_FRONTEND=noninteractive TMPDIR=/tmp ${http_proxy+http_proxy="$http_proxy"} "$@"
}
apt() {
    inside 900 apt-get -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 "$@" >"$scratch/apt.log" 2>&1 || {
        tail -n 30 "$scratch/apt.log"
        fail "apt-get $*"
    }
}

# Everything that is in the root, but for what apt and dpkg keep for themselves and what the test brought.
everything() {
    (cd "$root" && find . -xdev \( -path ./proc -o -path ./packages -o -path ./consumer -o -path ./tmp -o -path ./var/lib/dpkg -o \
        -path ./var/lib/apt -o -path ./var/cache -o -path ./var/log \) -prune -o -print | sort)
}

apt update

# --- the program -----------------------------------------------------------------------------------------------------

say 'installing volley'
everything >"$scratch/before"
apt install "/packages/$(basename "${debs[0]}")"
inside 30 volley --version
for file in /usr/share/man/man1/volley.1.gz /usr/share/man/man5/volley-scenario.5.gz /usr/share/doc/volley/copyright \
    /usr/share/doc/volley/changelog.gz /usr/share/bash-completion/completions/volley /usr/share/zsh/vendor-completions/_volley \
    /usr/share/fish/vendor_completions.d/volley.fish /usr/share/volley/scenarios/sleep.yaml /usr/libexec/volley/volley-server; do
    [[ -s $root$file ]] || fail "not installed: $file"
done
# shellcheck disable=SC2016  # the shell inside expands it
inside 30 bash -c 'source /usr/share/bash-completion/completions/volley
    COMP_LINE="volley ru" COMP_POINT=9; _volley; [[ ${COMPREPLY[*]} == run ]]' || fail 'bash does not complete "volley ru"'

say 'volley serve and volley post'
# shellcheck disable=SC2016
inside 120 bash -euc '
    volley serve --port 0 >/tmp/serve.log &
    server=$!
    for ((tries = 0; tries < 100; tries++)); do
        address=$(sed -n "s|^listening on \(http://[^ /]*\).*|\1|p" /tmp/serve.log)
        if [[ -n $address ]]; then
            break
        fi
        sleep 0.1
    done
    volley post "$address/offer" sleep:=0.1
    echo
    kill "$server"
    wait "$server"' | tee "$scratch/answer"
grep -q '"slept": 0.1' "$scratch/answer" || fail 'volley post has no answer'
inside 60 volley run /usr/share/volley/scenarios/hello.yaml

# --- the media plugin ------------------------------------------------------------------------------------------------

say 'installing volley-media'
apt install "/packages/$(basename "${debs[2]}")"
plugin=("$root"/usr/lib/*/volley/libvolley_media.so)
[[ -s ${plugin[0]} ]] || fail 'not installed: libvolley_media.so'
inside 60 ldd "${plugin[0]#"$root"}" >"$scratch/ldd"
left=$(lines_of "$scratch/ldd" 'not found')
[[ -z $left ]] || fail "the media plugin misses libraries: $left"

say 'installing volley-avformat'
apt install "/packages/$(basename "${debs[3]}")"
plugin=("$root"/usr/lib/*/volley/libvolley_avformat.so)
[[ -s ${plugin[0]} ]] || fail 'not installed: libvolley_avformat.so'
inside 60 ldd "${plugin[0]#"$root"}" >"$scratch/ldd"
left=$(lines_of "$scratch/ldd" 'not found')
[[ -z $left ]] || fail "the plugin for files of video misses libraries: $left"

# --- the library -----------------------------------------------------------------------------------------------------

say 'installing libvolley-dev, g++ and cmake'
apt install "/packages/$(basename "${debs[1]}")" g++ make cmake pkg-config
say 'a consumer, by find_package and by pkg-config'
inside 60 cmake -S /consumer -B /tmp/consumer >"$scratch/cmake.log" 2>&1 || { cat "$scratch/cmake.log"; fail 'find_package(volley)'; }
inside 300 cmake --build /tmp/consumer >"$scratch/cmake.log" 2>&1 || { cat "$scratch/cmake.log"; fail 'the consumer does not build'; }
[[ $(inside 10 /tmp/consumer/consumer) == http://localhost:8000/offer ]] || fail 'the consumer does not work'
# shellcheck disable=SC2016
inside 300 bash -c 'g++ -std=c++20 /consumer/main.cpp -o /tmp/by-pkg-config $(pkg-config --cflags --libs volley)' || fail 'pkg-config'
[[ $(inside 10 /tmp/by-pkg-config) == http://localhost:8000/offer ]] || fail "pkg-config's consumer does not work"

# --- and away --------------------------------------------------------------------------------------------------------

say 'purging all four'
inside 10 dpkg -L volley volley-media volley-avformat libvolley-dev | sort -u >"$scratch/listed"
(($(wc -l <"$scratch/listed") > 50)) || fail 'dpkg -L lists next to nothing'
apt purge volley volley-media volley-avformat libvolley-dev
inside 10 dpkg-query -W >"$scratch/packages"
left=$(lines_of "$scratch/packages" volley)
[[ -z $left ]] || fail "dpkg still knows the packages: $left"
left=$(cd "$root" && while read -r path; do
    if [[ -L .$path || -f .$path ]]; then
        echo "$path"
    fi
done <"$scratch/listed")
[[ -z $left ]] || fail "left behind: $left"
everything >"$scratch/after"
lines_of "$scratch/after" -i volley >"$scratch/named"
left=$(lines_of "$scratch/named" -v '^\./etc/apt/')
[[ -z $left ]] || fail "left behind, by name: $left"

# What came with them goes, too: then nothing is there that was not there before.
apt purge g++ make cmake pkg-config
apt autoremove --purge
# ldconfig's cache and the links of alternatives are not the packages'.
everything >"$scratch/after"
comm -13 "$scratch/before" "$scratch/after" >"$scratch/new"
lines_of "$scratch/new" -v -E '^\./(etc|usr/local|var/lib)(/|$)' >"$scratch/added"
[[ ! -s $scratch/added ]] || fail "left behind, of dependencies: $(head -n 20 "$scratch/added")"
say 'nothing is left'
