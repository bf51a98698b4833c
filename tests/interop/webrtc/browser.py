"""Drives a headless Chromium over its debugging pipe (Chrome DevTools Protocol), without a library for that."""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

CHROMIUM = "/usr/bin/chromium"
LIMIT = 60  # seconds; generous, since no test is about speed
FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-default-apps", "--mute-audio", "--disable-dev-shm-usage", "--remote-debugging-pipe",
]


class Page:
    """What all browsers share: a page of which scripts tell."""

    def until(self, script):
        """Waits until the expression is true. A failure shows what the page says."""
        deadline = time.monotonic() + LIMIT
        while not self.evaluate(script):
            if time.monotonic() > deadline:
                raise AssertionError(f"never true: {script}\n{self.evaluate('document.body.innerText')}")
            time.sleep(0.05)


class Browser(Page):
    """One page of one browser."""

    def __init__(self, *flags):
        self.folder = tempfile.mkdtemp(prefix="volley-chromium-")
        self.events = []
        self.last_id = 0
        self.waiting = b""
        to_read, to_write = os.pipe(), os.pipe()
        # The browser reads from descriptor 3 and writes to 4; the shell puts them there.
        self.process = subprocess.Popen(
            ["/bin/bash", "-c", f'exec "$@" 3<&{to_read[0]} 4>&{to_write[1]}', "_", CHROMIUM, *FLAGS, *flags, f"--user-data-dir={self.folder}"],
            pass_fds=(to_read[0], to_write[1]), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=dict(os.environ, HOME=self.folder))
        os.close(to_read[0])
        os.close(to_write[1])
        self.out, self.into = to_read[1], to_write[0]
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")

    def close(self):
        try:
            self.call("Browser.close")
            self.process.wait(20)
        except (OSError, RuntimeError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait(20)
        os.close(self.out)
        os.close(self.into)
        shutil.rmtree(self.folder, ignore_errors=True)

    def read_message(self, until):
        while b"\0" not in self.waiting:
            ready, _, _ = select.select([self.into], [], [], max(0, until - time.monotonic()))
            piece = os.read(self.into, 1 << 16) if ready else b""
            if not piece:
                raise RuntimeError("the browser says nothing" if not ready else "the browser has ended")
            self.waiting += piece
        message, self.waiting = self.waiting.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **params):
        """A method of the page; before there is one, and for those named Browser.*, of the browser."""
        self.last_id += 1
        message = {"id": self.last_id, "method": method, "params": params}
        if self.session and not method.startswith("Browser."):
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + LIMIT
        while True:
            answer = self.read_message(until)
            if answer.get("id") == self.last_id:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            if "method" in answer:
                self.events.append(answer)

    def evaluate(self, script):
        # As if somebody had touched the page: that is what browsers want before they play sound.
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True, userGesture=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{script}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def before_each_page(self, script):
        """Runs it in every page from now on, before the page's own scripts."""
        self.call("Page.addScriptToEvaluateOnNewDocument", source=script)

    def permit(self, what, setting):
        """What the browser would ask its user: whether pages may use "camera" or "microphone"; "granted", "denied" or "prompt"."""
        self.call("Browser.setPermission", permission={"name": what}, setting=setting)

    def open(self, url):
        self.call("Page.navigate", url=url)
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def press(self, key, code=0, text=""):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **({"text": text} if kind == "keyDown" and text else {}))

    def complaints(self):
        """What the console holds: errors of scripts, and what a Content-Security-Policy has stopped."""
        out = []
        for event in self.events:
            if event["method"] == "Runtime.exceptionThrown":
                out.append(event["params"]["exceptionDetails"])
            if event["method"] == "Log.entryAdded" and event["params"]["entry"]["level"] in ("error", "warning"):
                out.append(event["params"]["entry"]["text"])
        return out

    def asked_for(self):
        return [event["params"]["request"]["url"] for event in self.events if event["method"] == "Network.requestWillBeSent"]

    def resize(self, width, height, dark=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def screenshot(self, path):
        height = self.evaluate("document.documentElement.scrollHeight")
        width = self.evaluate("innerWidth")
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)["data"]
        with open(path, "wb") as out:
            out.write(base64.b64decode(data))
