"""Drives a headless Firefox by WebDriver BiDi (its own debugging protocol, a JSON object to each text of a WebSocket), without a library for that.

Of the same shape as browser.py, for the same tests."""

import base64
import json
import math
import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

from browser import LIMIT, Page

FIREFOX = "/usr/bin/firefox-esr"
KEYS = {"Tab": "\ue004", "Enter": "\ue007", " ": " "}
PREFERENCES = {
    # A camera and a microphone that are none, and nobody to ask about them; sound without somebody who touches the page.
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    # One process for pages is enough.
    "dom.ipc.processCount": 1,
    "dom.ipc.processPrelaunch.enabled": False,
    "fission.autostart": False,
    # Nothing of its own over a network that is none.
    "app.update.auto": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
}


class WebSocket:
    """The client's side of RFC 6455, as far as it takes to talk to a browser: texts of any length."""

    def __init__(self, host, port, path):
        self.socket = socket.create_connection((host, port), LIMIT)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
        self.stream = self.socket.makefile("rb")
        status = self.stream.readline()
        if b" 101 " not in status:
            raise RuntimeError(f"no WebSocket: {status!r}")
        while self.stream.readline().strip():
            pass

    def send(self, text):
        data = text.encode()
        size = len(data)
        length = bytes([0x80 | size]) if size < 126 else b"\xfe" + struct.pack(">H", size) if size < 1 << 16 else b"\xff" + struct.pack(">Q", size)
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[i & 3] for i, byte in enumerate(data))
        self.socket.sendall(b"\x81" + length + mask + masked)

    def receive(self, until):
        text = b""
        while True:
            self.socket.settimeout(max(0.01, until - time.monotonic()))
            first, size = self.exactly(2)
            if size >= 126:
                size, = struct.unpack(">H" if size == 126 else ">Q", self.exactly(2 if size == 126 else 8))
            data = self.exactly(size)
            opcode = first & 15
            if opcode == 8:
                raise RuntimeError("the browser has closed the WebSocket")
            if opcode in (0, 1):
                text += data
                if first & 0x80:
                    return text.decode()

    def exactly(self, size):
        data = self.stream.read(size)
        if len(data) < size:
            raise RuntimeError("the browser has ended")
        return data

    def close(self):
        self.stream.close()
        self.socket.close()


class Firefox(Page):
    """One page of one browser."""

    def __init__(self, **preferences):
        self.folder = tempfile.mkdtemp(prefix="volley-firefox-")
        self.events = []
        self.last_id = 0
        with open(os.path.join(self.folder, "user.js"), "w", encoding="utf-8") as out:
            for name, value in {**PREFERENCES, **preferences}.items():
                out.write(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n")
        self.process = subprocess.Popen(
            [FIREFOX, "--headless", "--no-remote", "--profile", self.folder, "--remote-debugging-port", "0"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ, HOME=self.folder),
            start_new_session=True)
        self.socket = None
        try:
            self.socket = WebSocket(*self.where_it_listens(), "/session")
            self.call("session.new", capabilities={})
            self.call("session.subscribe", events=["log.entryAdded", "network.beforeRequestSent"])
            # Not the first tab, whose address bar has the focus.
            self.page = self.call("browsingContext.create", type="tab")["context"]
        except Exception:
            self.end()
            raise

    def where_it_listens(self):
        told = os.path.join(self.folder, "WebDriverBiDiServer.json")
        until = time.monotonic() + LIMIT
        while time.monotonic() < until and self.process.poll() is None:
            try:
                with open(told, encoding="utf-8") as text:
                    found = json.load(text)
                return found["ws_host"], found["ws_port"]
            except (OSError, ValueError):  # not yet, or not yet whole
                time.sleep(0.05)
        raise RuntimeError("the browser does not start")

    def close(self):
        try:
            self.call("browser.close")
            self.process.wait(20)
        except (OSError, RuntimeError, subprocess.TimeoutExpired):
            pass
        self.end()

    def end(self):
        """With all processes that it has begun, if they are still there."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait(20)
        if self.socket:
            self.socket.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def call(self, method, **params):
        self.last_id += 1
        self.socket.send(json.dumps({"id": self.last_id, "method": method, "params": params}))
        until = time.monotonic() + LIMIT
        while True:
            answer = json.loads(self.socket.receive(until))
            if answer.get("id") == self.last_id:
                if answer["type"] == "error":
                    raise RuntimeError(f"{method}: {answer['error']}: {answer['message']}")
                return answer["result"]
            if answer["type"] == "event":
                self.events.append(answer)

    def evaluate(self, script):
        # As if somebody had touched the page: that is what browsers want before they play sound.
        result = self.call("script.evaluate", expression=script, target={"context": self.page}, awaitPromise=True, userActivation=True)
        if result["type"] == "exception":
            raise RuntimeError(f"{script}: {result['exceptionDetails']['text']}")
        return plain(result["result"])

    def before_each_page(self, script):
        """Runs it in every page from now on, before the page's own scripts."""
        self.call("script.addPreloadScript", functionDeclaration=f"() => {{{script}}}")

    def open(self, url):
        self.call("browsingContext.navigate", context=self.page, url=url, wait="complete")

    def press(self, key):
        key = KEYS[key]
        actions = [{"type": kind, "value": key} for kind in ("keyDown", "keyUp")]
        self.call("input.performActions", context=self.page, actions=[{"type": "key", "id": "keyboard", "actions": actions}])

    def complaints(self):
        """What the console holds: errors and warnings of scripts, and what a Content-Security-Policy has stopped."""
        entries = (event["params"] for event in self.events if event["method"] == "log.entryAdded")
        return [entry["text"] for entry in entries if entry["level"] in ("error", "warn")]

    def asked_for(self):
        return [event["params"]["request"]["url"] for event in self.events if event["method"] == "network.beforeRequestSent"]

    def resize(self, width, height):
        self.call("browsingContext.setViewport", context=self.page, viewport={"width": width, "height": height})

    def screenshot(self, path):
        data = self.call("browsingContext.captureScreenshot", context=self.page, origin="document")["data"]
        with open(path, "wb") as out:
            out.write(base64.b64decode(data))


def plain(remote):
    """A value of the page, which BiDi describes, as Python has it."""
    kind, value = remote["type"], remote.get("value")
    if kind in ("undefined", "null"):
        return None
    if kind == "array":
        return [plain(one) for one in value]
    if kind == "object":
        return {name: plain(one) for name, one in value}
    if kind == "number" and isinstance(value, str):
        return {"NaN": math.nan, "-0": -0.0, "Infinity": math.inf, "-Infinity": -math.inf}[value]
    return value
