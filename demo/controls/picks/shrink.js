// From images of any size to the data set's own: RGBA pixels in, bytes of exactly SIZE x SIZE x CHANNELS out.

import { DIGIT_SIDE } from "../../ui/static/constants.js";
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

// A photograph or a file as it is, at the data set's size. A gray one is light on dark, as the set is.
export function shrunk(source, [size, channels]) {
  const { width, height } = source;
  const own = width === size && height === size;
  const side = own ? size : size * FINE;
  const square = squareOf(source, width, height, side);
  if (channels === 3) return averaged(square, size, 3);
  const gray = averaged(square, size, 1);
  return paperOf(gray, size) > 127 ? gray.map((v) => 255 - v) : gray;
}

// A copy of a drawable thing, whole, at most `most` pixels a side; on white paper where it is transparent.
export function copyOf(source, most) {
  const [width, height] = [source.videoWidth ?? source.width, source.videoHeight ?? source.height];
  const zoom = Math.min(1, most / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * zoom));
  canvas.height = Math.max(1, Math.round(height * zoom));
  const context = penOf(canvas, { willReadFrequently: true });
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas;
}

const pixelsOf = (canvas) => penOf(canvas, { willReadFrequently: true }).getImageData(0, 0, canvas.width, canvas.height).data;

// What the server's function `digit` takes: the gray image, whole, at most DIGIT_SIDE pixels a side.
export function grayOf(source) {
  const canvas = copyOf(source, DIGIT_SIDE);
  const data = pixelsOf(canvas);
  const gray = new Float32Array(data.length / 4);
  for (let i = 0; i < gray.length; i += 1) gray[i] = 0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2];
  return { width: canvas.width, height: canvas.height, image: base64Of(gray) };
}

// Whether an image is mostly one colour without a hue, as paper and boards are.
export function looksWritten(source) {
  const data = pixelsOf(copyOf(source, 64));
  const middle = [0, 1, 2].map((c) => data.filter((_, i) => i % 4 === c).sort()[data.length >> 3]);
  if (Math.max(...middle) - Math.min(...middle) > 40) return false;
  let paper = 0;
  for (let i = 0; i < data.length; i += 4) {
    if ([0, 1, 2].every((c) => Math.abs(data[i + c] - middle[c]) < 20)) paper += 4;
  }
  return paper > 0.8 * data.length;
}

export function base64Of(values) {
  let text = "";
  for (const v of values) text += String.fromCharCode(Math.max(0, Math.min(255, Math.round(v))));
  return btoa(text);
}
