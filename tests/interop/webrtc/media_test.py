#!/usr/bin/env python3
"""Video and sound between volley and WebRTC stacks that nobody here wrote: frames come back, each known again, none taken for another.

WEBRTC_PASSES says how often each call is made (1). To be run where there is no network but loopback."""
import json
import os
import pathlib
import re
import sys
import unittest

import jsonschema

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from bad_way import BadWay
from peers_test import PASSES, PeerTest
from support.volley import LIMIT, SCHEMA

SECONDS = os.environ.get("WEBRTC_SECONDS", "10")
# Of frames that were sent, less on a machine that has no time for both ends; MATCHED=98 is what it is to be on a quiet one.
MATCHED = float(os.environ.get("WEBRTC_MATCHED", "80")) / 100


class MediaTest(PeerTest):
    def call(self, url, *flags, seconds=SECONDS):
        file = self.path("result.json")
        done = self.volley("offer", url, "--every", "500ms", "--for", f"{seconds}s", "-o", file, *flags)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        calls = json.loads(pathlib.Path(file).read_text())["servers"][0]["phases"][0]["calls"]
        self.assertEqual((calls["set_up"], calls["failed"]), (1, 0), done.stdout)
        return calls["media"], done.stdout

    def check(self, name, video, text, matched=MATCHED, mismatched=0):
        trip = video["round_trip"]
        share = video["returned"] / max(1, video["sent"])
        print(f"{name}: {video['returned']} of {video['sent']} frames ({100 * share:.1f} %), known by {video['known_by']}, "
              f"mismatched {video['mismatched']}, freezes {video['freezeCount']}, "
              f"p50 {1e3 * trip.get('p50', 0):.1f} ms, p95 {1e3 * trip.get('p95', 0):.1f} ms, transform {video['transform']['seen']}", flush=True)
        self.assertGreaterEqual(share, matched, text)
        self.assertLessEqual(video["mismatched"], mismatched * video["sent"], text)
        self.assertEqual(video["unknown"], 0, text)


class VolleyCalls(MediaTest):
    """volley offer --video against the servers of others."""

    def test_aiortc_with_each_transform(self):
        _, url = self.serve_peer("aiortc_server.py")
        for transform, fps in (("none", "30"), ("edges", "30"), ("rotate", "30"), ("cartoon", "15")):
            for _ in range(PASSES):
                with self.subTest(transform):
                    media, text = self.call(url, "--video", transform, "--fps", fps)
                    # Now and then lines hide a ring: that timestamp and picture disagree is found, and such a frame is no match.
                    self.check(f"aiortc {transform}", media["video"], text, mismatched=0.01 if transform == "edges" else 0)
                    self.assertEqual(media["video"]["transform"]["seen"], transform, text)
                    # It keeps timestamps, so that both say which frame it is, and agree.
                    self.assertGreater(media["video"]["known_by"]["both"], 0.5 * media["video"]["returned"], text)

    def test_aiortc_as_it_is_with_sound(self):
        _, url = self.serve_peer("aiortc_server.py", AIORTC_AS_IT_IS="1")
        for _ in range(PASSES):
            media, text = self.call(url, "--video", "none", "--audio", "--audio-source", "tone")
            self.check("aiortc as it is", media["video"], text)
            self.assertGreater(media["audio"]["received"], 100, text)

    def test_aiortc_with_h264(self):
        _, url = self.serve_peer("aiortc_server.py")
        media, text = self.call(url, "--video", "none", "--video-codec", "h264")
        self.assertEqual(media["video"]["codec"], "H264")
        self.check("aiortc H.264", media["video"], text)

    def test_gstreamer(self):
        _, url = self.serve_peer("gstreamer_server.py")
        for _ in range(PASSES):
            media, text = self.call(url, "--video", "none", "--video-codec", "vp8", "--audio", "--audio-source", "tone", "--audio-codec", "opus")
            # Its timestamps are its own and drift: where they seem to say which frame it is, pictures soon contradict them for good.
            self.check("gstreamer", media["video"], text, mismatched=0.05)
            self.assertGreater(media["video"]["known_by"]["code"], 0, text)
            self.assertEqual(media["video"]["known_by"]["timestamp"], 0, text)
            self.assertGreater(media["audio"]["received"], 100, text)

    def test_ourselves(self):
        port = self.serve()
        for transform in ("none", "reflect"):
            with self.subTest(transform):
                media, text = self.call(f"http://127.0.0.1:{port}/offer", "--video", transform)
                self.check(f"volley {transform}", media["video"], text)


class BadWays(MediaTest):
    """What the way does to packets is mended by resending and by key frames: the picture goes on, and no frame is taken for another."""

    def through(self, url, **way):
        bad = BadWay(url, 7, **way)
        self.addCleanup(bad.stop)
        return bad

    def check_bad(self, name, media, text, least):
        video = media["video"]
        self.check(name, video, text, matched=least, mismatched=0.03)
        print(f"  NACKs {video['nacks_out']} out, {video['nacks_in']} in; resent {video['retransmitted_in']} in, {video['retransmitted_out']} out; "
              f"key frames asked for {video['plis_out']}, asked of us {video['plis_in']}; frozen {video['totalFreezesDuration']:.1f} s", flush=True)
        self.assertGreater(video["nacks_out"] + video["nacks_in"], 0, text)
        self.assertGreater(video["retransmitted_in"] + video["retransmitted_out"], 0, text)

    def test_ourselves_with_two_and_with_ten_percent_lost(self):
        port = self.serve()
        for loss, least in ((0.02, 0.6), (0.10, 0.2)):
            for transform in ("none", "edges"):
                with self.subTest(loss=loss, transform=transform):
                    way = self.through(f"http://127.0.0.1:{port}/offer", loss=loss, delay=0.01, jitter=0.005)
                    media, text = self.call(way.url, "--video", transform)
                    self.check_bad(f"volley {transform}, {100 * loss:.0f} % lost", media, text, least)

    def test_ourselves_with_five_percent_lost_and_jitter(self):
        way = self.through(f"http://127.0.0.1:{self.serve()}/offer", loss=0.05, delay=0.02, jitter=0.1)
        media, text = self.call(way.url, "--video", "none")
        self.check_bad("volley, 5 % lost and 100 ms of jitter", media, text, 0.2)

    def test_aiortc_with_two_percent_lost(self):
        _, url = self.serve_peer("aiortc_server.py")
        way = self.through(url, loss=0.02, delay=0.01, jitter=0.005)
        media, text = self.call(way.url, "--video", "none")
        self.check_bad("aiortc, 2 % lost", media, text, 0.2)


