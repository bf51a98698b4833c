"""Faults of what aiortc sends, by FAULT: what a peer must not be taken aback by.

stops     after 60 frames no video comes any more, without a word
garbage   each tenth frame from the 30th on has bytes that are no picture
resizes   from the 60th frame on pictures are 320x240
deaf      the 60th frame is garbage, and whoever asks for a key frame or a packet afterwards gets neither
goes on   each tenth frame is left out, and where none has come for a while the last is sent again and again (of a server: by GoesOn)"""
import asyncio
import os

from aiortc import MediaStreamTrack, rtcrtpsender
from aiortc.codecs import vpx
from aiortc.rtp import RtcpPsfbPacket, RtcpRtpfbPacket

DESCRIPTOR = 4  # bytes: aiortc's, with its picture id of 15 bits


def garbage(payloads):
    """An inter frame whose first partition is longer than all there is."""
    return [payload[:DESCRIPTOR] + b"\xff" * (len(payload) - DESCRIPTOR) for payload in payloads]


class GoesOn(MediaStreamTrack):
    kind = "video"
    PAUSE = 0.3  # seconds without a frame after which the last one is repeated
    STEP = 0.01  # from then on

    def __init__(self, track):
        super().__init__()
        self.track = track
        self.came = 0
        self.last = None
        self.next = None  # the frame that is waited for
        self.wait = self.PAUSE

    async def recv(self):
        while True:
            self.next = self.next or asyncio.ensure_future(self.track.recv())
            await asyncio.wait({self.next}, timeout=self.wait if self.last else None)
            if not self.next.done():
                self.wait = self.STEP
                self.last.pts += int(self.STEP / self.last.time_base)
                return self.last
            self.last, self.next, self.wait = self.next.result(), None, self.PAUSE
            self.came += 1
            if self.came % 10:
                return self.last


def begin(fault):
    frames = 0
    encode = vpx.Vp8Encoder.encode
    next_frame = rtcrtpsender.RTCRtpSender._next_encoded_frame
    take_rtcp = rtcrtpsender.RTCRtpSender._handle_rtcp_packet

    def faulty_encode(self, frame, force_keyframe=False):
        nonlocal frames
        frames += 1
        if fault == "resizes" and frames > 60:
            frame = frame.reformat(width=320, height=240)
        payloads, timestamp = encode(self, frame, force_keyframe)
        if fault == "garbage" and frames >= 30 and frames % 10 == 0 or fault == "deaf" and frames == 60:
            payloads = garbage(payloads)
        return payloads, timestamp

    async def faulty_next(self, codec):
        if fault == "stops" and frames >= 60 and "video" in codec.mimeType:
            await asyncio.Event().wait()
        return await next_frame(self, codec)

    async def deaf(self, packet):
        if not isinstance(packet, (RtcpPsfbPacket, RtcpRtpfbPacket)):
            await take_rtcp(self, packet)

    vpx.Vp8Encoder.encode = faulty_encode
    rtcrtpsender.RTCRtpSender._next_encoded_frame = faulty_next
    if fault == "deaf":
        rtcrtpsender.RTCRtpSender._handle_rtcp_packet = deaf


if os.environ.get("FAULT"):
    begin(os.environ["FAULT"])
