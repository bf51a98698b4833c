"""aiortc_client.py URL PINGS [media [back]] [size=BYTES] [for=SECONDS]: calls URL with a data channel, and with tracks where asked, until some frames of
video are back with `back`, or for some seconds with `for=SECONDS`; prints one line of JSON. FAULT: see aiortc_faults.py.

It ends with 0 where every ping came back as a pong."""
import asyncio
import json
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import aiohttp
import aiortc_common
import aiortc_faults
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack

LIMIT = 60  # seconds; generous, since no test is about speed
FRAMES = 60  # of video that are waited for where they are to come back


def number_after(name):
    return max([int(word[len(name):]) for word in sys.argv[3:] if word.startswith(name)], default=0)


async def main(url, pings, media, size):
    call = RTCPeerConnection()
    channel = call.createDataChannel("chat")
    every_pong = asyncio.Event()
    rtts, odd = [], []
    sent_at = 0

    def ping():
        nonlocal sent_at
        sent_at = time.perf_counter()
        channel.send(f"ping {len(rtts)}".ljust(size, "."))

    channel.on("open", ping)

    @channel.on("message")
    def take(message):
        if message == f"pong {len(rtts)}".ljust(size, "."):
            rtts.append(time.perf_counter() - sent_at)
        else:
            odd.append(repr(message)[:100])
        if odd or len(rtts) == pings:
            every_pong.set()
        else:
            ping()

    frames = {"audio": 0, "video": 0}  # that came back
    enough = asyncio.Event()

    async def count(track):
        while True:
            await track.recv()
            frames[track.kind] += 1
            if frames["video"] >= FRAMES:
                enough.set()

    counting = []

    @call.on("track")
    def take_track(track):
        counting.append(asyncio.ensure_future(count(track)))

    if media:
        call.addTrack(VideoStreamTrack())
        call.addTrack(AudioStreamTrack())
    await call.setLocalDescription(await call.createOffer())
    async with aiohttp.ClientSession() as session:
        offer = {"sdp": aiortc_common.mended(call.localDescription.sdp), "type": "offer", "video_transform": "none"}
        async with session.post(url, json=offer) as response:
            text = await response.text()
    if response.status != 200:
        print(json.dumps({"error": f"HTTP {response.status}: {text[:500]}"}))
        return 1
    answer = json.loads(text)
    await call.setRemoteDescription(RTCSessionDescription(sdp=answer["sdp"], type=answer["type"]))
    error = None
    try:
        await asyncio.wait_for(every_pong.wait(), LIMIT)
    except asyncio.TimeoutError:
        error = f"{len(rtts)} of {pings} pongs; connection {call.connectionState}, channel {channel.readyState}"
    if "back" in sys.argv[3:]:
        try:
            await asyncio.wait_for(enough.wait(), LIMIT)
        except asyncio.TimeoutError:
            error = f"{frames} came back of tracks; {FRAMES} of video are enough"
    await asyncio.sleep(number_after("for="))
    if os.environ.get("STAY") == "1":
        print("staying", flush=True)
        await asyncio.sleep(LIMIT * 10)
    state = call.connectionState
    for task in counting:
        task.cancel()
    await call.close()
    print(json.dumps({"pongs": len(rtts), "state": state, "odd": odd, "error": error, "frames": frames, "rtt": sorted(rtts)[len(rtts) // 2] if rtts else None}))
    return 0 if error is None and not odd else 1


sys.exit(asyncio.run(main(sys.argv[1], int(sys.argv[2]), "media" in sys.argv[3:], number_after("size="))))
