#!/usr/bin/env python3
"""volley offer --video and --audio against volley serve: frames come back transformed as asked, known again, recorded and saved."""
import fcntl
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import sys
import termios
import threading
import unittest
import urllib.request
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from support.calls import CallsTest
from support.volley import VOLLEY

SECONDS = "3s"
# Of frames; a machine that has no time leaves some out, and no test is about speed. That none is mistaken for another is never about speed.
LEAST_BACK = 0.2


def png_size(path):
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n", path
    at = 8
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length:at + 12 + length])[0] == zlib.crc32(kind + body), path
        if kind == b"IHDR":
            size = struct.unpack(">II", body[:8])
        at += 12 + length
    return size


class Video(CallsTest):
    def media(self, port, *args, code=0):
        phase, result, done = self.offer(f"127.0.0.1:{port}/offer", "--for", SECONDS, "--every", "200ms", *args, code=code)
        self.assertEqual(phase["calls"]["failed"], 0, done.stdout)
        return phase["calls"]["media"], done.stdout

    def check_frames(self, video, text):
        self.assertEqual(video["calls"], 1, text)
        self.assertGreater(video["sent"], 15, text)
        self.assertGreaterEqual(video["returned"], LEAST_BACK * video["sent"], text)
        self.assertEqual((video["unknown"], video["undecodable"]), (0, 0), text)
        # A picture half of one frame and half of the next may be read wrong: seen, and no round trip of anything.
        self.assertLessEqual(video["mismatched"], 0.1 * video["sent"], text)
        self.assertEqual(video["returned"] + video["lost"] + video["untold"], video["sent"], text)
        self.assertEqual(video["round_trip"]["count"], video["returned"], text)
        self.assertEqual(sum(video["known_by"].values()), video["returned"], text)
        self.assertGreater(video["first_frame"]["max"], 0)

    def test_every_transform_is_the_one_that_was_asked_for(self):
        port = self.serve()
        for transform, fps in (("none", "30"), ("edges", "15"), ("cartoon", "8"), ("rotate", "15")):
            with self.subTest(transform):
                media, text = self.media(port, "--video", transform, "--fps", fps)
                video = media["video"]
                self.check_frames(video, text)
                self.assertEqual(video["transform"]["asked"], transform)
                self.assertEqual(video["transform"]["seen"], transform, text)
                self.assertIn(f"{transform}, as asked", text)
                # The server keeps timestamps: both tell the same, but for what came before the offset was known.
                self.assertGreater(video["known_by"]["both"], 0.5 * video["returned"], text)
                self.assertEqual(video["size"], "640x480")

    def test_pictures_of_more_pixels_than_the_server_decodes_are_not_sent_back(self):
        video = ("--video", "none", "--resolution", "160x120", "--fps", "10")
        port = self.serve("--max-pixels", "160x119", stderr=subprocess.PIPE)
        self.addCleanup(self.server.stderr.close)
        phase, _, done = self.offer(f"127.0.0.1:{port}/offer", "--for", SECONDS, *video, code=1)
        self.assertEqual(phase["calls"]["media"]["video"]["returned"], 0, done.stdout)
        self.assertIn("a picture of 160 x 120 pixels: one may have 19040 pixels in all to be decoded here (--max-pixels of volley serve)", self.server.stderr.readline())
        media, text = self.media(self.serve("--max-pixels", "120x160"), *video)
        self.assertGreater(media["video"]["returned"], 0, text)

    def test_reflected_packets_need_no_codec_at_the_server(self):
        media, text = self.media(self.serve(), "--video", "reflect")
        self.check_frames(media["video"], text)
        self.assertEqual(media["video"]["transform"]["seen"], "none", text)
        self.assertEqual(media["video"]["unreadable"], 0, text)

    def test_h264(self):
        media, text = self.media(self.serve(), "--video", "none", "--video-codec", "h264")
        self.check_frames(media["video"], text)
        self.assertEqual(media["video"]["codec"], "H264")

    def test_other_sizes_and_rates(self):
        port = self.serve()
        for size, fps in (("320x240", "15"), ("322x242", "10"), ("1280x720", "10")):
            with self.subTest(size):
                media, text = self.media(port, "--video", "none", "--resolution", size, "--fps", fps)
                self.check_frames(media["video"], text)
                self.assertEqual(media["video"]["size"], size)

    def test_sound_comes_back_and_its_way_is_timed(self):
        port = self.serve()
        for codec in ("opus", "g722", "pcmu", "pcma"):
            with self.subTest(codec):
                media, text = self.media(port, "--audio", "--audio-codec", codec)
                audio = media["audio"]
                self.assertEqual(audio["codec"].lower(), codec)
                self.assertGreater(audio["sent"], 100, text)
                self.assertGreater(audio["received"], 0.5 * audio["sent"], text)
                self.assertGreaterEqual(audio["chirps_back"], 1, text)
                self.assertLessEqual(audio["chirps_back"], audio["chirps"], text)
                self.assertLess(audio["level_db"], -3, text)

    def test_a_tone_of_the_server(self):
        media, text = self.media(self.serve("--audio", "tone"), "--audio", "--audio-source", "tone")
        self.assertGreater(media["audio"]["received"], 50, text)
        self.assertAlmostEqual(media["audio"]["level_db"], -13.5, delta=3, msg=text)  # 0.3 of full scale, a sine

    def sound(self, name, *codec):
        """A file of 2 s of a sine whose level is -21 dB of full scale."""
        path = self.path(name)
        subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=frequency=440:duration=2", *codec, path], check=True)
        return path

    def test_a_file_of_opus_or_wav_is_sent_and_played(self):
        files = {"opus": self.sound("sine.opus", "-c:a", "libopus"), "wav": self.sound("sine.wav")}
        for played, sent in (("opus", "wav"), ("wav", "opus")):
            with self.subTest(played):
                media, text = self.media(self.serve("--audio", files[played]), "--audio", "--audio-source", files[sent])
                self.assertGreater(media["audio"]["received"], 50, text)
                self.assertAlmostEqual(media["audio"]["level_db"], -21, delta=3, msg=text)
        # What comes back is what was sent, too.
        media, text = self.media(self.serve(), "--audio", "--audio-source", files["opus"], "--audio-codec", "pcmu")
        self.assertAlmostEqual(media["audio"]["level_db"], -21, delta=3, msg=text)

    def test_a_sound_that_is_neither(self):
        port = self.serve()
        files = ((self.write("words.txt", "words"), "a WAV file, or Opus in Ogg, is expected"),
                 (self.sound("sine.mp3", "-c:a", "libmp3lame"), "a WAV file, or Opus in Ogg, is expected"),
                 (self.sound("sine.ogg", "-c:a", "libvorbis"), "sine.ogg: at byte"),
                 (self.write("short.opus", "OggS"), "short.opus: at byte"), ("/does/not/exist", "No such file"))
        for file, why in files:
            done = self.volley("offer", f"127.0.0.1:{port}/offer", "--audio", "--audio-source", file, "--for", "1s")
            self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
            self.assertIn(why, done.stderr)
            done = self.volley("serve", "--port", "0", "--rtc-port", "0", "--audio", file)
            self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
            self.assertIn(why, done.stderr)

    def test_what_came_back_is_saved(self):
        folder = pathlib.Path(self.path("frames"))
        film = pathlib.Path(self.path("back.webm"))
        media, text = self.media(self.serve(), "--video", "edges", "--audio", "--save-frames", str(folder) + "/", "--record", str(film))
        self.check_frames(media["video"], text)
        names = sorted(path.name for path in folder.iterdir())
        self.assertIn("strip.png", names)
        self.assertIn("01-sent.png", names)
        self.assertEqual(png_size(folder / "01-returned.png"), (640, 480))
        self.assertEqual(png_size(folder / "01-sent.png"), (640, 480))
        png_size(folder / "strip.png")
        ffprobe = shutil.which("ffprobe")
        self.assertIsNotNone(ffprobe, "ffprobe belongs to the packages of the tests")
        done = subprocess.run([ffprobe, "-v", "error", "-count_frames", "-show_streams", "-of", "json", str(film)],
                              capture_output=True, text=True, check=True)
        self.assertEqual(done.stderr, "")
        streams = {stream["codec_type"]: stream for stream in json.loads(done.stdout)["streams"]}
        self.assertEqual((streams["video"]["codec_name"], streams["audio"]["codec_name"]), ("vp8", "opus"))
        self.assertGreater(int(streams["video"]["nb_read_frames"]), 20)

    def test_files_that_ffmpeg_reads(self):
        port = self.serve()
        for name, codec in (("film.mp4", ("-c:v", "mpeg4")), ("film.webm", ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8")),
                            ("film.avi", ("-c:v", "mjpeg", "-pix_fmt", "yuvj422p"))):
            with self.subTest(name):
                film = self.path(name)
                subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=320x180:rate=15:duration=2", *codec, film], check=True)
                media, text = self.media(port, "--video", "none", "--video-source", film)
                self.assertEqual(media["video"]["size"], "320x180", text)
                self.assertGreater(media["video"]["sent"], 15, text)
                self.assertGreaterEqual(media["video"]["returned"], LEAST_BACK * media["video"]["sent"], text)
        sound = self.sound("sound.mp4", "-c:a", "aac")
        done = self.volley("offer", f"127.0.0.1:{port}/offer", "--video", "none", "--video-source", sound, "--for", "1s")
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertIn("sound.mp4: there is no video in it", done.stderr)

    def test_a_camera_that_is_none(self):
        for source, why in (("v4l2:/dev/video97", "there is no such device"), ("/dev/video97", "there is no such device"),
                            ("v4l2:/dev/null", "this is no video device")):
            done = self.volley("offer", "127.0.0.1:1/offer", "--video", "none", "--video-source", source, "--resolution", "640x480", "--for", "1s")
            self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
            self.assertIn(f"{source}: {why}", done.stderr)

    def serve_film(self, *args):
        """A server that has made what it plays, which it does when the first call asks for it."""
        port = self.serve(*args)
        for _ in range(60):
            if self.volley("offer", f"127.0.0.1:{port}/whep", "--video", "none", "--for", "1s").returncode == 0:
                return port
        self.fail("nothing is played")

    def test_a_call_of_whep_plays(self):
        folder = pathlib.Path(self.path("played"))
        film = self.path("played.webm")
        port = self.serve_film("--audio", "tone")
        args = ("--video", "none", "--audio", "--for", SECONDS, "--every", "200ms")
        phase, _, done = self.offer(f"127.0.0.1:{port}/whep", *args, "--save-frames", str(folder), "--record", film, "--expect", "video_frames >= 1")
        media, text = phase["calls"]["media"], done.stdout
        self.assertEqual(phase["calls"]["failed"], 0, text)
        video, audio = media["video"], media["audio"]
        self.assertEqual((video["players"], video["calls"], video["sent"], video["calls_back"], audio["sent"]), (1, 0, 0, 1, 0), text)
        self.assertGreater(video["played"], 15, text)
        self.assertGreater(video["decoded"], 15, text)
        self.assertEqual((video["size"], video["first_frame"]["count"]), ("640x480", 1), text)
        self.assertGreater(video["bytes_in"], 10_000)
        self.assertIn("frames/s", text)
        self.assertGreater(audio["received"], 50, text)
        self.assertAlmostEqual(audio["level_db"], -13.5, delta=3, msg=text)
        self.assertEqual(png_size(folder / "01-returned.png"), (640, 480))
        self.assertFalse((folder / "01-sent.png").exists())
        self.assertEqual(png_size(folder / "strip.png")[1], 4 + 240 + 4, "one row: nothing was sent")
        self.assertGreater(self.frames_of(film)["video"], 15)

    def test_a_file_is_played_too(self):
        film = self.path("film.y4m")
        subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=320x180:rate=15:duration=2", "-pix_fmt", "yuv420p", film], check=True)
        port = self.serve_film("--video", film)
        phase, _, done = self.offer(f"127.0.0.1:{port}/whep", "--video", "none", "--for", SECONDS)
        video = phase["calls"]["media"]["video"]
        self.assertEqual((video["size"], video["codec"]), ("320x180", "VP8"), done.stdout)
        self.assertGreater(video["played"], 10, done.stdout)

    def test_whep_of_a_server_that_sends_nothing(self):
        for how, why in (("silent", "the server did not send video"), ("pong", "the answer sends no video")):
            url = f"127.0.0.1:{self.serve_calls(how)}/whip"  # which takes offers of WHEP as well
            _, _, done = self.offer(url, "--signal", "whep", "--video", "none", "--for", "2s", code=1)
            self.assertIn(why, " ".join(done.stdout.split()))

    def test_what_who_plays_cannot_have(self):
        for args, why in ((("--video", "edges"), "has no place for a transform"), (("--video", "none", "--fps", "10"), "--fps is about what is sent"),
                          (("--video", "none", "--expect", "video_rtt p95 < 1s"), "a call of WHEP only receives"),
                          (("--audio", "--audio-source", "tone"), "--audio-source is about what is sent")):
            done = self.volley("offer", "127.0.0.1:1/whep", *args)
            self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
            self.assertIn(why, done.stderr)

    def frames_of(self, film):
        """How many frames of each kind ffprobe reads in a file, which it must find nothing wrong with."""
        done = subprocess.run(["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-of", "json", str(film)],
                              capture_output=True, text=True, check=True)
        self.assertEqual(done.stderr, "")
        return {stream["codec_type"]: int(stream["nb_read_frames"]) for stream in json.loads(done.stdout)["streams"]}

    def test_the_server_records_what_is_reflected(self):
        for codec in ("vp8", "h264"):
            with self.subTest(codec):
                folder = pathlib.Path(self.path("reflected-" + codec))
                folder.mkdir()
                port = self.serve("--record-to", str(folder))
                media, text = self.media(port, "--video", "reflect", "--video-codec", codec)
                self.check_frames(media["video"], text)
                self.server.terminate()
                self.server.wait(60)
                (film,) = folder.iterdir()
                self.assertGreater(self.frames_of(film)["video"], 20)

    def test_the_server_records_what_calls_send(self):
        folder = pathlib.Path(self.path("sent"))
        folder.mkdir()
        port = self.serve("--record-to", str(folder))
        media, text = self.media(port, "--video", "none", "--audio")
        self.check_frames(media["video"], text)
        self.server.terminate()
        self.server.wait(60)
        films = list(folder.iterdir())
        self.assertEqual(len(films), 1, films)
        done = subprocess.run(["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-of", "json", str(films[0])],
                              capture_output=True, text=True, check=True)
        kinds = {stream["codec_type"]: int(stream["nb_read_frames"]) for stream in json.loads(done.stdout)["streams"]}
        self.assertGreater(kinds["video"], 20)
        self.assertGreater(kinds["audio"], 50)

    def test_many_calls_share_what_they_send(self):
        media, text = self.media(self.serve(), "--video", "reflect", "--calls", "6", "--decode-every", "3")
        video = media["video"]
        self.assertEqual((video["calls"], video["calls_back"]), (6, 6), text)
        self.assertGreater(video["known_by"]["timestamp"], 0, text)
        self.assertGreater(video["decoded"], 0, text)
        self.assertLess(video["decoded"], video["received"], text)
        self.assertLessEqual(video["mismatched"], 0.1 * video["sent"], text)

    def test_video_of_which_nothing_comes_back_is_a_failure_and_says_why(self):
        for how, why in (("pong", "no frame came back: the answer takes no video"),
                         ("silent", "the server did not send video"), ("scrambled", "the server sent video that could not be decoded")):
            with self.subTest(how):
                url = f"127.0.0.1:{self.serve_calls(how)}/offer"
                args = (url, "--video", "none", "--video-codec", "vp8", "--for", "2s", "--every", "200ms")
                phase, result, done = self.offer(*args, code=1)
                self.assertEqual((phase["calls"]["failed"], phase["calls"]["errors_by_kind"]), (1, {"video": 1}), done.stdout)
                self.assertEqual(result["verdict"], "fail")
                self.assertRegex(" ".join(done.stdout.split()), ("no frame came back in [0-9.]+ s: " if how != "pong" else "") + why)
                # Who says what may go wrong is taken at his word.
                self.offer(*args, "--expect", "calls_failed <= 1")

    def ignoring(self, port, does):
        """The URL of a server that does this with all video, whatever it is asked for."""
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                offer = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                offer["video_transform"] = does
                asked = urllib.request.Request(f"http://127.0.0.1:{port}/offer", json.dumps(offer).encode(), {"Content-Type": "application/json"})
                with urllib.request.urlopen(asked, timeout=60) as answer:
                    body = answer.read()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return f"127.0.0.1:{server.server_port}/offer"

    def test_audio_of_which_nothing_comes_back_is_a_failure_and_says_why(self):
        port = self.serve("--audio", "none")
        for url, why in ((f"127.0.0.1:{port}/offer", "no audio came back"), (f"127.0.0.1:{port}/whep", "no audio came"),
                         (f"127.0.0.1:{self.serve_calls()}/offer", "no audio came back: the answer takes no audio")):
            phase, result, done = self.offer(url, "--audio", "--for", "2s", code=1)
            self.assertEqual((phase["calls"]["errors_by_kind"], result["verdict"]), ({"audio": 1}, "fail"))
            self.assertIn(why, " ".join(done.stdout.split()))
            self.assertNotIn("lost", phase["calls"]["media"]["audio"] if "takes" not in why else {})

    def test_nothing_is_known_of_what_was_lost_of_audio_that_never_came(self):
        url = f"127.0.0.1:{self.serve('--audio', 'none')}/offer"
        for expected in ("audio_lost < 1%", "audio_lost == 0"):
            _, result, done = self.offer(url, "--audio", "--for", "2s", "--expect", expected, code=1)
            (judged,) = [t for t in result["thresholds"] if t["threshold"] == expected]
            self.assertEqual(judged["verdict"], "fail", done.stdout)
            self.assertRegex(judged["message"], "^none of [0-9]+ packets of audio came back, so what was lost is not known$")

    def test_a_transform_that_the_server_does_not_do_is_a_failure(self):
        url = self.ignoring(self.serve(), "none")
        args = (url, "--video", "edges", "--fps", "15", "--for", SECONDS, "--every", "200ms")
        phase, result, done = self.offer(*args, code=1)
        self.assertEqual(phase["calls"]["media"]["video"]["transform"]["seen"], "none")
        self.assertEqual((result["verdict"], [t["threshold"] for t in result["thresholds"]]), ("fail", ["video_transform == edges"]), done.stdout)
        self.assertIn("the pictures tell `none`", done.stdout)
        self.offer(*args, "--expect", "video_rtt p50 < 1h", code=1)
        self.offer(*args, "--expect", "video_transform == none")
        self.offer(*args, "--expect", "video.transform == edges", code=1)

    def test_a_transform_is_expected_by_its_name(self):
        for expected, why in (("video_transform < edges", "compare it with == or !="), ("video_transform == edgs", "did you mean `edges`?")):
            done = self.volley("offer", "127.0.0.1:1/offer", "--video", "edges", "--expect", expected)
            self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
            self.assertIn(why, done.stderr)

    def test_whip_may_take_video_and_send_none(self):
        phase, _, done = self.offer(f"127.0.0.1:{self.serve_calls('sink')}/whip", "--video", "none", "--for", "2s")
        self.assertEqual(phase["calls"]["failed"], 0, done.stdout)
        self.assertEqual(phase["calls"]["media"]["video"]["returned"], 0)
        self.offer(f"127.0.0.1:{self.serve_calls('sink')}/offer", "--video", "none", "--for", "2s", code=1)

    def test_a_transform_that_nobody_knows(self):
        done = self.volley("offer", f"127.0.0.1:{self.serve()}/offer", "--video", "sepia", "--for", "1s")
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.assertIn("there is no transform 'sepia'", done.stdout)
        self.assertIn("warning: --video sepia: the transforms none, edges, cartoon, rotate and reflect are known", done.stderr)

    def test_a_transform_that_only_the_server_can_know_is_told_before_anything_is_made(self):
        process = self.start("offer", "127.0.0.1:1/offer", "--video", "edgs", "--resolution", "4096x4096", "--fps", "120")  # takes minutes
        self.assertEqual(process.stderr.readline(), "volley: warning: --video edgs: the transforms none, edges, cartoon, rotate and reflect are known; "
                         "the server has to have one of this name (did you mean edges?)\n")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        for args in (("--video", "edges"), ("--video", "sepia", "-q")):
            done = self.volley("offer", "127.0.0.1:1/offer", *args, "--resolution", "64x64", "--fps", "1")
            self.assertNotIn("warning", done.stderr)

    def test_what_does_not_go_together(self):
        for args, why in ((("--fps", "30"), "--fps goes with --video"), (("--video", "none", "--resolution", "10x10"), "from 64 to 4096"),
                          (("--record", "x.webm"), "needs something to record"), (("--audio-source", "tone"), "goes with --audio"),
                          (("--video", "none", "--video-codec", "av1"), "one of vp8, h264"), (("--video", "none", "--video-bitrate", "1"), "from 30k to 50M")):
            done = self.volley("offer", "127.0.0.1:1/offer", *args)
            self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
            self.assertIn(why, done.stderr)

    def test_a_source_that_cannot_be_sent(self):
        port = self.serve()
        nothing = self.write("nothing.ivf", "")
        garbage = self.write("garbage.y4m", "garbage " * 100)
        for file, why in ((nothing, "is empty"), (garbage, "garbage.y4m: "), ("/does/not/exist", "cannot be read")):
            done = self.volley("offer", f"127.0.0.1:{port}/offer", "--video", "none", "--video-source", file, "--for", "1s")
            self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
            self.assertIn(why, done.stderr)

    def test_a_server_looks_at_its_files_before_it_listens(self):
        header = b"DKIF" + struct.pack("<HH4sHHIIII", 0, 32, b"VP80", 64, 64, 30, 1, 1, 0)
        empty, cut, cut_pictures = self.path("empty.ivf"), self.path("cut.ivf"), self.path("cut.y4m")
        pathlib.Path(empty).write_bytes(header)
        pathlib.Path(cut).write_bytes(header + struct.pack("<IQ", 1000, 0) + b"1")
        pathlib.Path(cut_pictures).write_bytes(b"YUV4MPEG2 W64 H64 F30:1\nFRAME\n" + bytes(100))
        pipe = self.path("pipe")
        os.mkfifo(pipe)
        for args, why in ((("--video", self.write("words", "no film " * 100)), "words: "), (("--video", self.path("none.y4m")), "cannot be read"),
                          (("--video", empty), "empty.ivf: there is no frame in it"), (("--video", cut), "cut.ivf: at byte 32: the last frame is cut short"),
                          (("--video", cut_pictures), "cut.y4m: at byte 30: the last frame is cut short: 100 of 6144 bytes"),
                          (("--video", pipe), "pipe: cannot be read: it is a pipe"), (("--audio", pipe), "pipe: cannot be read: it is a pipe"),
                          (("--record-to", self.path("nowhere")), "there is no such folder"), (("--record-to", "/proc"), "no file can be made in /proc: ")):
            with self.subTest(args):
                done = self.volley("serve", "--port", "0", *args)
                self.assertNotEqual(done.returncode, 0)
                self.assertEqual(done.stdout, "")
                self.assertIn(why, done.stderr)

    def test_files_are_looked_at_before_anything_is_sent(self):
        taken = self.write("taken", "")
        nowhere = self.path("nowhere/x")
        pipe = self.path("pipe")
        os.mkfifo(pipe)
        for args, why in ((("--video", "none", "--video-source", nowhere), f"--video-source {nowhere}: cannot be read: No such file"),
                          (("--video", "none", "--video-source", pipe), "pipe: cannot be read: it is a pipe or a device, and a file is expected"),
                          (("--audio", "--audio-source", pipe), "pipe: cannot be read: it is a pipe or a device, and a file is expected"),
                          (("--video", "none", "--video-source", self.path("")), "it is a directory"),
                          (("--audio", "--audio-source", "chrip"), "--audio-source chrip: cannot be read: No such file or directory; tone and chirp"),
                          (("--audio", "--record", nowhere + ".webm"), f"--record {nowhere}.webm: cannot be written: there is no directory"),
                          (("--audio", "--record", self.path("film.mp4")), "film.mp4: unknown kind of file: WebM and Matroska are written; call it .webm or .mkv"),
                          (("--audio", "--record", self.path("film")), "unknown kind of file"),
                          (("--video", "none", "--video-codec", "h264", "--record", self.path("film.webm")), "WebM holds VP8 and Opus alone; call it .mkv"),
                          (("--audio", "--audio-codec", "pcmu", "--record", self.path("film.webm")), "call it .mkv"),
                          (("--video", "none", "--save-frames", taken), f"--save-frames {taken}: cannot be written: it is no directory"),
                          (("--video", "none", "--save-frames", taken + "/below"), "is no directory")):
            with self.subTest(args):
                done = self.volley("offer", "127.0.0.1:1/offer", *args, "--for", "1s")
                self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
                self.assertIn(why, done.stderr)

    def test_ivf_of_another_codec_than_the_one_that_is_asked_for(self):
        film = self.path("film.ivf")
        subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=160x120:rate=10:duration=1", "-c:v", "libvpx", film], check=True)
        done = self.volley("offer", "127.0.0.1:1/offer", "--video", "none", "--video-source", film, "--video-codec", "h264", "--for", "1s")
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertIn("film.ivf: it is VP8, and IVF is sent as it is coded: ask for that codec, or for none", done.stderr)

    def test_a_field_that_asks_for_another_transform(self):
        for field, why in (("video_transform=edges", "`video_transform` is `edges`, and the transform of --video is `none`"),
                           ("video_transform:=1", "`video_transform` is no text")):
            done = self.volley("offer", "127.0.0.1:1/offer", "--video", "none", field)
            self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
            self.assertIn(why, done.stderr)
        done = self.volley("offer", "127.0.0.1:1/offer", "--video", "edges", "--resolution", "64x64", "--fps", "1", "video_transform=edges")
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)

    def test_what_cannot_be_written_is_an_error(self):
        port = self.serve()
        folder = pathlib.Path(self.path("frames"))
        (folder / "01-returned.png").mkdir(parents=True)
        full = self.path("full.mkv")
        os.symlink("/dev/full", full)
        for args, why in ((("--record", full), f"error: the recording is not whole: {full}: No space left on device"),
                          (("--save-frames", str(folder)), "01-returned.png: Is a directory")):
            with self.subTest(args):
                phase, result, done = self.offer(f"127.0.0.1:{port}/offer", "--video", "none", "--for", SECONDS, *args, code=1)
                self.assertEqual((phase["calls"]["failed"], result["verdict"]), (0, "fail"))
                self.assertIn(result["unwritten"][0], done.stderr)
                self.assertIn("1 call, 0 failed", done.stdout)
                self.assertIn(why, done.stderr)

    def test_where_nothing_comes_back_nothing_is_written(self):
        for how in ("silent", "scrambled"):
            with self.subTest(how):
                folder = pathlib.Path(self.path("frames-" + how))
                film = pathlib.Path(self.path(how + ".webm"))
                phase, _, done = self.offer(f"127.0.0.1:{self.serve_calls(how)}/offer", "--video", "none", "--video-codec", "vp8", "--for", "2s",
                                            "--record", str(film), "--save-frames", str(folder), code=1)
                self.assertFalse(folder.exists())
                notes = phase["calls"]["media"]["notes"]
                if how == "silent":  # what cannot be decoded is recorded all the same, as it came
                    self.assertFalse(film.exists())
                    self.assertIn("nothing is recorded: nothing came back that can be played", notes)
                self.assertIn("no picture is saved: none came back from the second second of the call on", notes)

    def test_small_pictures_have_no_room_for_their_number(self):
        media, text = self.media(self.serve(), "--video", "none", "--resolution", "176x144", "--fps", "10")
        self.assertEqual((media["video"]["known_by"]["both"], media["video"]["known_by"]["code"]), (0, 0), text)
        self.assertIn("pictures of 176x144 have no room for their number", " ".join(media["notes"]))

    def test_five_frames_are_enough_to_know_them_again(self):
        _, result, done = self.offer(f"127.0.0.1:{self.serve()}/offer", "--video", "none", "--resolution", "64x64", "--fps", "5", "--for", "1s")
        video = result["servers"][0]["phases"][0]["calls"]["media"]["video"]
        self.assertIn(video["sent"], (5, 6, 7), done.stdout)
        if video["received"] >= 5:  # else this machine had no time
            self.assertEqual((video["returned"], video["unknown"]), (video["received"], 0), done.stdout)
            self.assertIn("transform    ", done.stdout)

    def test_a_narrow_terminal_has_its_sentences_broken_between_words(self):
        ours, theirs = os.openpty()
        self.addCleanup(os.close, ours)
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 72, 0, 0))
        file = open(ours, "rb", buffering=0, closefd=False)  # noqa: SIM115
        command = [VOLLEY, "offer", f"127.0.0.1:{self.serve()}/offer", "--video", "reflect", "--resolution", "192x192", "--fps", "10", "--for", SECONDS]
        text = b""
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.DEVNULL, env=self.env) as process:
            os.close(theirs)
            try:
                while data := file.read(4096):
                    text += data
            except OSError:  # how the end of the other side is told
                pass
        self.assertEqual(process.returncode, 0, text)
        lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in text.decode().splitlines()]
        self.assertLessEqual(max(map(len, lines)), 72, "\n".join(lines))
        self.assertNotIn("\u2026", "".join(lines))
        self.assertIn("round trips from the planned instant of a frame until it is back, decoded", " ".join(" ".join(lines).split()))

    def test_an_interrupt_while_video_is_being_made(self):
        process = self.start("offer", "127.0.0.1:1/offer", "--video", "none", "--resolution", "4096x4096", "--fps", "120")  # takes minutes
        line = process.stderr.readline()
        self.assertIn("making what is sent", line)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)


if __name__ == "__main__":
    unittest.main()
