#!/usr/bin/env python3
"""The page of `volley serve` in Chromium, and what it does with video and sound that come back.

The other side of its calls is in the page itself, put in the place of the server: it sends all back, and the video through a canvas that
turns it, say. So what is judged here is the page, whatever the server can do."""

import unittest

from page import LISTEN, RECORD_PEERS, TEXT, PageTest

# Answers what the page asks of /offer. `back` says what it does: direction (of the video, as the other side sees it), paint(ctx, video,
# width, height, ms), refuse (a status and a JSON). `asked` is the page's request.
ECHO = """
    window.back = {};
    const Plain = window.RTCPeerConnection;
    const painted = (track, paint) => {
        const video = document.createElement("video");
        video.muted = true;
        video.srcObject = new MediaStream([track]);
        video.play();
        const canvas = document.createElement("canvas");
        const ctx = canvas.getContext("2d");
        const next = (now) => {
            video.requestVideoFrameCallback(next);
            const { videoWidth: width, videoHeight: height } = video;
            if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
            ctx.setTransform(1, 0, 0, 1, 0, 0);
            ctx.fillRect(0, 0, width, height);
            paint(ctx, video, width, height, now);
        };
        video.requestVideoFrameCallback(next);
        return canvas.captureStream().getVideoTracks()[0];
    };
    const answer = async (offer) => {
        const pc = new Plain();
        pc.addEventListener("datachannel", ({ channel }) =>
            channel.addEventListener("message", ({ data }) => channel.send(data.replace(/^ping/, "pong"))));
        await pc.setRemoteDescription({ type: offer.type, sdp: offer.sdp });
        for (const transceiver of pc.getTransceivers()) {
            const { track } = transceiver.receiver;
            transceiver.direction = (track.kind === "video" && window.back.direction) || "sendrecv";
            if (transceiver.direction !== "sendrecv") continue;
            const { paint } = window.back;
            await transceiver.sender.replaceTrack(track.kind === "video" && paint ? painted(track, paint) : track);
        }
        await pc.setLocalDescription(await pc.createAnswer());
        for (const sender of pc.getSenders())
            if (sender.track?.kind === "video") await sender.setParameters({ ...sender.getParameters(), degradationPreference: "maintain-resolution" });
        while (pc.iceGatheringState !== "complete") await new Promise((resolve) => setTimeout(resolve, 10));
        return { type: "answer", sdp: pc.localDescription.sdp };
    };
    const realFetch = window.fetch;
    window.fetch = async (url, init) => {
        if (url !== "/offer") return realFetch(url, init);
        window.asked = JSON.parse(init.body);
        const [status, body] = window.back.refuse ?? [200, await answer(window.asked)];
        return new Response(typeof body === "string" ? body : JSON.stringify(body), { status });
    };
"""

TURN = """back.paint = (ctx, video, width, height, now) => {
    ctx.translate(width / 2, height / 2);
    ctx.rotate((now / 1000) * (Math.PI / 4));
    ctx.drawImage(video, -width / 2, -height / 2);
}"""

