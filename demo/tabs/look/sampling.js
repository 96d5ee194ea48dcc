// The sampler, one point at a time: the same arithmetic as stn.geometry.sample, with every number kept to be shown.
// A test holds every output pixel of it against torch.

/** @import { Values } from "../../ui/static/types.d.ts" */

// Where a normalised coordinate in [-1, 1] lies among `size` pixels, counted from 0 at the first one's centre. -1 and 1
// are the outer edges (align_corners=False).
function toPixels(coordinate, size) {
  return ((coordinate + 1) * size - 1) / 2;
}

// What padding makes of a pixel coordinate that may lie outside.
function padded(pixel, size, padding) {
  if (padding === "zeros") return pixel;
  let at = pixel;
  if (padding === "reflection") {
    const turns = (((at + 0.5) % (2 * size)) + 2 * size) % (2 * size); // mirrored at both outer edges
    at = (turns < size ? turns : 2 * size - turns) - 0.5;
  }
  return Math.min(Math.max(at, 0), size - 1);
}

// The bilinear sample at a normalised point. `outside` holds the level of each channel that a pixel outside counts as.
// Returns the pixel coordinates before and after padding, the four neighbours with their weights, and the sum.
/** @param {Values} image @param {number[]} point @param {string} padding @param {ArrayLike<number> | null} outside */
export function sampleAt(image, [x, y], padding, outside) {
  const { width, height, channels, values } = image;
  const pixel = [toPixels(x, width), toPixels(y, height)];
  const at = [padded(pixel[0], width, padding), padded(pixel[1], height, padding)];
  // Next to the last pixel's centre the neighbour beyond has no weight: step back, so that all four exist.
  const first = padding === "zeros" ? (v) => Math.floor(v) : (v, size) => Math.max(0, Math.min(Math.floor(v), size - 2));
  const [left, top] = [first(at[0], width), first(at[1], height)];
  const [right, down] = [at[0] - left, at[1] - top];
  const neighbours = [];
  for (const row of [0, 1]) {
    for (const column of [0, 1]) {
      const [c, r] = [left + column, top + row];
      const inside = c >= 0 && r >= 0 && c < width && r < height;
      const weight = (column ? right : 1 - right) * (row ? down : 1 - down);
      const from = (r * width + c) * channels;
      const levels = inside ? values.subarray(from, from + channels) : outside ?? new Float32Array(channels);
      neighbours.push({ column: c, row: r, inside, weight, levels });
    }
  }
  const sums = Array.from({ length: channels }, (_, c) => neighbours.reduce((sum, n) => sum + n.weight * n.levels[c], 0));
  return { pixel, at, neighbours, sums };
}

// The layer's value at a point. A layer that averages where it shrinks mixes samples of the image at two sizes:
// `level` 1.3 is 0.7 of the one at half size and 0.3 of the one at a quarter. `images(i)` gives the image halved
// i times. Returns the samples with their shares, and the mix.
export function mixAt(images, point, level, padding, outside) {
  const low = Math.floor(level);
  const share = level - low;
  const parts = [{ level: low, share: 1 - share, ...sampleAt(images(low), point, padding, outside) }];
  if (share > 0) parts.push({ level: low + 1, share, ...sampleAt(images(low + 1), point, padding, outside) });
  const sums = parts[0].sums.map((_, c) => parts.reduce((sum, part) => sum + part.share * part.sums[c], 0));
  return { parts, sums };
}

// The centre (x, y) in [-1, 1] of an output pixel.
export function centreOf(row, column, { height, width }) {
  return [(2 * column + 1) / width - 1, (2 * row + 1) / height - 1];
}
