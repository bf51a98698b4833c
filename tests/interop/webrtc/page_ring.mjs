// The page's reader of ring codes beside the program's: the same pictures, the same numbers, as clear.
// usage: ring_pictures | node page_ring.mjs FOLDER-OF-THE-PAGE'S-MODULES
import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const clear = 0.15; // RingReading::clear
const near = 0.002; // of confidences: one reader has floats

// Node takes a file for a module by its name.
const folder = mkdtempSync(join(tmpdir(), "volley-ring-"));
copyFileSync(join(process.argv[2], "ring.js"), join(folder, "ring.mjs"));
const { RingCode } = await import(pathToFileURL(join(folder, "ring.mjs")));
rmSync(folder, { recursive: true });

const bytes = readFileSync(0);
const seen = { clear: 0, unclear: 0, none: 0 };
for (let at = 0; at < bytes.length; ) {
  const end = bytes.indexOf("\n", at);
  const picture = JSON.parse(bytes.toString("utf8", at, end));
  const { width, height, code, confidence } = picture;
  at = end + 1 + width * height;
  // Luma as a canvas has it, though neither rounded nor cut off, which both readers would have to do alike.
  const data = new Float32Array(4 * width * height);
  for (let i = 0; i < width * height; ++i) data[4 * i + 1] = ((bytes[end + 1 + i] - 16) * 255) / 219;

  const page = new RingCode(...picture.painted);
  const found = page.look({ width, height, data });
  const words = `${JSON.stringify(picture)}; the page: ${JSON.stringify(found)}`;
  assert.equal(found === null, code === undefined, words);
  if (found) {
    assert.ok(Math.abs(found.confidence - confidence) < near, words);
    if (confidence > near) assert.equal(found.code, code, words); // else a ring is on the threshold
  }
  // On the very border both are right.
  if (!found || Math.abs(confidence - clear) > near) assert.equal(page.read({ width, height, data }), confidence >= clear ? code : null, words);
  seen[!found ? "none" : confidence >= clear ? "clear" : "unclear"] += 1;
}
console.log(JSON.stringify(seen));
for (const [kind, count] of Object.entries(seen)) assert.ok(count >= 10, `${count} pictures are ${kind}: too few to compare`);
