#!/usr/bin/env python3
"""Calls between volley and WebRTC stacks that nobody here wrote, each in the role that it has: aiortc, GStreamer, Chromium.

WEBRTC_PASSES says how often each call is made (1). To be run where there is no network but loopback."""
import json
import os
import pathlib
import socket
import subprocess
import sys
import time
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from bad_way import BadWay
from browser import Browser
from support.volley import LIMIT, VolleyTest, free_port

PEERS = pathlib.Path(__file__).resolve().parent / "peers"
PYTHON = "/usr/bin/python3"
PASSES = int(os.environ.get("WEBRTC_PASSES", "1"))
PINGS = 20


class PeerTest(VolleyTest):
    def run_peer(self, script, *args, output=None, **environment):
        """A peer in a process of its own, which ends with the test at the latest. What it prints goes into the file `output`, or to who asks
        with communicate()."""
        process = subprocess.Popen([PYTHON, str(PEERS / script), *map(str, args)], stdin=subprocess.DEVNULL, stdout=output or subprocess.PIPE,
                                   stderr=output or subprocess.PIPE, text=True, env=dict(self.env, PYTHONDONTWRITEBYTECODE="1", **environment))

        def end():
            if process.poll() is None:
                process.kill()
            process.communicate()

        self.addCleanup(end)
        return process

    def serve_peer(self, script, **environment):
        port = free_port()
        # No pipe: nobody reads it meanwhile, and a peer whose decoder complains of each frame fills it and stands still.
        file = pathlib.Path(self.path(f"{script}.{port}.output"))
        with file.open("w") as output:
            process = self.run_peer(script, port, output=output, **environment)
        url = f"http://127.0.0.1:{port}/"

        def tell():
            if said := file.read_text(errors="replace"):
                print(f"{script} printed {len(said)} characters, the last: {said[-1000:]}", file=sys.stderr)

        self.addCleanup(tell)

        def is_ready():
            self.assertIsNone(process.poll(), "the peer did not start")
            try:
                return urllib.request.urlopen(url, timeout=5).status == 200
            except OSError:
                return False

        self.wait_for(is_ready)
        return process, url + "offer"

    def offer(self, url, *flags, count=PINGS, code=0):
        file = self.path("result.json")
        done = self.volley("offer", url, "--every", "10ms", "--count", str(count), "-o", file, *flags)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(pathlib.Path(file).read_text())["servers"][0]["phases"][0]["calls"], done

    def assert_all_answered(self, calls, done, count=PINGS):
        self.assertEqual((calls["set_up"], calls["failed"]), (calls["calls"], 0), done.stdout)
        self.assertEqual((calls["sent"], calls["answered"]), (count, count), done.stdout)
        self.assertEqual((calls["lost"], calls["strange"], calls["repeated"]), (0, 0, 0), done.stdout)


class VolleyCalls(PeerTest):
    """volley offer against the servers of others."""

    def call_often(self, script, **environment):
        _, url = self.serve_peer(script, **environment)
        for _ in range(PASSES):
            calls, done = self.offer(url)
            self.assert_all_answered(calls, done)
            calls, done = self.offer(url, "--unordered", "--max-retransmits", "0", "--ping-size", "1000")
            self.assert_all_answered(calls, done)

    def test_aiortc(self):
        self.call_often("aiortc_server.py")

    def test_aiortc_as_it_is(self):
        self.call_often("aiortc_server.py", AIORTC_AS_IT_IS="1")

    def test_gstreamer(self):
        self.call_often("gstreamer_server.py")

    def test_several_calls_of_aiortc_at_once(self):
        _, url = self.serve_peer("aiortc_server.py")
        calls, done = self.offer(url, "--calls", "10", "--rate", "10/s", count=5)
        self.assert_all_answered(calls, done, 50)

    def test_a_server_that_is_killed_is_missed_within_the_time_of_consent(self):
        server, url = self.serve_peer("aiortc_server.py")
        began = time.monotonic()
        client = self.start("offer", url, "--every", "200ms", "--for", "120s", "--expect", "calls_failed = 0")
        self.wait_for(lambda: "pong" in client.stdout.readline())
        server.kill()
        out, err = client.communicate(timeout=LIMIT)
        self.assertLess(time.monotonic() - began, 90)
        self.assertEqual(client.returncode, 1, out + err)
        self.assertIn("no longer answers", out + err)


class OthersCall(PeerTest):
    """The clients of others against volley serve."""

    def call_often(self, *args, path="/offer", **environment):
        port = self.serve()
        for _ in range(PASSES):
            client = self.run_peer("aiortc_client.py", f"http://127.0.0.1:{port}{path}", PINGS, *args, **environment)
            out, err = client.communicate(timeout=LIMIT)
            self.assertEqual(client.returncode, 0, out + err)
            self.assertEqual(json.loads(out)["pongs"], PINGS, out + err)

    def test_aiortc(self):
        self.call_often()

    def test_aiortc_as_it_is(self):
        self.call_often(AIORTC_AS_IT_IS="1")

    def test_aiortc_with_tracks(self):
        self.call_often("media")

    def test_a_client_that_is_killed_is_missed_within_the_time_of_consent(self):
        port = self.serve()
        client = self.run_peer("aiortc_client.py", f"http://127.0.0.1:{port}/offer", PINGS, STAY="1")
        self.assertEqual(client.stdout.readline(), "staying\n")
        descriptors = pathlib.Path(f"/proc/{self.server.pid}/fd")
        client.kill()
        time.sleep(35)
        # What is seen from outside: the server goes on, and answers the next call.
        self.assertIsNone(self.server.poll())
        before = len(list(descriptors.iterdir()))
        self.call_again(port)
        self.wait_for(lambda: len(list(descriptors.iterdir())) <= before)

    def call_again(self, port):
        calls, done = self.offer(f"http://127.0.0.1:{port}/offer")
        self.assert_all_answered(calls, done)


