// A number in a picture that can still be read when the picture has been through codecs, cartoon, edges or a rotation: rings about the
// centre, each of them either flat or cut into light and dark spokes. The same rings, at the same places, as in what `volley` sends itself.
//
// From the inside: one with spokes and one without, by which a reader learns how both look by now; then the bits of the number in Gray
// code, high bits first, spokes for 1. Gray code: from one number to the next a single ring changes, which costs few bits and, where an
// encoder has not caught up yet, reads as the number before. A ring is read by how much of it there is at its own number of spokes and at
// twice and three times that: how the picture was turned does not matter, edges show two lines for each spoke, and speckle lies elsewhere
// in the spectrum.
//
// Where the rings lie follows from the size of the sent picture; a returned one may be larger or smaller.

// Of the picture's smaller side.
const inner = 40 / 480;
const outer = 232 / 480;
const margin = 4 / 480; // of grey about the outermost ring
const fullSize = 480; // pixels, from which on all grows with the picture

const narrowestRing = 9.6; // pixels, where there is a choice
const spokeWidth = 6; // pixels; a median of 7 pixels, as cartoons are made with, takes away what is much narrower
const fewestBits = 8;
const mostBits = 16;
const pilots = 2;

const grey = 130; // luma 128 and 60 of limited range (BT.601), in the full range of a canvas
const swing = 70;

const circles = [0.3, 0.5, 0.7]; // that a ring is read on, of its width
const phases = 8; // samples of one spoke and the gap behind it
const harmonics = 3;

const leastSpokes = (2 * 255) / 219; // levels of grey: two steps of luma
const leastContrast = 2; // of spokes to what is flat

// From which confidence on a number is believed: a margin on either side of what codecs leave of rings. Of what is below, most is right, and what is
// not is the frame before, or no number at all.
const clear = 0.15;

// @return { bits, spokes }: the number of spokes of each ring, from the inside
function layoutOf(side) {
  const rings = Math.floor(((outer - inner) * side) / narrowestRing + 1e-9);
  const bits = Math.max(fewestBits, Math.min(mostBits, rings - pilots));
  const ringWidth = ((outer - inner) * side) / (bits + pilots);
  const period = 2 * spokeWidth * Math.max(1, side / fullSize);
  const spokes = Array.from({ length: bits + pilots }, (_, ring) =>
    Math.round((2 * Math.PI * (inner * side + (ring + 0.5) * ringWidth)) / period));
  return { bits, spokes };
}

export class RingCode {
  // @param width, height  of the sent picture, in pixels
  constructor(width, height) {
    this.width = width;
    this.height = height;
    Object.assign(this, layoutOf(Math.min(width, height)));
    this.disc = null; // what is drawn, for those who paint
    this.spots = null; // where to look in pictures of one size, for those who read
  }

  // Puts a number into a picture, over what is there.
  // @param ctx   2D context of a canvas of width x height
  // @param code  0 to 2^bits - 1
  paint(ctx, code) {
    this.disc ??= new Disc(this, ctx.canvas.ownerDocument);
    const gray = code ^ (code >>> 1);
    for (let bit = 0; bit < this.bits; ++bit) this.disc.draw(bit + pilots, (gray >>> (this.bits - 1 - bit)) & 1);
    this.disc.put(ctx);
  }

  // The number in a picture; null where there is none, or none that is clear.
  // @param image  ImageData of a whole picture, or of its middle as long as that has the whole smaller side
  read(image) {
    const found = this.look(image);
    return found && found.confidence >= clear ? found.code : null;
  }

  // The same without a judgement of the confidence: null only where the two rings that are always alike do not stand out from each other.
  // @return { code, confidence }; how far the least clear ring is from the threshold, on the way to the ring that its side is known by:
  //         from 0 (as good as either) to 1
  look(image) {
    if (this.spots?.width !== image.width || this.spots.height !== image.height) this.spots = this.#spotsIn(image);
    const strengths = this.spots.rings.map((spots) => strengthAt(spots, image.data));
    const [spokes, flat] = strengths;
    if (spokes < leastSpokes || spokes < leastContrast * flat) return null;
    // In the middle: coarse encoders leave up to two fifths of a ring's spokes standing where it has gone flat, and draw new ones at once.
    const threshold = (spokes + flat) / 2;
    const whole = spokes - threshold; // as far as from the threshold to either
    let gray = 0;
    let confidence = 1;
    for (const strength of strengths.slice(pilots)) {
      gray = gray * 2 + (strength > threshold ? 1 : 0);
      confidence = Math.min(confidence, Math.abs(strength - threshold) / whole);
    }
    let code = 0;
    for (; gray !== 0; gray >>>= 1) code ^= gray;
    return { code, confidence };
  }

