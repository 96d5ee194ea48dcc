// From images of any size to the data set's own: RGBA pixels in, bytes of exactly SIZE x SIZE x CHANNELS out.

import { penOf } from "../../ui/static/pixels.js";

export const FINE = 8; // a pixel of the small image is the average of FINE x FINE of a larger one

// The middle square of a drawable thing, on a canvas of `side` pixels; on white paper where it is transparent.
function squareOf(source, width, height, side) {
  const canvas = document.createElement("canvas");
  canvas.width = side;
  canvas.height = side;
  const context = penOf(canvas, { willReadFrequently: true });
  context.fillStyle = "#fff";
  context.fillRect(0, 0, side, side);
  context.imageSmoothingQuality = "high";
  const cut = Math.min(width, height);
  context.drawImage(source, (width - cut) / 2, (height - cut) / 2, cut, cut, 0, 0, side, side);
  return context.getImageData(0, 0, side, side);
}

// RGBA of a square image to `channels` planes in one, innermost, averaged to `size` pixels a side.
export function averaged({ data, width }, size, channels) {
  const k = width / size;
  const out = new Float32Array(size * size * channels);
  for (let y = 0; y < width; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const from = 4 * (y * width + x);
      const to = channels * (Math.floor(y / k) * size + Math.floor(x / k));
      if (channels === 3) for (let c = 0; c < 3; c += 1) out[to + c] += data[from + c];
      else out[to] += 0.299 * data[from] + 0.587 * data[from + 1] + 0.114 * data[from + 2];
    }
  }
  return out.map((v) => v / (k * k));
}

// The gray of the paper: the median of the border of a square image.
function paperOf(gray, side) {
  const border = [];
  for (let i = 0; i < side; i += 1) border.push(gray[i], gray[(side - 1) * side + i], gray[i * side], gray[i * side + side - 1]);
  return border.sort((a, b) => a - b)[border.length >> 1];
}

// Light strokes on black from a gray photograph (Float32Array, 0 to 255): the paper's gray becomes black.
export function inkOf(gray, side) {
  const paper = paperOf(gray, side);
  const ink = gray.map((v) => (paper > 127 ? paper - v : v - paper));
  const most = ink.reduce((a, b) => Math.max(a, b), 0);
  if (most < 24) return ink.fill(0); // an empty sheet is not to be blown up into noise
  return ink.map((v) => 255 * Math.min(1, Math.max(0, (v / most - 0.25) / 0.6)));
}

// As MNIST was made: the ink fitted into 20x20 pixels, its centre of mass in the middle of 28x28. `ink` is square.
export function placed(ink, side, size) {
  let [left, top, right, bottom] = [side, side, -1, -1];
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      if (ink[y * side + x] < 64) continue;
      [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
    }
  }
  if (right < 0) return new Float32Array(size * size);
  const step = (Math.max(right - left, bottom - top) + 1) / ((20 / 28) * size); // source pixels for one of the result
  let [mass, mx, my] = [0, 0, 0];
  for (let y = top; y <= bottom; y += 1) {
    for (let x = left; x <= right; x += 1) {
      const v = ink[y * side + x];
      mass += v;
      mx += v * (x + 0.5);
      my += v * (y + 0.5);
    }
  }
  const [x0, y0] = [mx / mass - (step * size) / 2, my / mass - (step * size) / 2];
  const out = new Float32Array(size * size);
  const fine = Math.max(4, Math.ceil(step)); // samples a side of a pixel
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      let sum = 0;
      for (let j = 0; j < fine; j += 1) {
        for (let i = 0; i < fine; i += 1) {
          const u = Math.floor(x0 + step * (x + (i + 0.5) / fine));
          const v = Math.floor(y0 + step * (y + (j + 0.5) / fine));
          if (u >= left && u <= right && v >= top && v <= bottom) sum += ink[v * side + u];
        }
      }
      out[y * size + x] = sum / fine ** 2;
    }
  }
  return out;
}

// A photograph or a file as the data set would have it. A gray one of the set's very size is taken as it is, or
// inverted where its paper is light.
export function shrunk(source, width, height, [size, channels]) {
  const own = width === size && height === size;
  const side = own ? size : size * FINE;
  const square = squareOf(source, width, height, side);
  if (channels === 3) return averaged(square, size, 3);
  const gray = averaged(square, side, 1);
  if (!own) return placed(inkOf(gray, side), side, size);
  return paperOf(gray, side) > 127 ? gray.map((v) => 255 - v) : gray;
}

export function base64Of(values) {
  let text = "";
  for (const v of values) text += String.fromCharCode(Math.max(0, Math.min(255, Math.round(v))));
  return btoa(text);
}
