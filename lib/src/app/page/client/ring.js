// A number in a picture that can still be read when the picture has been through codecs, cartoon, edges or a rotation: rings about the
// centre, each of them either flat or cut into light and dark spokes.
//
// The rings fill the disc between two radii. From the inside: one with spokes and one without, by which a reader learns how both look by
// now; then the bits of the number in Gray code, high bits first, spokes for 1. Gray code: from one number to the next a single ring
// changes, which costs few bits and spoils one ring at most while an encoder has not caught up. A ring is read by how much of it there is
// at its own number of spokes and twice and three times that: how the picture was turned does not matter, edges show two lines for each
// spoke, and speckle lies elsewhere in the spectrum.
//
// Whoever knows the number of rows of the sent picture knows the geometry; a returned picture may be larger or smaller.

const innerRadius = 40 / 480; // of the height
const outerRadius = 232 / 480;
const halfPeriod = 6; // pixels along the arc from light to dark: a median of 7 pixels takes away what is much narrower
const narrowestRing = 8; // pixels
const mostBits = 16;
const pilots = 2;
const grey = 130; // luma 128 and 60 of limited range (BT.601), in the full range of a canvas
const swing = 70;
const harmonics = 3;
const faintest = 0.5; // levels of grey; the spokes that are painted have about 85
const leastContrast = 2; // of spokes to what is flat; a cartoon leaves 3 and more
const sharpest = 1 / 16; // a flat ring counts as so much of one with spokes at least: without noise it would be 0, and so would the threshold

export const bitsFor = (height) =>
  Math.max(1, Math.min(mostBits, Math.floor(((outerRadius - innerRadius) * height) / narrowestRing) - pilots));

export const toGray = (n) => n ^ (n >>> 1);
export function fromGray(gray) {
  for (let shift = 1; shift < 32; shift *= 2) gray ^= gray >>> shift;
  return gray;
}

export class RingCode {
  // @param width, height  of the sent picture, in pixels
  constructor(width, height) {
    this.width = width;
    this.height = height;
    this.bits = bitsFor(height);
    const count = this.bits + pilots;
    this.inner = innerRadius * height;
    this.outer = outerRadius * height;
    this.ringWidth = (this.outer - this.inner) / count;
    this.rings = Array.from({ length: count }, (_, i) => {
      const radius = this.inner + (i + 0.5) * this.ringWidth;
      return { radius, spokes: Math.round((Math.PI * radius) / halfPeriod) };
    });
    this.disc = null; // what is drawn, for those who paint
    this.circles = new Map(); // where to look, by the size of the picture, for those who read
  }

  // The disc with this number in it: a square of RGBA, transparent outside the disc, which stands at `left`, `top` of the picture.
  // It is one and the same object each time; only what has changed is drawn.
  // @param code  0 to 2^bits - 1
  draw(code) {
    this.disc ??= this.#blankDisc();
    const gray = toGray(code);
    for (let i = 0; i < this.bits; ++i) this.#drawRing(i + pilots, (gray >>> (this.bits - 1 - i)) & 1);
    return this.disc.image;
  }

  // Puts the disc into a picture. @param ctx  2D context of a canvas of width x height
  paint(ctx, code) {
    const image = this.draw(code);
    if (!this.disc.canvas) {
      this.disc.canvas = ctx.canvas.ownerDocument.createElement("canvas");
      this.disc.canvas.width = this.disc.canvas.height = image.width;
      this.disc.context = this.disc.canvas.getContext("2d");
      this.disc.pixels = new ImageData(image.data, image.width, image.height); // the same memory
    }
    this.disc.context.putImageData(this.disc.pixels, 0, 0);
    ctx.drawImage(this.disc.canvas, image.left, image.top);
  }

  // The number in a picture; null where there is none, or none that can be read.
  // @param image  ImageData of a whole picture, or of its middle as long as that has the full height
  read(image) {
    const strengths = this.#circlesIn(image).map((circle) => strengthOf(circle, image.data));
    const [spokes, flat] = strengths;
    if (spokes < faintest || spokes < leastContrast * flat) return null;
    const threshold = Math.sqrt(spokes * Math.max(flat, spokes * sharpest));
    let gray = 0;
    for (let i = pilots; i < strengths.length; ++i) gray = gray * 2 + (strengths[i] > threshold ? 1 : 0);
    return fromGray(gray);
  }

