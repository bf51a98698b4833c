#!/usr/bin/env python3
"""The page of `volley serve` in Chromium, with video and sound that the server sends back.

PAGE_SECONDS says how long it is looked at without a pause (20). With VOLLEY_SCREENSHOTS=FOLDER it leaves pictures of the page there."""

import os
import time
import unittest

from page import LISTEN, PageTest

SECONDS = int(os.environ.get("PAGE_SECONDS", "20"))

# Both videos: how far apart they are in the mean, and which shares of their pixels are dark, coloured and so on; all from 0 to 1.
LOOK = """(() => {
    const { videoWidth: width, videoHeight: height } = document.getElementById("sent");
    const pixels = (id) => {
        const canvas = document.createElement("canvas");
        Object.assign(canvas, { width, height });
        const ctx = canvas.getContext("2d", { willReadFrequently: true });
        ctx.drawImage(document.getElementById(id), 0, 0, width, height);
        return ctx.getImageData(0, 0, width, height).data;
    };
    const [sent, returned] = [pixels("sent"), pixels("returned")];
    const out = { difference: 0, sent_dark: 0, dark: 0, coloured: 0, black_corners: 0 };
    const n = width * height;
    for (let i = 0; i < 4 * n; i += 4) {
        const level = (p) => (p[i] * 3 + p[i + 1] * 6 + p[i + 2]) / 10;
        const [a, b] = [level(sent), level(returned)];
        out.difference += Math.abs(a - b) / 255 / n;
        if (a < 40) out.sent_dark += 1 / n;
        if (b < 40) out.dark += 1 / n;
        const [red, green, blue] = [returned[i], returned[i + 1], returned[i + 2]];
        if (Math.max(red, green, blue) - Math.min(red, green, blue) > 40) out.coloured += 1 / n;
    }
    // The upper left one has the counter.
    for (const at of [width - 1, n - width, n - 1])
        if (returned[4 * at] + returned[4 * at + 1] + returned[4 * at + 2] < 90) out.black_corners += 1 / 3;
    return out;
})()"""


class Media(PageTest):
    browser_flags = ("--use-fake-device-for-media-stream",)

    def setUp(self):
        self.serve()
        for what in ("camera", "microphone"):
            self.browser.permit(what, "granted")

    def call_with(self, transform, **options):
        """Looks at it a few times, at pictures that are some frames apart."""
        self.connect(transform=transform, **options)
        looks = []
        self.until_frames(30)
        for _ in range(8):
            looks.append(self.browser.evaluate(LOOK))
            time.sleep(0.2)
        self.until_frames(60)  # which the page tells once a second
        self.few_are_unreadable()
        self.assertEqual(self.text("status"), "Connected.")
        self.until_answered(2)
        self.picture("media-" + transform)
        self.click("disconnect")
        return looks

    def mean(self, looks, name):
        return sum(look[name] for look in looks) / len(looks)

    def test_none_and_reflect_bring_back_what_was_sent(self):
        for transform in ("none", "reflect"):
            with self.subTest(transform=transform):
                looks = self.call_with(transform)
                self.assertLess(self.mean(looks, "difference"), 0.12)
                self.assertGreater(self.mean(looks, "coloured"), 0.1)

    def test_edges_are_lines_on_black(self):
        looks = self.call_with("edges")
        self.assertGreater(self.mean(looks, "dark"), 0.4)
        self.assertLess(self.mean(looks, "coloured"), 0.02)

    def test_a_cartoon_has_black_lines_and_its_colours(self):
        looks = self.call_with("cartoon")
        self.assertGreater(self.mean(looks, "dark"), self.mean(looks, "sent_dark") + 0.02)
        self.assertLess(self.mean(looks, "dark"), 0.6)
        self.assertGreater(self.mean(looks, "coloured"), 0.1)

    def test_rotation_turns_the_corners_out_of_the_picture(self):
        looks = self.call_with("rotate")
        self.assertGreater(max(look["black_corners"] for look in looks), 0.9)

    def test_either_codec_goes_and_comes(self):
        for codec in ("VP8", "H264"):
            for transform in ("none", "reflect"):
                with self.subTest(codec=codec, transform=transform):
                    self.connect(codec=f"video/{codec}", transform=transform)
                    self.until_frames(30)
                    self.assertEqual([self.text("sent-codec"), self.text("returned-codec")], [codec, codec])
                    self.click("disconnect")

    def test_each_resolution_is_measured(self):
        for size in ("320x240", "960x540", "1280x720"):
            with self.subTest(size=size):
                self.connect(resolution=size, transform="none")
                self.until_frames(30)
                self.assertEqual(self.text("returned-size"), size.replace("x", " × "))
                self.click("disconnect")

    def test_the_camera_comes_back(self):
        self.connect(video="camera", audio="microphone", transform="none")
        self.browser.until("document.getElementById('returned').videoWidth === 640")
        self.browser.until("document.getElementById('returned-sound').currentTime > 1")
        self.until_answered(2)

    def test_a_tone_comes_back_as_that_tone(self):
        self.connect(audio="tone", video="none")
        self.browser.until("document.getElementById('returned-sound').currentTime > 2")
        tone, others = self.browser.evaluate(LISTEN)
        self.assertGreater(tone, others + 20)

    def test_it_can_be_stopped_and_started_again(self):
        for transform in ("none", "edges", "reflect", "none", "reflect"):
            self.connect(transform=transform, audio="tone")
            self.until_frames(20)
            self.click("disconnect")
            self.assertEqual(self.text("status"), "Not connected.")
        self.assertEqual(self.browser.complaints(), [])

    def test_time_goes_by_without_a_freeze_and_the_bandwidth_is_found(self):
        self.connect(transform="none", audio="tone")
        self.until_frames(30)
        freezes = []
        for _ in range(3):  # a busy machine makes a picture stand still as well, but not each time
            before = self.stats("inbound-rtp", "video")
            time.sleep(SECONDS)
            after = self.stats("inbound-rtp", "video")
            self.assertGreater(after["framesDecoded"], before["framesDecoded"] + 5 * SECONDS)
            freezes.append(after["freezeCount"] - before["freezeCount"])
            if freezes[-1] == 0:
                break
        self.assertEqual(freezes[-1], 0, freezes)
        self.browser.until("""peers.at(-1).getStats().then((report) =>
            [...report.values()].some((s) => s.availableOutgoingBitrate > 1e6 || s.targetBitrate > 1e6))""")


if __name__ == "__main__":
    unittest.main()
