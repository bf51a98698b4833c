"""POST /offer {sdp, type} -> {sdp, type}, by aiortc. Text `ping...` comes back as `pong...`, all else as it is; tracks are sent back,
video through `video_transform` as aiortc's example does it, or with a FAULT of aiortc_faults.py."""
import asyncio
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import aiortc_common
import aiortc_faults
from aiohttp import web
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRelay

calls = set()
relay = MediaRelay()


async def offer(request):
    body = await request.json()
    call = RTCPeerConnection()
    calls.add(call)

    @call.on("datachannel")
    def take_channel(channel):
        @channel.on("message")
        def answer(message):
            if isinstance(message, str) and message.startswith("ping"):
                message = "pong" + message[4:]
            channel.send(message)

    @call.on("track")
    def take_track(track):
        back = relay.subscribe(track)
        if track.kind == "video" and body.get("video_transform"):
            import aiortc_transforms  # needs OpenCV
            back = aiortc_transforms.Transformed(back, body["video_transform"])
        if track.kind == "video" and os.environ.get("FAULT") == "goes on":
            back = aiortc_faults.GoesOn(back)
        call.addTrack(back)

    @call.on("connectionstatechange")
    async def note_state():
        print("state", call.connectionState, flush=True)
        if call.connectionState in ("failed", "closed"):
            await call.close()
            calls.discard(call)

    await call.setRemoteDescription(RTCSessionDescription(sdp=body["sdp"], type=body["type"]))
    await call.setLocalDescription(await call.createAnswer())
    return web.json_response({"sdp": aiortc_common.mended(call.localDescription.sdp), "type": call.localDescription.type})


async def hang_up(app):
    await asyncio.gather(*[call.close() for call in calls])


async def ready(request):
    return web.Response(text="ready")


app = web.Application(client_max_size=1 << 20)
app.router.add_post("/offer", offer)
app.router.add_get("/", ready)
app.on_shutdown.append(hang_up)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
