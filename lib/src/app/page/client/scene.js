// A picture that moves, so that codecs have something to do: a gradient that wanders, boxes that bounce, and the number of the frame in
// words for whoever looks. The middle belongs to the ring code.

const boxes = [
  { colour: "#d33", size: 0.12, across: 4.1, down: 5.3 },
  { colour: "#2b6", size: 0.09, across: 5.9, down: 3.7 },
  { colour: "#38c", size: 0.15, across: 7.3, down: 6.1 },
];

// Where something is that goes from 0 to `room` and back once in 2 * `period`.
const bounce = (time, period, room) => (1 - Math.abs(((time / period) % 2) - 1)) * room;

// @param seconds  since the scene began
export function drawScene(ctx, width, height, seconds) {
  const hue = (seconds * 24) % 360;
  const gradient = ctx.createLinearGradient(bounce(seconds, 9, width / 2), 0, width, height);
  gradient.addColorStop(0, `hsl(${hue} 45% 35%)`);
  gradient.addColorStop(1, `hsl(${(hue + 120) % 360} 45% 60%)`);
  ctx.fillStyle = gradient;
  ctx.fillRect(0, 0, width, height);
  for (const { colour, size, across, down } of boxes) {
    const side = size * height;
    ctx.fillStyle = colour;
    ctx.fillRect(bounce(seconds, across, width - side), bounce(seconds, down, height - side), side, side);
  }
}

// In the upper left corner, outside the rings.
export function drawCounter(ctx, height, index) {
  const size = Math.round(height / 24);
  const text = `frame ${index}`;
  ctx.font = `${size}px monospace`;
  ctx.fillStyle = "#000";
  ctx.fillRect(0, 0, ctx.measureText(text).width + size, size * 1.6);
  ctx.fillStyle = "#fff";
  ctx.textBaseline = "middle";
  ctx.fillText(text, size / 2, size * 0.8);
}
