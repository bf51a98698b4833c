"""POST /offer {sdp, type} -> {sdp, type}, by GStreamer's webrtcbin (libnice, usrsctp, OpenSSL). Data channels alone.

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
        self.bin.connect("notify::ice-gathering-state", self.note_gathering)
        self.bin.connect("notify::connection-state", self.note_state)
        self.pipeline.set_state(Gst.State.PLAYING)
        _, sdp = GstSdp.SDPMessage.new_from_text(offer)
        description = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.OFFER, sdp)
        self.bin.emit("set-remote-description", description, Gst.Promise.new_with_change_func(self.make_answer, None))

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
