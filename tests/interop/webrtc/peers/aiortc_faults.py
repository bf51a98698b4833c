"""Faults of what aiortc sends, by FAULT: what a peer must not be taken aback by.

stops     after 60 frames no video comes any more, without a word
garbage   each tenth frame from the 30th on has bytes that are no picture
resizes   from the 60th frame on pictures are 320x240
deaf      the 60th frame is garbage, and whoever asks for a key frame or a packet afterwards gets neither"""
import asyncio
import os

from aiortc import rtcrtpsender
from aiortc.codecs import vpx
from aiortc.rtp import RtcpPsfbPacket, RtcpRtpfbPacket

DESCRIPTOR = 4  # bytes: aiortc's, with its picture id of 15 bits


def garbage(payloads):
    """An inter frame whose first partition is longer than all there is."""
    return [payload[:DESCRIPTOR] + b"\xff" * (len(payload) - DESCRIPTOR) for payload in payloads]


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
