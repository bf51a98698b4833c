#!/usr/bin/env bash
# Runs a command in a network of its own: loopback, and a network card whose cable ends in the same room. Nothing that a browser or a WebRTC
# stack does on its own leaves the machine, and yet it finds an address, and may hide it behind a name of mDNS, as on anybody's desk.
# usage: private_network.bash COMMAND...
set -euo pipefail
# shellcheck source=tests/support/require_or_skip.bash
source "$(dirname "${BASH_SOURCE[0]}")/require_or_skip.bash"

# An ordinary user has to be root in a namespace of their own for it.
how=(unshare --net)
if ((UID != 0)); then
    how=(unshare --user --map-root-user --net)
fi
require_or_skip 'ip (iproute2)' ip -V
require_or_skip 'a network of its own (unshare --net, veth)' "${how[@]}" -- ip link add lan0 type veth peer name lan1
# shellcheck disable=SC2016  # for the inner shell
exec "${how[@]}" -- bash -euc '
    ip link set lo up
    ip link add lan0 type veth peer name lan1
    ip address add 192.0.2.1/24 dev lan0
    ip link set lan0 up
    ip link set lan1 up
    ip route add default dev lan0
    exec "$@"' _ "$@"
