// What a call sends: pictures from a camera or painted here, sound from a microphone or made here. Each source is
// { track, code, times, stop() }; `code` and `times` (RingCode, FrameTimes) where its pictures bear a number.

import { FrameTimes } from "./frames.js";
import { RingCode } from "./ring.js";
import { drawCounter, drawScene } from "./scene.js";

const frameRate = 30;
const tonePitch = 440; // Hz
const toneLevel = 0.3; // of full scale
const longestStart = 5000; // ms, of the tone

// @param kind  "none", "picture", "camera" or "camera-rings"
// @return null for "none". Throws Error with words for the user.
export async function openVideo(kind, width, height) {
  if (kind === "none") return null;
  if (kind === "picture") {
    const begun = performance.now();
    return paint(width, height, (ctx) => drawScene(ctx, width, height, (performance.now() - begun) / 1000));
  }
  const stream = await capture("camera", { video: { width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: frameRate } } });
  const stop = () => stream.getTracks().forEach((track) => track.stop());
  if (kind === "camera") return { track: stream.getVideoTracks()[0], code: null, times: null, stop };
  const player = document.createElement("video");
  player.muted = player.playsInline = true;
  player.srcObject = stream;
  try {
    await player.play();
    const painted = paint(width, height, (ctx) => drawCovering(ctx, player, width, height));
    return {
      ...painted,
      stop() {
        painted.stop();
        player.srcObject = null;
        stop();
      },
    };
  } catch (error) {
    stop();
    throw error;
  }
}

// @param kind  "none", "tone" or "microphone"
export async function openAudio(kind) {
  if (kind === "none") return null;
  if (kind === "microphone") {
    const stream = await capture("microphone", { audio: true });
    return { track: stream.getAudioTracks()[0], stop: () => stream.getTracks().forEach((track) => track.stop()) };
  }
  const context = new AudioContext();
  const oscillator = new OscillatorNode(context, { frequency: tonePitch });
  const out = new MediaStreamAudioDestinationNode(context);
  oscillator.connect(new GainNode(context, { gain: toneLevel })).connect(out);
  oscillator.start();
  if (!(await runs(context))) {
    context.close();
    throw new Error("The tone cannot be made: this browser starts no sound, as Firefox does where there is no sound device. " +
      "Choose the microphone, or no sound.");
  }
  const track = out.stream.getAudioTracks()[0];
  return {
    track,
    stop() {
      track.stop();
      context.close();
    },
  };
}

// Whether the context makes sound, or else silence.
async function runs(context) {
  const late = new Promise((resolve) => setTimeout(resolve, longestStart));
  await Promise.race([context.resume().catch(() => {}), late]);
  return context.state === "running";
}

// A canvas that is painted again and again, as a track.
function paint(width, height, background) {
  const canvas = document.createElement("canvas");
  if (!canvas.captureStream) throw new Error("This browser cannot send what it paints. Choose the camera, or no video.");
  Object.assign(canvas, { width, height });
  const ctx = canvas.getContext("2d", { alpha: false });
  const code = new RingCode(width, height);
  const times = new FrameTimes(code.bits);
  const stream = canvas.captureStream(); // each change is a frame
  let index = 0;
  let due = 0;
  let ended = false;
  const frame = (now) => {
    if (ended) return;
    requestAnimationFrame(frame);
    if (now < due - 2) return; // screens do not keep to the millisecond
    due = Math.max(due + 1000 / frameRate, now);
    background(ctx);
    code.paint(ctx, index % times.turn);
    drawCounter(ctx, height, index);
    times.painted(index, performance.now());
    index += 1;
  };
  frame(performance.now());
  return {
    track: stream.getVideoTracks()[0],
    code,
    times,
    stop() {
      ended = true;
      stream.getTracks().forEach((track) => track.stop());
    },
  };
}

function drawCovering(ctx, player, width, height) {
  const scale = Math.max(width / player.videoWidth, height / player.videoHeight);
  if (!Number.isFinite(scale)) return;
  const [w, h] = [player.videoWidth * scale, player.videoHeight * scale];
  ctx.drawImage(player, (width - w) / 2, (height - h) / 2, w, h);
}

async function capture(what, constraints) {
  if (!navigator.mediaDevices?.getUserMedia) {
    const instead = what === "camera" ? "the synthetic picture" : "the tone";
    throw new Error(window.isSecureContext
      ? `This browser gives pages no ${what}. Choose ${instead} instead.`
      : `Browsers give the ${what} to secure pages alone, and this one came over plain HTTP from ${location.host}. Open it as ` +
        `http://localhost on the server's own machine or over HTTPS, or choose ${instead} instead.`);
  }
  try {
    return await navigator.mediaDevices.getUserMedia(constraints);
  } catch (error) {
    throw new Error(whyNot(what, error));
  }
}

function whyNot(what, error) {
  switch (error.name) {
    case "NotAllowedError":
    case "SecurityError":
      return `The ${what} was not allowed. Allow it for this page in the browser's address bar or settings, then connect again.`;
    case "NotFoundError":
      return `There is no ${what} on this machine.`;
    case "NotReadableError":
    case "AbortError":
      return `The ${what} cannot be opened: does another program use it?`;
    default:
      return `The ${what} cannot be opened: ${error.message || error.name}`;
  }
}
