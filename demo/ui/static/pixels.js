// Bytes from the server to images on canvases.

import { GRID_UNIT } from "./constants.js";

/** @import { Encoded, Lattice } from "./types.d.ts" */

/** @returns {Uint8Array<ArrayBuffer>} */
export function bytesOf(/** @type {string} */ base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
  return bytes;
}

// Points (x, y) in [-1, 1] of the input, as int16 in steps of 1 / GRID_UNIT; a square lattice, row by row.
/** @returns {Lattice} */
export function latticeOf(/** @type {string} */ base64) {
  const bytes = bytesOf(base64);
  const steps = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const points = new Float32Array(bytes.length / 2);
  for (let i = 0; i < points.length; i += 1) points[i] = steps.getInt16(2 * i, true) / GRID_UNIT;
  return { points, side: Math.round(Math.sqrt(points.length / 2)) };
}

// What one draws with. A canvas that has no other kind of context always has this one.
/** @returns {CanvasRenderingContext2D} */
export function penOf(/** @type {HTMLCanvasElement} */ canvas, /** @type {CanvasRenderingContext2DSettings} */ settings = {}) {
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", settings));
}

// An image at its own size, on a canvas of its own, which is reused from answer to answer.
export function createImage() {
  const canvas = document.createElement("canvas");
  const context = penOf(canvas);
  /** @type {ImageData | null} */
  let image = null;
  return {
    canvas,
    set(/** @type {Encoded} */ { width, height, channels, data }) {
      if (!image || image.width !== width || image.height !== height) {
        canvas.width = width;
        canvas.height = height;
        image = context.createImageData(width, height);
        image.data.fill(255);
      }
      const bytes = bytesOf(data);
      const out = image.data;
      for (let from = 0, to = 0; to < out.length; from += channels, to += 4) {
        out[to] = bytes[from];
        out[to + 1] = bytes[from + (channels === 3 ? 1 : 0)];
        out[to + 2] = bytes[from + (channels === 3 ? 2 : 0)];
      }
      context.putImageData(image, 0, 0);
    },
  };
}