  // Green is nearest to luma; the rings are grey.
  #spotsIn({ width, height }) {
    const side = Math.min(width, height);
    const ringWidth = ((outer - inner) * side) / this.spokes.length;
    const nearest = (place, size) => Math.max(0, Math.min(size - 1, Math.round(place)));
    const rings = this.spokes.map((spokes, ring) => {
      const samples = phases * spokes;
      const out = new Uint32Array(samples * circles.length);
      circles.forEach((circle, row) => {
        const radius = inner * side + (ring + circle) * ringWidth;
        for (let n = 0; n < samples; ++n) {
          const angle = (2 * Math.PI * n) / samples;
          const x = nearest(width / 2 + radius * Math.cos(angle), width);
          const y = nearest(height / 2 + radius * Math.sin(angle), height);
          out[row * samples + n] = (y * width + x) * 4 + 1;
        }
      });
      return out;
    });
    return { width, height, rings };
  }
}

// How much of a ring is spokes, in levels of grey: the size of its discrete Fourier transform at their number and its multiples. With
// `phases` samples to each spoke all that it takes is the sum of each phase.
function strengthAt(spots, data) {
  const sums = new Float64Array(phases);
  for (let i = 0; i < spots.length; ++i) sums[i % phases] += data[spots[i]];
  let power = 0;
  for (let harmonic = 1; harmonic <= harmonics; ++harmonic) {
    let real = 0;
    let imaginary = 0;
    for (let phase = 0; phase < phases; ++phase) {
      const angle = (2 * Math.PI * harmonic * phase) / phases;
      real += sums[phase] * Math.cos(angle);
      imaginary -= sums[phase] * Math.sin(angle);
    }
    power += real * real + imaginary * imaginary;
  }
  return (2 * Math.sqrt(power)) / spots.length;
}

// All rings as a canvas that is transparent about them. Only a ring that changes is drawn again.
class Disc {
  constructor({ width, height, spokes }, page) {
    const side = Math.min(width, height);
    const ringWidth = ((outer - inner) * side) / spokes.length;
    this.image = new ImageData(width, height);
    this.pixels = spokes.map(() => []); // of each ring: where they are
    this.levels = spokes.map(() => []); // and how light, with spokes
    this.lit = spokes.map(() => 0);
    const { data } = this.image;
    for (let y = 0; y < height; ++y) {
      for (let x = 0; x < width; ++x) {
        const [dx, dy] = [x - width / 2, y - height / 2];
        const away = Math.hypot(dx, dy);
        if (away > (outer + margin) * side) continue;
        const pixel = (y * width + x) * 4;
        data.fill(grey, pixel, pixel + 3);
        data[pixel + 3] = 255;
        const ring = Math.floor((away - inner * side) / ringWidth);
        if (ring < 0 || ring >= spokes.length) continue;
        this.pixels[ring].push(pixel);
        this.levels[ring].push(Math.sin(spokes[ring] * Math.atan2(dy, dx)) >= 0 ? grey + swing : grey - swing);
      }
    }
    const canvas = page.createElement("canvas");
    Object.assign(canvas, { width, height });
    this.context = canvas.getContext("2d");
    this.changed = true;
    this.draw(0, 1);
  }

  draw(ring, lit) {
    if (this.lit[ring] === lit) return;
    this.lit[ring] = lit;
    this.changed = true;
    const { data } = this.image;
    const levels = this.levels[ring];
    this.pixels[ring].forEach((pixel, i) => data.fill(lit ? levels[i] : grey, pixel, pixel + 3));
  }

  put(ctx) {
    if (this.changed) this.context.putImageData(this.image, 0, 0);
    this.changed = false;
    ctx.drawImage(this.context.canvas, 0, 0);
  }
}
