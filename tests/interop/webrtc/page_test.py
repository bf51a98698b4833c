#!/usr/bin/env python3
"""The page of `volley serve` in Chromium: it calls the server, pings, says what happens, and can be used by whoever has only a keyboard.

With VOLLEY_SCREENSHOTS=FOLDER it leaves pictures of the page there."""

import re
import signal
import unittest

from page import TEXT, PageTest

MILLISECONDS = re.compile(r"\d+\.\d+ ms")


class Page(PageTest):
    def test_a_call_is_made_and_ended_with_the_keyboard_alone(self):
        server = self.serve()
        tab = lambda: self.browser.press("Tab", 9)
        focused = lambda: self.browser.evaluate("document.activeElement.id")
        self.browser.evaluate("document.getElementById('video').focus()")
        for name in ("resolution", "codec", "transform", "audio", "channel", "stun", "connect"):
            tab()
            self.assertEqual(focused(), name)
        self.browser.press("Enter", 13, "\r")
        self.browser.until((TEXT % "channel-state") + " === 'open'")
        self.assertEqual(focused(), "disconnect", "the focus stays where something can be done")
        self.until_answered(3)
        states = [self.text(name) for name in ("gathering-state", "connection-state", "signalling-state")]
        self.assertEqual(states, ["complete", "connected", "stable"])
        self.assertIn(self.text("ice-state"), ("connected", "completed"))
        for name in ("rtt-last", "rtt-min", "rtt-p50", "rtt-p95", "rtt-max"):
            self.assertRegex(self.text(name), MILLISECONDS)
        self.assertIn("m=application", self.text("offer-sdp"))
        self.assertIn("m=application", self.text("answer-sdp"))
        self.assertIn("data channel open", self.text("log"))
        self.assertRegex(self.text("status"), "^Connected[.]")
        self.picture("desktop")

        self.browser.press("Enter", 13, "\r")
        self.browser.until((TEXT % "connection-state") + " === 'closed'")
        self.assertEqual(focused(), "connect")
        self.browser.until((TEXT % "channel-state") + " === 'closed'")
        self.assertTrue(self.browser.evaluate("crossOriginIsolated"), "or its clock is too coarse")
        self.assertTrue(self.browser.evaluate("document.getElementById('disconnect').disabled"))
        self.assertEqual([self.text("status"), self.text("problem")], ["Not connected.", ""])
        self.assertEqual(self.browser.complaints(), [])
        self.assertEqual({url for url in self.browser.asked_for() if not url.startswith((server.url, "data:"))}, set())

    def test_each_kind_of_channel_is_what_its_name_says_and_pings(self):
        self.serve()
        for option, want in enumerate(([True, None, None], [False, 0, None], [False, None, 500])):
            self.browser.evaluate(f"document.getElementById('channel').selectedIndex = {option}")
            self.connect()
            have = self.browser.evaluate("(({ channel: c }) => [c.ordered, c.maxRetransmits, c.maxPacketLifeTime])(peers.at(-1))")
            self.assertEqual(have, want)
            self.until_answered(1)
            self.click("disconnect")

    def test_the_end_of_the_server_is_told_at_once(self):
        server = self.serve()
        self.connect()
        self.until_answered(1)
        self.assertEqual(server.stop(), 0)
        self.browser.until((TEXT % "log") + ".includes('the server has hung up')")
        self.browser.until("!document.getElementById('connect').disabled")
        self.click("connect")
        self.browser.until((TEXT % "problem") + ".startsWith('The call was not taken: ')")

    def test_a_server_that_has_fallen_silent_is_not_called_connected(self):
        server = self.serve()
        self.connect()
        self.until_answered(1)
        server.process.send_signal(signal.SIGSTOP)
        try:
            self.browser.until((TEXT % "status") + ".startsWith('Nothing comes from the server any more')")
        finally:
            server.process.send_signal(signal.SIGCONT)
        self.browser.until((TEXT % "status") + ".startsWith('Connected.')")

    def test_a_refusal_is_shown_in_the_words_of_the_server(self):
        self.serve("--max-calls", "0")
        self.click("connect")
        self.browser.until((TEXT % "problem") + ".includes('too many calls')")
        self.assertTrue(self.browser.evaluate("document.getElementById('connect').disabled === false"))
        self.browser.evaluate("document.getElementById('stun').value = '<nonsense>'; document.getElementById('connect').click()")
        self.browser.until((TEXT % "problem") + ".includes('does not take the STUN server')")

    def test_what_can_be_used_has_a_name_and_the_status_speaks(self):
        self.serve("--stun", "stun.example.org")
        self.assertEqual(self.browser.evaluate("document.getElementById('stun').value"), "stun:stun.example.org")
        nodes = self.browser.call("Accessibility.getFullAXTree")["nodes"]
        found = {}
        for node in nodes:
            role = node.get("role", {}).get("value")
            if role in ("button", "combobox", "textbox", "log", "status", "alert", "region"):
                found.setdefault(role, []).append(node.get("name", {}).get("value", ""))
        self.assertEqual(found["button"], ["Connect", "Disconnect"])
        self.assertEqual(found["combobox"], ["Video", "Resolution", "Video codec", "What the server does to the video", "Sound", "Data channel"])
        self.assertEqual(len(found["textbox"]), 1)
        self.assertTrue(found["textbox"][0].startswith("STUN server"))
        self.assertEqual(found["log"], ["Log"])
        self.assertEqual(len(found["status"]), 1, "which says how the call goes; the log would say it again")
        self.assertEqual(self.browser.evaluate("document.getElementById('log').getAttribute('aria-live')"), "off")

    def test_it_fits_a_phone(self):
        self.serve()
        for width, dark in ((390, False), (320, True)):
            self.browser.resize(width, 800, dark)
            self.connect()
            self.until_answered(1)
            self.browser.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
            self.assertLessEqual(self.browser.evaluate("document.documentElement.scrollWidth"), width)
            small = "[...document.querySelectorAll('button, select, input')].filter((e) => !e.hidden && e.getBoundingClientRect().height < 44).length"
            self.assertEqual(self.browser.evaluate(small), 0, "large enough for a finger")
            self.browser.evaluate("for (const d of document.querySelectorAll('details')) d.open = false")
            self.picture(f"phone-{width}")
            self.click("disconnect")
        self.browser.resize(1000, 900, True)
        self.picture("desktop-dark")


if __name__ == "__main__":
    unittest.main()