class RingCode(PageTest):
    """The numbers in the pictures, without any call."""

    def setUp(self):
        self.serve()
        self.browser.evaluate("""(async () => {
            const { RingCode } = await import("/client/ring.js");
            const { drawScene } = await import("/client/scene.js");
            window.sheet = (width, height) => {
                const canvas = document.createElement("canvas");
                Object.assign(canvas, { width, height });
                return canvas.getContext("2d", { willReadFrequently: true });
            };
            window.scene = (code, number) => {
                const ctx = sheet(code.width, code.height);
                drawScene(ctx, code.width, code.height, number / 30);
                if (number !== null) code.paint(ctx, number);
                return ctx;
            };
            window.pixels = (ctx) => ctx.getImageData(0, 0, ctx.canvas.width, ctx.canvas.height);
            window.RingCode = RingCode;
        })()""")

    # Some numbers of each size: those whose bits change together, and some in between.
    SIZES = "[[320, 240], [640, 480], [960, 540], [1280, 720]]"
    NUMBERS = "((bits) => [0, 1, 2, 3, 2 ** bits - 1, 2 ** (bits - 1), 2 ** (bits - 1) - 1, ...Array.from({ length: 12 }, (_, i) => Math.floor((2 ** bits) * (i + 0.4) / 12))])"

    def misread(self, change):
        """What reads as something else after `change(ctx, code)`, which gives a context of its own: none of it."""
        return self.browser.evaluate(f"""(async () => {{
            const wrong = [];
            for (const [width, height] of {self.SIZES}) {{
                const code = new RingCode(width, height);
                for (const number of {self.NUMBERS}(code.bits)) {{
                    const ctx = await ({change})(scene(code, number), code);
                    const read = code.read(pixels(ctx));
                    if (read !== number) wrong.push([height, number, read]);
                }}
            }}
            return wrong;
        }})()""")

    def test_every_number_is_read_as_it_was_painted(self):
        self.assertEqual(self.misread("(ctx) => ctx"), [])
        wrong = self.browser.evaluate("""(() => {
            const code = new RingCode(320, 240);
            return Array.from({ length: 2 ** code.bits }, (_, number) => [number, code.read(pixels(scene(code, number)))])
                .filter(([number, read]) => number !== read);
        })()""")
        self.assertEqual(wrong, [])

    def test_it_is_read_however_the_picture_is_turned(self):
        self.assertEqual(self.misread("""(ctx, code) => {
            const out = sheet(code.width, code.height);
            out.translate(code.width / 2, code.height / 2);
            out.rotate(code.turns = (code.turns ?? 0) + 0.7);
            out.drawImage(ctx.canvas, -code.width / 2, -code.height / 2);
            return out;
        }"""), [])

    def test_it_is_read_from_a_picture_of_another_size(self):
        for size in (0.75, 1.5):
            with self.subTest(size=size):
                self.assertEqual(self.misread(f"""(ctx, code) => {{
                    const out = sheet(code.width * {size}, code.height * {size});
                    out.drawImage(ctx.canvas, 0, 0, code.width * {size}, code.height * {size});
                    return out;
                }}"""), [])

    def test_it_is_read_after_a_rough_codec(self):
        self.assertEqual(self.misread("""async (ctx, code) => {
            const coded = await new Promise((resolve) => ctx.canvas.toBlob(resolve, "image/jpeg", 0.3));
            const out = sheet(code.width, code.height);
            out.drawImage(await createImageBitmap(coded), 0, 0);
            return out;
        }"""), [])

    def test_a_picture_without_one_has_none(self):
        read = self.browser.evaluate("""(() => {
            const code = new RingCode(640, 480);
            const noise = scene(code, null);
            const image = pixels(noise);
            let seed = 1;
            for (let i = 0; i < image.data.length; ++i) image.data[i] = (seed = (seed * 48271) % 2147483647) & 255;
            return [code.read(pixels(scene(code, null))), code.read(image), code.read(pixels(sheet(640, 480)))];
        })()""")
        self.assertEqual(read, [None, None, None])


class FrameTimes(PageTest):
    """How long frames take, without any call."""

    def test_what_is_told_of_another_frame_is_no_time_of_this_one(self):
        self.serve()
        told = self.browser.evaluate("""(async () => {
            const { FrameTimes } = await import("/client/frames.js");
            const times = new FrameTimes(4);
            const added = { shown: [], received: [] };
            for (const [name, list] of Object.entries(added)) times[name].add = (value) => list.push(value);
            times.painted(0, 1000);
            times.painted(1, 1033);
            times.returned(0, 1010, 1020);
            times.returned(1, 1012, 1032); // the first one's
            times.painted(2, 1066);
            times.returned(2, 1050, 1080);
            return [added.shown, added.received, times.strange];
        })()""")
        self.assertEqual(told, [[20, 14], [10], 0])


