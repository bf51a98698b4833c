"""volley run with calls that send video and sound: what comes back of it, and what is judged of that."""

import pathlib
import re
import struct
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from support.calls import CallsTest
from support.volley import free_port

FILE = """
version: 1
name: t
config: {{ target: "http://127.0.0.1:{port}" }}
scenarios:
  call:
    - webrtc: {{ offer: /offer, datachannel: {{ pings: 2 }}, {media} }}
      checks: [{checks}]
phases: [{phase}]
thresholds: [{thresholds}]
"""
SMALL = "size: 160x120, fps: 10, bitrate: 150k"


class Media(CallsTest):
    def file(self, port, media, checks="", phase="{ name: p, users: 1, iterations: 1 }", thresholds="p.errors == 0"):
        return FILE.format(port=port, media=media, checks=checks, phase=phase, thresholds=thresholds)

    def phase(self, result):
        return result["servers"][0]["phases"][0]

    def test_video_and_sound_come_back(self):
        port = self.serve()
        result, _ = self.run_scenario(
            self.file(
                port,
                f"video: {{ transform: none, {SMALL} }}, audio: chirp, for: 2500ms",
                checks="video.sent >= 5, video.frames >= 1, video.returned > 0%, video.lost <= 100%, video.rtt p95 < 60s, video.first_frame < 60s, "
                "video.mismatched == 0, video.freezes >= 0, audio.sent >= 10, audio.received >= 1, audio.lost < 100%",
                thresholds="p.errors == 0, p.video_frames >= 1, p.video_returned > 0%, p.video_rtt max < 60s, p.first_frame max < 60s, p.audio_received >= 1",
            )
        )
        phase = self.phase(result)
        self.assertEqual({(c["check"], c["held"], c["failed"]) for c in phase["checks"] if c["held"] != 1}, set())
        self.assertEqual((len(phase["checks"]), phase["calls"]["set_up"], phase["calls"]["failed"]), (11, 1, 0))
        self.assertEqual(len(result["thresholds"]), 6)
        self.assertGreaterEqual(phase["elapsed"], 2.5)

    def test_pictures_tell_the_transform_of_every_call(self):
        port = self.serve()
        result, _ = self.run_scenario(
            self.file(port, f"video: {{ transform: edges, {SMALL} }}, for: 3s", checks="video.transform == edges", phase="{ name: p, burst: 2 }")
        )
        (check,) = self.phase(result)["checks"]
        self.assertEqual((check["held"], check["failed"]), (2, 0))
        result, _ = self.run_scenario(
            self.file(port, f"video: {{ transform: edges, {SMALL} }}, for: 3s", checks="video.transform == none"), code=1
        )
        (check,) = self.phase(result)["checks"]
        self.assertEqual(check["message"], "failed for 1 of 1 calls: the pictures tell `edges`")

    def test_calls_that_are_not_decoded_are_known_by_their_timestamps(self):
        port = self.serve()
        result, _ = self.run_scenario(
            self.file(
                port,
                f"video: {{ transform: reflect, decode_every: 2, {SMALL} }}, for: 3s",
                checks="video.transform == none, video.frames >= 1",
                phase="{ name: p, users: 1, iterations: 2 }",
            )
        )
        for check in self.phase(result)["checks"]:
            self.assertEqual((check["held"], check["failed"]), (2, 0), check)

    def test_a_server_that_takes_no_media(self):
        port = self.serve_calls()
        result, _ = self.run_scenario(
            self.file(port, f"video: {{ {SMALL} }}, audio: tone, for: 300ms", checks="video.frames >= 1, audio.received >= 1", thresholds="p.video_frames >= 1"), code=1
        )
        messages = [c["message"] for c in self.phase(result)["checks"]]
        self.assertEqual(messages[0], "failed for 1 of 1 calls: no video was agreed on")
        (threshold,) = [t for t in result["thresholds"] if t["threshold"] == "p.video_frames >= 1"]
        self.assertEqual((threshold["verdict"], threshold["message"]), ("fail", "no call sent video"))

    def test_a_call_without_a_frame_back_is_none_that_went_well(self):
        port = self.serve_calls("silent")
        media = f"video: {{ codec: vp8, {SMALL} }}, for: 1500ms"
        why = "the server did not send video"
        result, _ = self.run_scenario(self.file(port, media), code=1)
        phase = self.phase(result)
        self.assertEqual((phase["calls"]["failed"], phase["calls"]["errors_by_kind"]), (1, {"video": 1}))
        self.assertIn(why, phase["wrong_examples"][0])
        # What a check says of frames counts instead.
        result, _ = self.run_scenario(self.file(port, media, checks="video.frames == 0"))
        self.assertEqual(self.phase(result)["calls"]["failed"], 0)
        result, _ = self.run_scenario(self.file(port, media, checks="video.frames >= 1"), code=1)
        (check,) = self.phase(result)["checks"]
        self.assertIn(why, check["message"])

    def test_a_missing_file_is_found_before_anything_is_sent(self):
        _, done = self.run_scenario(self.file(free_port(), "video: { source: clips/none.ivf }"), code=2)
        self.assertRegex(done.stderr, r"7:\d+: error: `.*clips/none\.ivf` cannot be read: No such file or directory")
        self.assertTrue(re.search(r"\n +\| +\^\n", done.stderr), done.stderr)

    def test_ivf_of_another_codec_than_the_one_that_is_asked_for(self):
        film = self.path("film.ivf")
        pathlib.Path(film).write_bytes(b"DKIF" + struct.pack("<HH4sHHIIII", 0, 32, b"VP80", 160, 120, 10, 1, 1, 0))
        _, done = self.run_scenario(self.file(free_port(), "video: { source: film.ivf, codec: h264 }"), code=2)
        self.assertRegex(done.stderr, r"7:\d+: error: .*film\.ivf: it is VP8, and IVF is sent as it is coded: ask for that codec, or for none")


if __name__ == "__main__":
    unittest.main(verbosity=2)
