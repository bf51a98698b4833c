# shellcheck shell=bash
# A Debian 12 that has nothing else, for tests of what a newcomer does; to be sourced by a bash script with `set -euo pipefail`.
# Needs root, debootstrap and apt's lists; where one of them is missing the test is skipped, or fails in CI. The mirror, proxy and keys are
# those that apt uses here. Nothing but apt leaves the machine: servers are started and asked on loopback alone.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
# shellcheck source=tests/support/require_or_skip.bash
source "$(dirname "${BASH_SOURCE[0]}")/require_or_skip.bash"

fail() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }
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

# Fills $root, with the archives of Debian that apt knows here.
make_fresh_root() {
    local sources mirror suite proxy file
    # URI, suite and component of each; the first is the release itself.
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
}

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

# with_server PROGRAM COMMANDS: what the shell in the root makes of COMMANDS, while `PROGRAM serve` runs there and listens at $address
with_server() {
    # shellcheck disable=SC2016  # the shell inside expands it
    inside 180 bash -euc '
        "$0" serve --port 0 >/tmp/serve.log &
        server=$!
        trap "kill $server 2>/dev/null || true" EXIT
        for ((tries = 0; tries < 300; tries++)); do
            address=$(sed -n "s|^listening on \(http://[^ /]*\).*|\1|p" /tmp/serve.log)
            if [[ -n $address ]]; then
                break
            fi
            sleep 0.1
        done
        eval "$1"
        trap - EXIT
        kill "$server"
        wait "$server"' "$1" "$2"
}

# call_with_video PROGRAM [ARGUMENTS]: a call to `PROGRAM serve` that sends VP8 and Opus, gets both back and keeps them as /tmp/back.webm;
# what is sent is small, if ARGUMENTS do not say what
call_with_video() {
    local program=$1 codec what
    shift
    what=${*:---resolution 320x240 --fps 15}
    rm -f "$root/tmp/back.webm"
    with_server "$program" "'$program' offer \"\$address/offer\" --video none $what --audio --for 2s --record /tmp/back.webm" ||
        fail "no call with video by $program"
    for codec in V_VP8 A_OPUS; do
        grep -qa "$codec" "$root/tmp/back.webm" || fail "no $codec in the recording of a call with video by $program"
    done
}
