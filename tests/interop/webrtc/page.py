"""What the tests of the page of `volley serve` share: a server, a browser with its page, and ways to use that."""

import os
import signal
import subprocess
import unittest

from browser import Browser

VOLLEY = os.environ["VOLLEY"]
LIMIT = 60
TEXT = "document.getElementById('%s').textContent"

# Keeps the page's calls where tests find them: `peers`, each with its `channel`.
RECORD_PEERS = """
    window.peers = [];
    window.RTCPeerConnection = class extends RTCPeerConnection {
        constructor(...args) {
            super(...args);
            window.peers.push(this);
        }
        createDataChannel(...args) {
            return (this.channel = super.createDataChannel(...args));
        }
    };
"""

# Of the sound that comes back: the strongest level from 432 to 448 Hz, and the strongest of those from 300 to 400 and from 480 to 600, in dB.
LISTEN = """(async () => {
    const context = new AudioContext();
    const analyser = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 });
    context.createMediaStreamSource(document.getElementById("returned-sound").srcObject).connect(analyser);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const levels = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(levels);
    const strongest = (from, to) => {
        const hertz = context.sampleRate / analyser.fftSize;
        return Math.max(...levels.slice(Math.floor(from / hertz), Math.ceil(to / hertz) + 1));
    };
    const out = [strongest(432, 448), Math.max(strongest(300, 400), strongest(480, 600))];
    await context.close();
    return out;
})()"""


class Server:
    def __init__(self, *flags):
        self.process = subprocess.Popen([VOLLEY, "serve", "--port", "0", *flags], stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[2]

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.stdout.close()
        return self.process.wait(LIMIT)


class PageTest(unittest.TestCase):
    browser_flags = ()  # of Chromium
    scripts = (RECORD_PEERS,)  # run in the page before its own

    @classmethod
    def setUpClass(cls):
        cls.browser = cls.start_browser()
        for script in cls.scripts:
            cls.browser.before_each_page(script)

    @classmethod
    def start_browser(cls):
        return Browser(*cls.browser_flags)

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()

    def serve(self, *flags):
        """Starts a server and opens its page."""
        server = Server(*flags)
        self.addCleanup(server.stop)
        self.browser.events.clear()
        self.browser.resize(1000, 900)
        self.browser.open(server.url + "/")
        self.browser.until("!document.getElementById('connect').disabled")
        return server

    def text(self, element):
        return self.browser.evaluate(TEXT % element)

    def until_text(self, element, test):
        self.browser.until(f"{TEXT % element}{test}")

    def choose(self, **options):
        """Each by its value."""
        for name, value in options.items():
            chosen = self.browser.evaluate(f"document.getElementById('{name}').value = '{value}'; document.getElementById('{name}').value")
            self.assertEqual(chosen, value, name)

    def click(self, element):
        self.browser.evaluate(f"document.getElementById('{element}').click()")

    def connect(self, **options):
        self.choose(**options)
        self.click("connect")
        self.until_text("channel-state", " === 'open'")

    def until_answered(self, n):
        self.browser.until(f"parseInt({TEXT % 'answered'}) >= {n}")

    def until_frames(self, n):
        """Until so many frames have come back and their numbers were read."""
        self.browser.until(f"parseInt({TEXT % 'frames-back'}) >= {n}")

    def few_are_unreadable(self):
        back, unreadable, strange = (int(self.text("frames-" + name).split()[0]) for name in ("back", "unreadable", "strange"))
        self.assertLess(unreadable, 5 + 0.2 * back, f"{back} were read")
        # A machine that is so slow that frames are late for good says nothing about misreading.
        if float(self.text("shown-max").split()[0]) < 2500:
            self.assertLess(strange, 5 + 0.2 * back, f"{back} were read")

    def stats(self, kind, media=None):
        """The first statistics of that type (and kind) that the call has."""
        find = f"(s) => s.type === '{kind}'" + (f" && s.kind === '{media}'" if media else "")
        return self.browser.evaluate(f"peers.at(-1).getStats().then((report) => [...report.values()].find({find}) ?? null)")

    def picture(self, name):
        folder = os.environ.get("VOLLEY_SCREENSHOTS")
        if folder:
            self.browser.screenshot(os.path.join(folder, name + ".png"))