  #blankDisc() {
    const side = 2 * Math.ceil(this.outer);
    const left = Math.round((this.width - side) / 2);
    const top = Math.round((this.height - side) / 2);
    const data = new Uint8ClampedArray(side * side * 4);
    const at = this.rings.map(() => []);
    const levels = this.rings.map(() => []);
    for (let y = 0; y < side; ++y) {
      for (let x = 0; x < side; ++x) {
        const dx = left + x + 0.5 - this.width / 2;
        const dy = top + y + 0.5 - this.height / 2;
        const radius = Math.hypot(dx, dy);
        if (radius >= this.outer) continue;
        const pixel = (y * side + x) * 4;
        data.fill(grey, pixel, pixel + 3);
        data[pixel + 3] = 255;
        const ring = Math.floor((radius - this.inner) / this.ringWidth);
        if (ring < 0 || ring >= this.rings.length) continue;
        const { spokes } = this.rings[ring];
        // A square wave whose edges are two pixels wide.
        const wave = (Math.sin(spokes * Math.atan2(dy, dx)) * radius) / spokes;
        at[ring].push(pixel);
        levels[ring].push(Math.round(grey + swing * Math.max(-1, Math.min(1, wave))));
      }
    }
    const image = { data, width: side, height: side, left, top };
    this.disc = { image, at: at.map((a) => Uint32Array.from(a)), levels: levels.map((l) => Uint8Array.from(l)), lit: this.rings.map(() => 0) };
    this.#drawRing(0, 1);
    return this.disc;
  }

  #drawRing(ring, lit) {
    const disc = this.disc;
    if (disc.lit[ring] === lit) return;
    disc.lit[ring] = lit;
    const { data } = disc.image;
    const at = disc.at[ring];
    const levels = disc.levels[ring];
    for (let i = 0; i < at.length; ++i) data.fill(lit ? levels[i] : grey, at[i], at[i] + 3);
  }

  #circlesIn({ width, height }) {
    const key = `${width}x${height}`;
    let circles = this.circles.get(key);
    if (!circles) {
      circles = this.rings.map((ring) => samplesOf(ring, this.ringWidth, width, height, height / this.height));
      this.circles.clear(); // a stream changes its size rarely, and then for good
      this.circles.set(key, circles);
    }
    return circles;
  }
}

// Where a ring is looked at: at `turn` angles, each on three radii. Grey has the same value in all channels; green is nearest to luma.
function samplesOf({ radius, spokes }, ringWidth, width, height, scale) {
  let turn = 256;
  while (turn < 2.5 * harmonics * spokes) turn *= 2;
  const radii = [radius - ringWidth / 6, radius, radius + ringWidth / 6].map((r) => r * scale);
  const at = new Uint32Array(turn * radii.length);
  const cosine = new Float32Array(turn);
  for (let i = 0; i < turn; ++i) {
    const angle = (2 * Math.PI * i) / turn;
    cosine[i] = Math.cos(angle);
    radii.forEach((r, k) => {
      const x = Math.max(0, Math.min(width - 1, Math.floor(width / 2 + r * Math.cos(angle))));
      const y = Math.max(0, Math.min(height - 1, Math.floor(height / 2 + r * Math.sin(angle))));
      at[i * radii.length + k] = (y * width + x) * 4 + 1;
    });
  }
  return { turn, spokes, at, each: radii.length, cosine };
}

// How much of a ring is spokes: the amplitude at their number and its multiples, in levels of grey.
function strengthOf({ turn, spokes, at, each, cosine }, data) {
  const mask = turn - 1;
  const quarter = turn / 4; // sin(a) is cos(a - a quarter of a turn)
  const re = new Float64Array(harmonics);
  const im = new Float64Array(harmonics);
  for (let i = 0, k = 0; i < turn; ++i) {
    let level = 0;
    for (const end = k + each; k < end; ++k) level += data[at[k]];
    for (let h = 0; h < harmonics; ++h) {
      const phase = i * spokes * (h + 1);
      re[h] += level * cosine[phase & mask];
      im[h] += level * cosine[(phase - quarter) & mask];
    }
  }
  let power = 0;
  for (let h = 0; h < harmonics; ++h) power += re[h] * re[h] + im[h] * im[h];
  return (2 * Math.sqrt(power)) / (turn * each);
}
