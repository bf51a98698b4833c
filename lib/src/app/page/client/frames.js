// How long frames take to come back: when each was painted, and which one a returned picture shows.

import { Samples } from "./samples.js";

const longest = 5000; // ms; a number that would belong to an older frame is taken for misread
const kept = 100;

export class FrameTimes {
  // @param bits  of the number in a picture: frame `index` shows index modulo 2^bits
  constructor(bits) {
    this.turn = 2 ** bits;
    this.paintedAt = new Map(); // by index, oldest first
    this.newest = -1;
    this.seen = -1;
    this.received = new Samples(kept); // until the last packet of the frame was here, where the browser tells
    this.shown = new Samples(kept); // until the frame was on the screen
    this.unreadable = 0; // had no number, or none that is clear
    this.strange = 0; // had one of no frame of late: misread, or very late
  }

  painted(index, time) {
    this.paintedAt.set(index, time);
    this.newest = index;
    for (const [old, then] of this.paintedAt) {
      if (time - then <= longest) break;
      this.paintedAt.delete(old);
    }
  }

  // A returned picture. @param code  what was read from it, or null
  // @param received, shown  when, by performance.now(); `received` may be undefined
  returned(code, received, shown) {
    if (code === null) {
      this.unreadable += 1;
      return;
    }
    const then = this.#match(code);
    if (then === undefined) {
      this.strange += 1;
    } else if (then !== null) {
      // What a browser says may be of the frame before, where the next one has come by the time that the picture is read.
      if (shown >= then) this.shown.add(shown - then);
      if (received >= then) this.received.add(received - then);
    }
  }

  // When the frame was painted; null for one that was seen before, undefined for a number that no frame of late had.
  #match(code) {
    if (this.newest < 0) return undefined;
    const behind = (((this.newest - code) % this.turn) + this.turn) % this.turn;
    const index = this.newest - behind;
    const then = this.paintedAt.get(index);
    if (then === undefined) return undefined;
    if (index <= this.seen) return null;
    this.seen = index;
    return then;
  }
}

// Calls `onFrame({ received, shown })` for each frame that a video element shows, times by performance.now().
// @return a function that ends it
export function watchFrames(video, onFrame) {
  let ended = false;
  if ("requestVideoFrameCallback" in HTMLVideoElement.prototype) {
    const next = (now, about) => {
      if (ended) return;
      video.requestVideoFrameCallback(next);
      // Chromium now and then tells of the first frames that they were shown before they came.
      onFrame({ received: about.receiveTime, shown: Math.max(about.presentationTime ?? now, about.receiveTime ?? 0) });
    };
    video.requestVideoFrameCallback(next);
  } else {
    // As often as the screen changes: whoever sees a frame twice notices.
    const next = (now) => {
      if (ended) return;
      requestAnimationFrame(next);
      if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) onFrame({ received: undefined, shown: now });
    };
    requestAnimationFrame(next);
  }
  return () => {
    ended = true;
  };
}

// Reads the numbers of the frames that a video element shows, as RingCode paints them.
export class FrameReader {
  // @param code  the RingCode that the sent pictures are painted with
  constructor(video, code) {
    Object.assign(this, { video, code });
    this.context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  }

  read() {
    const { videoWidth: width, videoHeight: height } = this.video;
    if (!width || !height) return null;
    const side = Math.min(width, height); // the middle of a wide picture holds all rings
    const canvas = this.context.canvas;
    if (canvas.width !== side || canvas.height !== height) Object.assign(canvas, { width: side, height });
    this.context.drawImage(this.video, (width - side) / 2, 0, side, height, 0, 0, side, height);
    return this.code.read(this.context.getImageData(0, 0, side, height));
  }
}
