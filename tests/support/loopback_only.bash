#!/usr/bin/env bash
# Runs a command where there is no network but loopback, so that nothing that a browser or a WebRTC stack does on its own leaves the machine.
# usage: loopback_only.bash COMMAND...
set -euo pipefail
# shellcheck source=tests/support/require_or_skip.bash
source "$(dirname "${BASH_SOURCE[0]}")/require_or_skip.bash"

# An ordinary user has to be root in a namespace of their own for it.
how=(unshare --net)
if ((UID != 0)); then
    how=(unshare --user --map-root-user --net)
fi
require_or_skip 'a network namespace (unshare --net)' "${how[@]}" true
require_or_skip 'ip (iproute2)' ip -V
# libwebrtc asks which address it would send from to 8.8.8.8, without sending anything; without a route it has no address at all.
# shellcheck disable=SC2016  # for the inner shell
exec "${how[@]}" -- bash -euc 'ip link set lo up; ip route add 8.8.8.8/32 dev lo src 127.0.0.1; exec "$@"' _ "$@"
