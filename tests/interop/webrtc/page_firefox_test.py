#!/usr/bin/env python3
"""The page of `volley serve` in Firefox: calls, with video and sound that the server sends back, as page_test.py and page_media_test.py have
them in Chromium.

With VOLLEY_SCREENSHOTS=FOLDER it leaves pictures of the page there."""

import unittest

from firefox import Firefox
from page import PageTest


class InFirefox(PageTest):
    @classmethod
    def start_browser(cls):
        return Firefox()

    def setUp(self):
        self.server = self.serve()

    def tearDown(self):
        self.assertEqual(self.browser.complaints(), [])

    def until_decoded(self, n):
        self.browser.until(f"""peers.at(-1).getStats().then((report) =>
            [...report.values()].some((s) => s.type === "inbound-rtp" && s.kind === "video" && s.framesDecoded >= {n}))""")

    def until_heard(self):
        """Firefox's microphone that is none gives a tone."""
        self.browser.until("document.getElementById('returned-sound').currentTime > 0.5")
        self.browser.until("""peers.at(-1).getStats().then((report) =>
            [...report.values()].some((s) => s.type === "inbound-rtp" && s.kind === "audio" && s.audioLevel > 0.01))""")

    def test_a_call_is_made_and_ended_with_the_keyboard_alone(self):
        focused = lambda: self.browser.evaluate("document.activeElement.id")
        self.choose(video="none")
        self.browser.evaluate("document.getElementById('video').focus()")
        for name in ("resolution", "codec", "transform", "audio", "channel", "stun", "connect"):
            self.browser.press("Tab")
            self.assertEqual(focused(), name)
        self.assertTrue(self.browser.evaluate("document.activeElement.matches(':focus-visible')"))
        self.browser.press("Enter")
        self.until_text("channel-state", " === 'open'")
        self.assertEqual(focused(), "disconnect", "the focus stays where something can be done")
        self.until_answered(2)
        self.assertIn("m=application", self.text("offer-sdp"))
        self.assertIn("m=application", self.text("answer-sdp"))
        self.assertTrue(self.browser.evaluate("crossOriginIsolated"), "or its clock is too coarse")
        self.browser.press(" ")
        self.until_text("connection-state", " === 'closed'")
        self.assertEqual([focused(), self.text("status"), self.text("problem")], ["connect", "Not connected.", ""])
        self.assertEqual({url for url in self.browser.asked_for() if not url.startswith((self.server.url, "data:"))}, set())

    def test_frames_come_back_from_each_transform_in_one_call_after_another(self):
        for transform in ("none", "edges", "cartoon", "rotate", "reflect"):
            with self.subTest(transform=transform):
                self.connect(transform=transform, codec="video/VP8", resolution="320x240", audio="microphone")
                self.until_frames(15)
                self.few_are_unreadable()
                self.assertEqual([self.text("sent-codec"), self.text("returned-codec")], ["VP8", "VP8"])
                self.until_text("returned-size", " === '320 × 240'")
                self.assertRegex(self.text("shown-p50"), r"^\d+\.\d+ ms$")
                self.assertRegex(self.text("path-rtt"), r"^\d+\.\d+ ms$")
                self.assertEqual(self.text("status"), "Connected.")
                self.until_heard()
                self.picture("firefox-" + transform)
                self.click("disconnect")
                self.assertEqual(self.text("status"), "Not connected.")

    def test_the_camera_and_the_microphone_come_back(self):
        self.connect(video="camera", audio="microphone", transform="none")
        self.browser.until("document.getElementById('returned').videoWidth === document.getElementById('sent').videoWidth")
        self.until_decoded(20)
        self.until_heard()
        self.until_answered(2)

    # Where there is no sound device Firefox starts no AudioContext, and a tone that was made with one was silence.
    def test_a_tone_that_would_be_silence_is_refused(self):
        self.browser.evaluate("""{
            AudioContext.prototype.resume = () => new Promise(() => {});
            Object.defineProperty(BaseAudioContext.prototype, "state", { get: () => "suspended" });
            null;
        }""")
        self.choose(video="none", audio="tone")
        self.click("connect")
        self.until_text("problem", ".startsWith('The tone cannot be made')")
        self.assertFalse(self.browser.evaluate("document.getElementById('connect').disabled"))

    def test_a_codec_that_it_lacks_is_named(self):
        self.browser.evaluate("document.getElementById('codec').selectedOptions[0].value = 'video/none'")
        self.click("connect")
        self.until_text("problem", ".includes('This browser has no none')")


if __name__ == "__main__":
    unittest.main()
