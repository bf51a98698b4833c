"""Debian's python3-aiortc (1.4) on loopback, as it is or with two faults of its own mended.

aioice never offers 127.0.0.1; here there is nothing else. With AIORTC_AS_IT_IS unset:
- header extension 2 means one thing in its audio and another in its video section, which breaks its own parser in a bundle: video's
  becomes 3;
- each section of a bundle has ICE credentials of its own, where all should have the first one's."""
import os
import re

import aioice.ice
import aiortc.codecs

aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]
AS_IT_IS = os.environ.get("AIORTC_AS_IT_IS") == "1"
if not AS_IT_IS:
    for extension in aiortc.codecs.HEADER_EXTENSIONS["video"]:
        if extension.uri.endswith("abs-send-time"):
            extension.id = 3


def mended(sdp):
    """One pair of ICE credentials in all sections."""
    if AS_IT_IS:
        return sdp
    for name in ("ice-ufrag", "ice-pwd"):
        first = re.search(rf"a={name}:(\S+)", sdp)
        if first:
            sdp = re.sub(rf"a={name}:\S+", first.group(0), sdp)
    return sdp
