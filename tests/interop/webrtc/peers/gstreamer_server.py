"""POST /offer {sdp, type} -> {sdp, type}, by GStreamer's webrtcbin (libnice, usrsctp, OpenSSL).

VP8 and Opus are taken out of their packets and put into others, without being decoded.

Text `ping...` comes back as `pong...`, all else as it is."""
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import gi

for module, version in (("Gst", "1.0"), ("GstWebRTC", "1.0"), ("GstSdp", "1.0"), ("Nice", "0.1")):
    gi.require_version(module, version)
from gi.repository import GLib, Gst, GstSdp, GstWebRTC, Nice

Gst.init(None)
calls = []
LIMIT = 60


# By kind: what makes packets, and their description.
TRACKS = {
    "video": ("rtpvp8pay picture-id-mode=2", "application/x-rtp,media=video,encoding-name=VP8,clock-rate=90000"),
    "audio": ("rtpopuspay", "application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,encoding-params=(string)2"),
}
CODECS = {"video": "VP8/90000", "audio": "opus/48000/2"}


def offered_tracks(sdp):
    """Kind and payload type of the sections that can be sent back."""
    for i in range(sdp.medias_len()):
        media = sdp.get_media(i)
        kind = media.get_media()
        for j in range(media.attributes_len()):
            attribute = media.get_attribute(j)
            if attribute.key == "rtpmap" and attribute.value.split()[1] == CODECS.get(kind):
                yield kind, int(attribute.value.split()[0])
                break


class Call:
    def __init__(self, offer):
        self.gathered = threading.Event()
        self.answer = self.error = None
        self.pipeline = Gst.Pipeline()
        self.bin = Gst.ElementFactory.make("webrtcbin")
        self.bin.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
        self.pipeline.add(self.bin)
        # Both go with the last reference that Python has to them.
        self.ice = self.bin.get_property("ice-agent")
        self.agent = self.ice.get_property("agent")
        loopback = Nice.Address.new()
        loopback.set_from_string("127.0.0.1")
        self.agent.add_local_address(loopback)  # it would leave that out
        self.bin.connect("on-data-channel", self.take_channel)
        self.bin.connect("pad-added", self.take_pad)
        self.bin.connect("notify::ice-gathering-state", self.note_gathering)
        self.bin.connect("notify::connection-state", self.note_state)
        self.pipeline.set_state(Gst.State.PLAYING)
        _, sdp = GstSdp.SDPMessage.new_from_text(offer)
        self.back = {}
        for kind, payload_type in offered_tracks(sdp):
            self.make_way_back(kind, payload_type)
        description = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.OFFER, sdp)
        self.bin.emit("set-remote-description", description, Gst.Promise.new_with_change_func(self.make_answer, None))

    def make_way_back(self, kind, payload_type):
        """Before the answer: webrtcbin makes what answers a section only then, and by the pads that there are."""
        pay, caps = TRACKS[kind]
        caps = Gst.Caps.from_string(f"{caps},payload={payload_type}")
        way = Gst.parse_bin_from_description(f'queue name=first ! {pay} pt={payload_type} ! capsfilter caps="{caps.to_string()}" name=last', False)
        self.pipeline.add(way)
        way.add_pad(Gst.GhostPad.new("sink", way.get_by_name("first").get_static_pad("sink")))
        way.add_pad(Gst.GhostPad.new("src", way.get_by_name("last").get_static_pad("src")))
        pad = self.bin.request_pad(self.bin.get_pad_template("sink_%u"), None, caps)
        pad.get_property("transceiver").set_property("codec-preferences", caps)
        way.get_static_pad("src").link(pad)
        way.sync_state_with_parent()
        self.back[kind] = way

    def take_pad(self, _webrtc, pad):
        if pad.get_direction() != Gst.PadDirection.SRC:
            return
        kind = pad.get_current_caps().get_structure(0).get_string("media")
        depay = Gst.parse_bin_from_description({"video": "rtpvp8depay", "audio": "rtpopusdepay"}[kind], True)
        self.pipeline.add(depay)
        depay.sync_state_with_parent()
        pad.link(depay.get_static_pad("sink"))
        if kind in self.back:
            depay.get_static_pad("src").link(self.back[kind].get_static_pad("sink"))

    def make_answer(self, _promise, _data):
        self.bin.emit("create-answer", None, Gst.Promise.new_with_change_func(self.take_answer, None))

    def take_answer(self, promise, _data):
        promise.wait()
        reply = promise.get_reply()
        answer = reply.get_value("answer") if reply else None
        if answer is None:
            self.error = reply.to_string() if reply else "no answer"
            self.gathered.set()
        else:
            self.bin.emit("set-local-description", answer, Gst.Promise.new())

    def note_gathering(self, webrtc, _):
        description = webrtc.get_property("local-description")
        if webrtc.get_property("ice-gathering-state") == GstWebRTC.WebRTCICEGatheringState.COMPLETE and description:
            self.answer = description.sdp.as_text()
            self.gathered.set()

    def note_state(self, webrtc, _):
        print("state", webrtc.get_property("connection-state").value_nick, flush=True)

    def take_channel(self, _webrtc, channel):
        self.channel = channel
        channel.connect("on-message-string", lambda c, text: c.emit("send-string", "pong" + text[4:] if text.startswith("ping") else text))
        channel.connect("on-message-data", lambda c, data: c.emit("send-data", data))


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def reply(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.reply(200, b"{}")

    def do_POST(self):
        call = Call(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["sdp"])
        calls.append(call)
        if call.gathered.wait(LIMIT) and call.answer:
            self.reply(200, json.dumps({"type": "answer", "sdp": call.answer}).encode())
        else:
            self.reply(500, str(call.error or "gathering did not end").encode())


threading.Thread(target=ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever, daemon=True).start()
GLib.MainLoop().run()
