#!/usr/bin/env python3
"""What volley offer measures of video and sound is what a way does that is known: as long as it is, and no loss where nothing was lost."""
import json
import pathlib
import signal
import struct
import sys
import time
import unittest

TESTS = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TESTS))
sys.path.insert(0, str(TESTS / "interop/webrtc"))
from bad_way import BadWay
from support.calls import CallsTest
from support.volley import LIMIT


def wav(rate, seconds=0.2):
    """Silence is sound, too."""
    data = b"\0" * (2 * int(rate * seconds))
    return (b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, rate, 2 * rate, 2, 16) + b"data"
            + struct.pack("<I", len(data)) + data)


class MediaMeasures(CallsTest):
    def media(self, url, *args, code=0):
        phase, _, done = self.offer(url, "--every", "200ms", *args, code=code)
        return phase["calls"]["media"], phase["calls"], done.stdout

    def way(self, delay, *args):
        """To a server behind a way that takes `delay` seconds each."""
        way = BadWay(f"http://127.0.0.1:{self.serve(*args)}/offer", 1, loss=0, delay=delay, jitter=0)
        self.addCleanup(way.stop)
        self.relays = way.relays
        return way.url

    def test_round_trips_of_sound_over_a_second_are_told(self):
        media, _, text = self.media(self.way(0.6), "--audio", "--audio-codec", "pcmu", "--for", "5s")
        audio = media["audio"]
        self.assertGreaterEqual(audio["chirps_back"], 1, text)
        self.assertGreaterEqual(audio["round_trip"]["min"], 1.19, text)
        self.assertLess(audio["round_trip"]["min"], 4, text)

    def test_what_is_under_way_when_a_run_is_interrupted_is_not_lost(self):
        file = self.path("result.json")
        process = self.start("offer", self.way(0.3), "--video", "reflect", "--resolution", "160x120", "--fps", "20", "--audio", "--for", "60s", "-o", file)
        self.wait_until_caught(process, signal.SIGINT)
        # Of about 140 datagrams a second.
        self.wait_for(lambda: self.relays and self.relays[0].passed > 700)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=LIMIT)
        media = json.loads(pathlib.Path(file).read_text())["servers"][0]["phases"][0]["calls"]["media"]
        self.assertGreaterEqual(media["video"]["returned"], 10, out)
        self.assertEqual((media["video"]["lost"], media["video"]["untold"]), (0, 0), out)
        self.assertEqual(media["video"]["sent"], media["video"]["returned"], out)
        self.assertEqual(media["audio"]["chirps"], media["audio"]["chirps_back"], out)

    def test_chirps_are_counted_in_calls_that_are_listened_to(self):
        media, _, text = self.media(f"127.0.0.1:{self.serve()}/offer", "--video", "none", "--resolution", "160x120", "--fps", "5", "--audio", "--calls", "4",
                                    "--decode-every", "4", "--for", "3s")
        audio = media["audio"]
        self.assertEqual(audio["calls"], 4, text)
        self.assertGreaterEqual(audio["chirps_back"], 1, text)
        self.assertLessEqual(audio["chirps"], 4, text)

    def test_the_last_frame_is_not_lost_at_a_server_that_keeps_it_until_the_next(self):
        media, _, text = self.media(f"127.0.0.1:{self.serve_calls('keeping')}/offer", "--video", "none", "--resolution", "160x120", "--fps", "10", "--for", "2s")
        video = media["video"]
        self.assertGreaterEqual(video["returned"], 10, text)
        self.assertEqual((video["lost"], video["untold"], video["unknown"], video["mismatched"]), (0, 0, 0, 0), text)
        self.assertEqual((video["sent"], video["received"]), (video["returned"], video["returned"]), text)

    def test_who_waits_for_its_last_frames_and_parts_has_not_stopped_sending(self):
        log = pathlib.Path(self.path("stderr"))
        with log.open("w") as stderr:
            port = self.serve(stderr=stderr)
        way = BadWay(f"http://127.0.0.1:{port}/offer", 1, loss=0, delay=1.2, jitter=0)
        self.addCleanup(way.stop)
        media, _, text = self.media(way.url, "--video", "reflect", "--resolution", "160x120", "--fps", "10", "--for", "2s")
        self.assertGreater(media["video"]["returned"], 0, text)
        self.server.terminate()
        self.server.wait(LIMIT)
        self.assertNotIn("stopped sending", log.read_text())

    def test_who_goes_without_a_word_has_not_stopped_sending(self):
        log = pathlib.Path(self.path("stderr"))
        with log.open("w") as stderr:
            port = self.serve(stderr=stderr)
        client = self.start("offer", f"127.0.0.1:{port}/offer", "--video", "reflect", "--audio", "--resolution", "160x120", "--fps", "10",
                            "--every", "100ms", "--for", "60s")
        self.addCleanup(client.communicate)
        self.addCleanup(client.kill)
        for _ in range(10):
            self.assertIn("pong", client.stdout.readline())
        client.kill()
        client.wait(LIMIT)
        time.sleep(3)  # longer than a pause of the video may be
        self.assertIsNone(self.server.poll())
        self.server.terminate()
        self.server.wait(LIMIT)
        self.assertEqual(log.read_text(), "")

    def test_the_rate_of_what_comes_is_that_from_its_first_frame_on(self):
        # The server makes what it plays when the first call asks for it.
        media, _, text = self.media(f"127.0.0.1:{self.serve()}/whep", "--video", "none", "--for", "8s")
        video = media["video"]
        self.assertGreater(video["played"], 1, text)
        self.assertLess(video["length"], 8, text)
        if video["length"] >= 1:
            self.assertIn(f"rate         {video['played'] / video['length']:.1f} frames/s", text)

    def test_the_rate_of_what_comes_back_is_that_from_its_first_frame_on(self):
        # The first frame that comes back is the key frame that is sent after two seconds.
        url = f"127.0.0.1:{self.serve_calls('late')}/offer"
        media, _, text = self.media(url, "--video", "none", "--video-codec", "vp8", "--resolution", "160x120", "--fps", "10", "--for", "6s")
        video = media["video"]
        self.assertGreater(video["received"], 10, text)
        self.assertGreater(video["first_frame"]["max"], 1.5, text)
        self.assertLess(video["length"], 4.5, text)
        self.assertGreater(video["length_out"], 5, text)
        self.assertIn(f"rate         {video['received'] / video['length']:.1f} frames/s back", text)
        self.assertAlmostEqual(video["received"] / video["length"], video["sent"] / video["length_out"], delta=2, msg=text)

    def test_a_call_of_a_moment_has_no_rate(self):
        media, _, text = self.media(f"127.0.0.1:{self.serve()}/offer", "--video", "reflect", "--resolution", "160x120", "--count", "1")
        self.assertLess(media["video"]["length"], 1, text)
        self.assertNotIn("frames/s back", text)

    def test_sound_of_an_uncommon_rate(self):
        for rate in (22255, 11127, 1000, 44101):
            with self.subTest(rate):
                file = pathlib.Path(self.path("odd.wav"))
                file.write_bytes(wav(rate))
                port = self.serve("--audio", str(file))
                media, _, text = self.media(f"127.0.0.1:{port}/offer", "--audio", "--audio-source", str(file), "--for", "1s")
                self.assertGreater(media["audio"]["sent"], 5, text)
                self.assertGreater(media["audio"]["received"], 5, text)
                self.assertIsNone(self.server.poll())


if __name__ == "__main__":
    unittest.main()