class FaultyPeers(MediaTest):
    """What the peer does wrong ends no call, is counted, and is told in a sentence; pings are answered beside it."""

    def call_of(self, fault):
        _, url = self.serve_peer("aiortc_server.py", FAULT=fault)
        file = self.path("result.json")
        done = self.volley("offer", url, "--video", "none", "--every", "200ms", "--for", f"{SECONDS}s", "-o", file)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        result = json.loads(pathlib.Path(file).read_text())
        jsonschema.validate(result, SCHEMA)
        calls = result["servers"][0]["phases"][0]["calls"]
        self.assertEqual((calls["set_up"], calls["failed"], calls["lost"]), (1, 0, 0), done.stdout)
        video = calls["media"]["video"]
        self.assertGreater(video["decoded"], 20, done.stdout)
        return video, " ".join(done.stdout.split())

    def test_a_server_that_stops_sending(self):
        video, text = self.call_of("stops")
        self.assertEqual(video["stopped"], 1, text)
        self.assertGreater(video["stopped_after"], 0)
        self.assertLess(video["stopped_after"], video["length"] - 2)
        self.assertRegex(text, r"the peer stopped sending video after \d")

    def test_a_server_that_sends_garbage(self):
        video, text = self.call_of("garbage")
        self.assertGreater(video["undecodable"], 0, text)
        self.assertRegex(text, r"\d frames? could not be decoded")
        # A key frame was asked for each time, and the picture went on.
        self.assertGreater(video["plis_out"], 0, text)
        self.assertGreater(video["decoded"], 30, text)

    def test_a_server_that_changes_its_size(self):
        video, text = self.call_of("resizes")
        self.assertEqual((video["resized"], video["size_before"], video["size"]), (1, "640x480", "320x240"), text)
        self.assertIn("the picture changed its size from 640x480 to 320x240", text)
        self.assertEqual(video["undecodable"], 0, text)

    def test_a_server_that_answers_no_request_for_a_key_frame(self):
        video, text = self.call_of("deaf")
        self.assertGreater(video["key_frames_unanswered"], 1, text)
        self.assertGreater(video["undecodable"], 0, text)
        self.assertRegex(text, r"\d requests for a key frame were not answered")

    def test_a_server_that_goes_on_when_nothing_is_sent_to_it_any_more(self):
        video, text = self.call_of("goes on")
        self.assertGreater(video["lost"], 0, text)
        self.assertGreater(video["returned"], 0.5 * video["sent"], text)
        # While those that were left out were waited for it sent a hundred a second.
        self.assertLess(video["received"], video["sent"], text)

    def answer_to(self, fault, words):
        """Until the server says that of a client that has that fault; how many frames the client got back."""
        file = pathlib.Path(self.path("stderr"))
        with file.open("w") as stderr:
            port = self.serve(stderr=stderr)
        client = self.run_peer("aiortc_client.py", f"http://127.0.0.1:{port}/offer", 20, "media", f"for={SECONDS}", FAULT=fault)
        out, err = client.communicate(timeout=2 * LIMIT)
        self.assertEqual(client.returncode, 0, out + err)
        frames = json.loads(out)["frames"]
        self.wait_for(lambda: re.search(words, file.read_text()))
        self.assertGreater(frames["video"], 20)
        self.assertGreater(frames["audio"], 20)
        return frames

    def test_a_client_that_stops_sending(self):
        self.answer_to("stops", r"the peer stopped sending video after \d")

    def test_a_client_that_sends_garbage(self):
        frames = self.answer_to("garbage", r"of a call's video \d+ frames? could not be decoded")
        self.assertGreater(frames["video"], 30)

    def test_a_client_that_changes_its_size(self):
        frames = self.answer_to("resizes", "the picture of a call changed its size from 640x480 to 320x240")
        self.assertGreater(frames["video"], 30)

    def test_a_client_that_answers_no_request_for_a_key_frame(self):
        self.answer_to("deaf", r"of a call's video \d+ requests? for a key frame (was|were) not answered")


class OthersCall(MediaTest):
    """aiortc's client with tracks against volley serve, which transforms them."""

    def test_aiortc(self):
        port = self.serve()
        for _ in range(PASSES):
            client = self.run_peer("aiortc_client.py", f"http://127.0.0.1:{port}/offer", 20, "media", "back")
            out, err = client.communicate(timeout=LIMIT)
            self.assertEqual(client.returncode, 0, out + err)
            frames = json.loads(out)["frames"]
            print(f"aiortc's client: {frames}", flush=True)
            self.assertGreaterEqual(frames["video"], 60, out + err)
            self.assertGreater(frames["audio"], 60, out + err)


if __name__ == "__main__":
    unittest.main()