class ChromiumCalls(PeerTest):
    """A browser, with tracks of a fake camera and without, against volley serve."""

    CALL = """(async () => {
        const pings = %d, media = %s;
        const call = new RTCPeerConnection(), channel = call.createDataChannel('chat');
        if (media) {
            const stream = await navigator.mediaDevices.getUserMedia({audio: true, video: true});
            stream.getTracks().forEach(track => call.addTrack(track, stream));
        }
        let pongs = 0;
        const all = new Promise((resolve, reject) => {
            channel.onopen = () => channel.send('ping 0');
            channel.onmessage = ({data}) => {
                if (data !== 'pong ' + pongs) reject(new Error('unexpected: ' + data));
                if (++pongs === pings) resolve(); else channel.send('ping ' + pongs);
            };
            setTimeout(() => reject(new Error(pongs + ' pongs, ' + call.connectionState)), 30000);
        });
        await call.setLocalDescription(await call.createOffer());
        await new Promise(done => {
            const look = () => call.iceGatheringState === 'complete' && done();
            call.onicegatheringstatechange = look;
            look();
        });
        const response = await fetch('/offer', {method: 'POST', headers: {'Content-Type': 'application/json'},
            body: JSON.stringify({sdp: call.localDescription.sdp, type: 'offer', video_transform: 'none'})});
        if (!response.ok) throw new Error('HTTP ' + response.status + ' ' + await response.text());
        await call.setRemoteDescription(await response.json());
        await all;
        // Back and forth as it was: binary, empty, large.
        const echoed = await new Promise((resolve, reject) => {
            const got = [];
            channel.binaryType = 'arraybuffer';
            channel.onmessage = ({data}) => {
                got.push(typeof data === 'string' ? data.length : 'b' + data.byteLength);
                if (got.length === 4) resolve(got.join());
            };
            setTimeout(() => reject(new Error('echoes: ' + got.join())), 30000);
            channel.send(new Uint8Array(3));
            channel.send('');
            channel.send('x'.repeat(200000));
            channel.send(new Uint8Array(262144));
        });
        call.close();
        return pongs + ' ' + echoed;
    })()"""

    @classmethod
    def setUpClass(cls):
        cls.browser = Browser("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()

    def call_often(self, media):
        port = self.serve()
        self.browser.open(f"http://127.0.0.1:{port}/")
        for _ in range(PASSES):
            self.assertEqual(self.browser.evaluate(self.CALL % (PINGS, media)), f"{PINGS} b3,0,200000,b262144")

    def test_data_alone(self):
        self.call_often("false")

    def test_with_a_camera_and_a_microphone(self):
        self.call_often("true")


class BadWays(PeerTest):
    """10 % loss, 50 ms and reordering, each way: every call comes about, and every ping comes back."""

    def through(self, url, seed):
        way = BadWay(url, seed)
        self.addCleanup(way.stop)
        return way

    def volley_calls(self, script):
        _, url = self.serve_peer(script)
        way = self.through(url, 1)
        for _ in range(PASSES):
            calls, done = self.offer(way.url, "--every", "50ms", "--ping-timeout", "60s", "--set-up-limit", "110s")  # its SCTP doubles its patience from 3 s on
            self.assert_all_answered(calls, done)
        self.assertGreater(sum(relay.lost for relay in way.relays), 0)

    def test_aiortc_is_called(self):
        self.volley_calls("aiortc_server.py")

    def test_gstreamer_is_called(self):
        self.volley_calls("gstreamer_server.py")

    def test_aiortc_calls(self):
        way = self.through(f"http://127.0.0.1:{self.serve()}/offer", 2)
        for _ in range(PASSES):
            client = self.run_peer("aiortc_client.py", way.url, PINGS)
            out, err = client.communicate(timeout=LIMIT)
            self.assertEqual(client.returncode, 0, out + err)
        self.assertGreater(sum(relay.lost for relay in way.relays), 0)


class Relayed(PeerTest):
    """Through Debian's coturn, which both sides of the call cannot do without here."""

    def test_udp_and_tcp(self):
        port = free_port()
        turn = subprocess.Popen(["/usr/bin/turnserver", "-n", "--no-cli", "--no-tls", "--no-dtls", "-L", "127.0.0.1", "-p", str(port), "--lt-cred-mech",
                                 "-u", "alice:secret-word", "-r", "example.org", "--allow-loopback-peers", "--min-port", "49200", "--max-port", "49300",
                                 "--pidfile", self.path("turn.pid"), "--userdb", self.path("turn.db"), "--log-file", "stdout"],
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=self.env)

        def end():
            turn.terminate()
            turn.wait(LIMIT)

        self.addCleanup(end)

        def is_ready():
            try:
                socket.create_connection(("127.0.0.1", port), 5).close()
                return True
            except OSError:
                return False

        self.wait_for(is_ready)
        server = self.serve()
        for way in ("", "?transport=tcp"):
            with self.subTest(way):
                calls, done = self.offer(f"http://127.0.0.1:{server}/offer", "--turn", f"alice:secret-word@127.0.0.1:{port}{way}", "--relay-only", "-v")
                self.assert_all_answered(calls, done)
                self.assertIn("relay", done.stdout + done.stderr)
                self.assertNotIn("secret-word", done.stdout + done.stderr)
        with self.subTest("wrong password"):
            calls, done = self.offer(f"http://127.0.0.1:{server}/offer", "--turn", f"alice:other-word@127.0.0.1:{port}", "--relay-only", code=3)
            self.assertNotIn("other-word", done.stdout + done.stderr)
            self.assertIn("401", done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
