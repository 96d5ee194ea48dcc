// Images as numbers: what the sampler really reads, in [0, 1], not rounded to what a screen can show.

import { bytesOf, penOf } from "../../ui/static/pixels.js";

/** @import { Encoded, Values } from "../../ui/static/types.d.ts" */

// Little-endian float32, as every browser's machine has them.
export function floatsOf(base64) {
  const bytes = bytesOf(base64);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

// {width, height, channels, values}: row by row, channels innermost.
/** @returns {Values} */
export function valuesOf(/** @type {Encoded} */ { width, height, channels, data }) {
  return { width, height, channels, values: floatsOf(data) };
}

// An image averaged over cells of about 2^level pixels each way, as the layer does it: where that does not divide a side,
// the cells are a little smaller and cover parts of pixels.
/** @param {Values} image @param {number} level @returns {Values} */
export function averaged(image, level) {
  const { channels } = image;
  const [width, height] = [image.width, image.height].map((n) => Math.ceil(n / 2 ** level));
  const values = new Float32Array(width * height * channels);
  for (let row = 0; row < height; row += 1) {
    const rows = coverOf(row, height, image.height);
    for (let column = 0; column < width; column += 1) {
      const columns = coverOf(column, width, image.width);
      for (let channel = 0; channel < channels; channel += 1) {
        let sum = 0;
        for (const [y, down] of rows) {
          for (const [x, right] of columns) sum += down * right * image.values[(y * image.width + x) * channels + channel];
        }
        values[(row * width + column) * channels + channel] = sum;
      }
    }
  }
  return { width, height, channels, values };
}

// The pixels, of `whole` in a row, that cell i of `cells` covers, each with its share of the cell.
function coverOf(i, cells, whole) {
  const [low, high] = [(i * whole) / cells, ((i + 1) * whole) / cells];
  const first = Math.floor(low);
  return Array.from({ length: Math.ceil(high) - first }, (_, k) => {
    const pixel = first + k;
    return [pixel, ((Math.min(high, pixel + 1) - Math.max(low, pixel)) * cells) / whole];
  });
}

// The image for the screen, on a canvas of its own, which is reused from answer to answer.
export function createScreen() {
  const canvas = document.createElement("canvas");
  const context = penOf(canvas);
  /** @type {ImageData | null} */
  let image = null;
  return {
    canvas,
    set(/** @type {Values} */ { width, height, channels, values }) {
      if (!image || image.width !== width || image.height !== height) {
        canvas.width = width;
        canvas.height = height;
        image = context.createImageData(width, height);
        image.data.fill(255);
      }
      for (let from = 0, to = 0; to < image.data.length; from += channels, to += 4) {
        for (let c = 0; c < 3; c += 1) image.data[to + c] = Math.round(255 * values[from + (channels === 3 ? c : 0)]);
      }
      context.putImageData(image, 0, 0);
    },
  };
}

// A number as it is set in print: a real minus sign, and no minus before a zero.
export function inPrint(value, digits = 3) {
  if (!Number.isFinite(value)) return "?";
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "\u2212");
}