class Echo(PageTest):
    browser_flags = ("--use-fake-device-for-media-stream", "--disable-features=WebRtcHideLocalIpsWithMdns")
    scripts = (ECHO, RECORD_PEERS)

    def setUp(self):
        self.serve()
        for what in ("camera", "microphone"):
            self.browser.permit(what, "granted")

    def returned_size(self):
        return self.browser.evaluate("(({ videoWidth: w, videoHeight: h }) => `${w}x${h}`)(document.getElementById('returned'))")

    def test_frames_come_back_and_their_times_are_shown(self):
        self.connect(transform="cartoon")
        self.until_frames(40)
        for column in ("shown", "received"):
            values = {name: float(self.text(f"{column}-{name}").split()[0]) for name in ("min", "p50", "p95", "max")}
            self.assertGreater(values["min"], 0, column)
            self.assertEqual(sorted(values.values()), list(values.values()), column)
        self.few_are_unreadable()
        self.assertEqual([self.text("sent-codec"), self.text("returned-codec")], ["VP8", "VP8"])
        self.until_text("returned-size", " === '640 × 480'")
        self.assertGreater(float(self.text("returned-frame-rate")), 0)
        self.assertRegex(self.text("sent-bit-rate"), r"^\d+ kbit/s$|^\d+\.\d\d Mbit/s$")
        self.assertRegex(self.text("path-rtt"), r"^\d+\.\d+ ms$")
        self.assertRegex(self.text("path-estimate"), r"bit/s$")
        self.assertEqual(self.text("status"), "Connected.")
        self.assertEqual(self.text("returned-note"), "")
        self.assertEqual(self.browser.evaluate("asked.video_transform"), "cartoon")
        self.until_answered(2)
        self.picture("media")
        self.assertEqual(self.browser.complaints(), [])

    def test_frames_are_read_that_were_turned(self):
        self.browser.evaluate(TURN)
        self.connect(transform="rotate")
        self.until_frames(40)
        self.few_are_unreadable()

    def test_the_codec_is_the_chosen_one(self):
        for codec in ("H264", "VP8"):
            with self.subTest(codec=codec):
                self.connect(codec=f"video/{codec}")
                self.until_frames(30)
                self.assertEqual([self.text("sent-codec"), self.text("returned-codec")], [codec, codec])
                video = self.text("offer-sdp").split("m=video")[1]
                named = {line.split()[1].split("/")[0] for line in video.splitlines() if line.startswith("a=rtpmap:")}
                self.assertEqual(named, {codec, "rtx"})
                self.click("disconnect")

    def test_a_codec_that_the_browser_lacks_is_named(self):
        self.browser.evaluate("document.getElementById('codec').selectedOptions[0].value = 'video/none'")
        self.click("connect")
        self.until_text("problem", ".includes('This browser has no none')")
        self.browser.evaluate("RTCRtpTransceiver.prototype.setCodecPreferences = undefined")
        self.choose(codec="video/VP8")
        self.click("connect")
        self.until_text("problem", ".includes('does not let a page choose its codec')")

    def test_each_resolution_is_sent_and_measured(self):
        for size in ("320x240", "960x540", "1280x720"):
            with self.subTest(size=size):
                self.connect(resolution=size)
                self.until_frames(30)
                self.assertEqual([self.text("sent-size"), self.returned_size()], [size.replace("x", " × "), size])
                self.few_are_unreadable()
                self.click("disconnect")

    def test_a_tone_comes_back_as_that_tone(self):
        self.connect(audio="tone", video="none")
        self.browser.until("document.getElementById('returned-sound').currentTime > 1")
        tone, others = self.browser.evaluate(LISTEN)
        self.assertGreater(tone, others + 20)
        self.assertGreater(tone, -40)
        self.until_text("returned-sound-rate", ".endsWith('bit/s')")
        self.assertFalse(self.browser.evaluate("document.getElementById('sound').hidden"))
        pressed = "document.getElementById('sound').getAttribute('aria-pressed')"
        self.assertEqual(self.browser.evaluate(pressed), "true")
        self.click("sound")
        self.assertEqual(self.browser.evaluate(pressed), "false")
        self.assertTrue(self.browser.evaluate("document.getElementById('returned-sound').muted"))
        self.click("disconnect")
        self.assertTrue(self.browser.evaluate("document.getElementById('sound').hidden"))
        self.assertEqual(self.text("sent-note"), "")

    def test_it_can_be_stopped_and_started_again_and_leaves_nothing_running(self):
        for _ in range(3):
            self.connect(audio="tone")
            self.browser.evaluate("window.tracks = peers.at(-1).getSenders().map((s) => s.track)")
            self.until_frames(20)
            self.click("disconnect")
            self.assertEqual(self.browser.evaluate("tracks.map((track) => track.readyState)"), ["ended", "ended"])
            self.assertEqual(self.browser.evaluate("['sent', 'returned', 'returned-sound'].map((id) => document.getElementById(id).srcObject)"), [None] * 3)
            self.assertEqual(self.text("status"), "Not connected.")
            before = self.text("frames-back")
        self.assertRegex(before, r"^\d+ of \d+$", "the figures stay")
        self.assertEqual(self.browser.complaints(), [])

    def test_the_camera_is_sent_with_rings_or_without(self):
        self.connect(video="camera-rings", audio="microphone")
        self.until_frames(40)
        self.few_are_unreadable()
        self.click("disconnect")
        self.connect(video="camera", audio="none")
        self.browser.until("document.getElementById('returned').videoWidth === 640")
        self.until_text("returned-note", " === ''")
        self.assertEqual(self.text("frames-back"), "-")

    def test_a_camera_that_is_not_to_be_had_is_explained(self):
        self.browser.permit("camera", "denied")
        self.choose(video="camera")
        self.click("connect")
        self.until_text("problem", ".startsWith('The camera was not allowed.')")
        self.assertFalse(self.browser.evaluate("document.getElementById('connect').disabled"))
        self.assertFalse(self.browser.evaluate("document.getElementById('choices').disabled"))
        for name, words in (("NotFoundError", "There is no camera"), ("NotReadableError", "does another program use it?")):
            self.browser.evaluate(f"navigator.mediaDevices.getUserMedia = async () => {{ throw new DOMException('', '{name}'); }}")
            self.click("connect")
            self.until_text("problem", f".includes('{words}')")

    def test_a_page_that_is_not_secure_says_what_to_do(self):
        self.serve("--host", "0.0.0.0")
        self.browser.open(self.browser.evaluate("location.href").replace("127.0.0.1", "192.0.2.1").replace("0.0.0.0", "192.0.2.1"))
        self.browser.until("!document.getElementById('connect').disabled")
        for options, instead in (({"video": "camera"}, "the synthetic picture"), ({"video": "none", "audio": "microphone"}, "the tone")):
            self.choose(**options)
            self.click("connect")
            self.until_text("problem", f".includes('plain HTTP from 192.0.2.1') && {TEXT % 'problem'}.includes('choose {instead}')")

    def test_a_call_can_be_ended_while_the_camera_is_asked_for(self):
        self.browser.evaluate("""{
            const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
            navigator.mediaDevices.getUserMedia = (constraints) => new Promise((resolve) => {
                window.allow = async () => resolve(window.given = await real(constraints));
            });
        }""")
        self.choose(video="camera")
        self.click("connect")
        self.until_text("status", ".startsWith('Waiting for the camera')")
        self.click("disconnect")
        self.assertEqual(self.text("status"), "Not connected.")
        self.browser.evaluate("allow()")
        self.browser.until("given.getTracks().every((track) => track.readyState === 'ended')")
        self.assertEqual(self.text("problem"), "")

    def test_what_the_server_does_not_send_back_is_said(self):
        for direction, words in (("recvonly", "The server sends no video back."), ("inactive", "The server takes no video, and sends none back.")):
            with self.subTest(direction=direction):
                self.browser.evaluate(f"back.direction = '{direction}'")
                self.connect()
                self.until_text("status", f" === 'Connected. {words}'")
                self.assertEqual(self.text("returned-note"), words)
                self.until_answered(2)
                self.click("disconnect")

    def test_pictures_that_stop_are_said(self):
        self.connect()
        self.until_frames(20)
        self.browser.evaluate("window.requestAnimationFrame = () => 0")  # without which nothing is painted, and so nothing sent
        self.until_text("returned-note", ".startsWith('The picture has stood still for ')")

    def test_frames_are_found_without_video_frame_callbacks(self):
        self.browser.evaluate("delete HTMLVideoElement.prototype.requestVideoFrameCallback")
        self.connect()
        self.until_frames(40)
        self.assertRegex(self.text("shown-p50"), r"^\d+\.\d+ ms$")
        self.assertEqual(self.text("received-p50"), "-")

    def test_refusals_are_shown_in_the_servers_words(self):
        for answer, words in (
            ("[503, { error: 'too many calls', hint: 'try again' }]", "too many calls (try again)"),
            ("[502, '<h1>Bad Gateway</h1>']", "the server answered 502"),
            ("[200, {}]", "what the server answered is no session description"),
        ):
            self.browser.evaluate(f"back.refuse = {answer}")
            self.click("connect")
            self.until_text("problem", f" === 'The call was not taken: {words}'")


if __name__ == "__main__":
    unittest.main()
