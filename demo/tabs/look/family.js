// theta of every family as a frame that a hand can move: centre, turn, width, height, shear, and back.
// The matrix is R(turn) * [[1, shear], [0, 1]] * diag(width, height); it takes the output to the input.

/** @import { Lattice, Point } from "../../ui/static/types.d.ts" */

export const FRAMES = {
  translation: ["x", "y"],
  rotation: ["turn"],
  attention: ["size", "x", "y"],
  similarity: ["turn", "size", "x", "y"],
  affine: ["turn", "width", "height", "shear", "x", "y"],
  projective: ["turn", "width", "height", "shear", "x", "y", "tilt_x", "tilt_y"],
  tps: ["turn", "width", "height", "shear", "x", "y"], // moves all control points together
};

// Rows of the 3x3 matrix of a theta; a spline has none of its own and gives the affine one nearest to its points.
/** @param {string} family @param {number[]} t @returns {number[]} */
export function matrixOf(family, t) {
  switch (family) {
    case "translation":
      return [1, 0, t[0], 0, 1, t[1], 0, 0, 1];
    case "rotation":
      return [Math.cos(t[0]), -Math.sin(t[0]), 0, Math.sin(t[0]), Math.cos(t[0]), 0, 0, 0, 1];
    case "attention":
      return [t[0], 0, t[1], 0, t[0], t[2], 0, 0, 1];
    case "similarity":
      return [t[0], -t[1], t[2], t[1], t[0], t[3], 0, 0, 1];
    case "tps":
      return nearestToPoints(t);
    default:
      return [...t.slice(0, 6), t[6] ?? 0, t[7] ?? 0, 1];
  }
}

// The lattice is symmetric about 0, so the least squares have no mixed terms.
function nearestToPoints(t) {
  const side = Math.round(Math.sqrt(t.length / 2));
  const at = (i) => (2 * i) / (side - 1) - 1;
  const rows = [0, 1].map((axis) => {
    let [x, y, one, squares] = [0, 0, 0, 0];
    for (let i = 0; i < side * side; i += 1) {
      const [lx, ly] = [at(i % side), at(Math.floor(i / side))];
      const value = t[2 * i + axis];
      x += value * lx;
      y += value * ly;
      one += value;
      squares += lx * lx;
    }
    return [x / squares, y / squares, one / (side * side)];
  });
  return [...rows[0], ...rows[1], 0, 0, 1];
}

/** @param {string} family @param {number[]} theta @returns {Record<string, number>} */
export function frameOf(family, theta) {
  if (family === "attention") {
    const [size, x, y] = theta; // its size keeps its sign: there is no turn to hold it
    return { turn: 0, width: size, height: size, shear: 0, size, x, y, tilt_x: 0, tilt_y: 0 };
  }
  const [a, b, x, c, d, y, tiltX, tiltY] = matrixOf(family, theta);
  const width = Math.hypot(a, c);
  const turn = Math.atan2(c, a);
  const height = width > 1e-9 ? (a * d - b * c) / width : 0;
  const along = width > 1e-9 ? (a * b + c * d) / width : 0;
  const shear = Math.abs(height) > 1e-9 ? along / height : 0;
  return { turn, width, height, shear, size: width, x, y, tilt_x: tiltX, tilt_y: tiltY };
}

function linearOf(/** @type {Record<string, number>} */ { turn, width, height, shear }) {
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  return [cos * width, (cos * shear - sin) * height, sin * width, (sin * shear + cos) * height];
}

// The theta of a frame. A spline keeps its bends: `theta`, the one before, is moved as a whole.
/** @param {string} family @param {Record<string, number>} frame @param {number[]} theta @returns {number[]} */
export function thetaOf(family, frame, theta) {
  const { turn, size, x, y } = frame;
  const [a, b, c, d] = linearOf(frame);
  switch (family) {
    case "translation":
      return [x, y];
    case "rotation":
      return [turn];
    case "attention":
      return [size, x, y];
    case "similarity":
      return [size * Math.cos(turn), size * Math.sin(turn), x, y];
    case "affine":
      return [a, b, x, c, d, y];
    case "projective":
      return [a, b, x, c, d, y, frame.tilt_x, frame.tilt_y];
    default:
      return movePoints(theta, matrixOf(family, theta), [a, b, x, c, d, y]);
  }
}

// Control points moved by the matrix that takes one nearest affine matrix to another.
/** @param {number[]} theta @param {number[]} from @param {number[]} to */
function movePoints(theta, [a, b, x, c, d, y], [A, B, X, C, D, Y]) {
  const det = a * d - b * c;
  if (Math.abs(det) < 1e-6) return theta;
  const out = [];
  for (let i = 0; i < theta.length; i += 2) {
    const [px, py] = [theta[i] - x, theta[i + 1] - y];
    const [u, v] = [(d * px - b * py) / det, (a * py - c * px) / det]; // on the output
    out.push(A * u + B * v + X, C * u + D * v + Y);
  }
  return out;
}

// How far the frame is turned on the input, in degrees counter-clockwise, as the page's Rotation slider counts, above
// -180 and up to 180. That is the rotation of the polar decomposition, which the words about theta speak of, too.
// `slopes` is what a spline's points contribute to the affine matrix nearest to its grid.
/** @param {string} family @param {number[]} theta @param {number[][] | null} slopes @returns {number} */
export function turnOf(family, theta, slopes) {
  let [a, b, , c, d] = matrixOf(family, theta);
  if (family === "tps" && slopes) {
    const product = (axis, weights) => weights.reduce((sum, w, i) => sum + w * theta[2 * i + axis], 0);
    [a, b, c, d] = [0, 1].flatMap((axis) => slopes.map((weights) => product(axis, weights)));
  }
  if (a * d - b * c < 0) [a, c] = [-a, -c]; // mirrored: the turn is what is left
  const degrees = (-180 / Math.PI) * Math.atan2(c - b, a + d);
  return degrees <= -180 ? 180 : degrees + 0; // no -0
}

// Where a matrix takes a point of the output.
/** @param {number[]} matrix @param {number[]} point @returns {Point} */
export function mapPoint(matrix, [x, y]) {
  const [a, b, c, d, e, f, g, h, i] = matrix;
  const w = g * x + h * y + i;
  const safe = Math.abs(w) < 1e-6 ? (w < 0 ? -1e-6 : 1e-6) : w; // as in stn.geometry
  return [(a * x + b * y + c) / safe, (d * x + e * y + f) / safe];
}

// The lattice that a matrix makes, in the form of latticeOf(): at once, without asking the server.
/** @param {number[]} matrix @param {number} side @returns {Lattice} */
export function latticeFrom(matrix, side) {
  const points = new Float32Array(2 * side * side);
  for (let i = 0; i < side * side; i += 1) {
    const at = [(2 * (i % side)) / (side - 1) - 1, (2 * Math.floor(i / side)) / (side - 1) - 1];
    points.set(mapPoint(matrix, at), 2 * i);
  }
  return { points, side };
}

// The projective matrix, with 1 in its last place, that takes the output's corners to four points; null where three of
// them lie on a line. (Heckbert 1989: a square to a quadrilateral.)
/** @param {number[][]} points @returns {number[] | null} */
export function matrixThrough([p0, p1, p2, p3]) {
  const [dx1, dy1] = [p1[0] - p2[0], p1[1] - p2[1]];
  const [dx2, dy2] = [p3[0] - p2[0], p3[1] - p2[1]];
  const [sx, sy] = [p0[0] - p1[0] + p2[0] - p3[0], p0[1] - p1[1] + p2[1] - p3[1]];
  const det = dx1 * dy2 - dx2 * dy1;
  if (Math.abs(det) < 1e-4) return null;
  const g = (sx * dy2 - dx2 * sy) / det;
  const h = (dx1 * sy - sx * dy1) / det;
  // From the unit square (u, v) to the points; then u = (x + 1) / 2, v = (y + 1) / 2.
  const rows = [0, 1].map((axis) => [
    p1[axis] - p0[axis] + g * p1[axis],
    p3[axis] - p0[axis] + h * p3[axis],
    p0[axis],
  ]);
  const fromUnit = [...rows, [g, h, 1]].map(([a, b, c]) => [a / 2, b / 2, c + a / 2 + b / 2]);
  const last = fromUnit[2][2];
  return Math.abs(last) < 1e-4 ? null : fromUnit.flat().map((v) => v / last);
}

// Part of the way from one theta to another: turning where the family turns, straight for a spline's points.
/** @param {string} family @param {number[]} from @param {number[]} to @param {number} part @returns {number[]} */
export function between(family, from, to, part) {
  if (family === "tps") return from.map((v, i) => v + part * (to[i] - v));
  const [a, b] = [frameOf(family, from), frameOf(family, to)];
  const turn = Math.atan2(Math.sin(b.turn - a.turn), Math.cos(b.turn - a.turn)); // the shorter way round
  const mixed = Object.fromEntries(Object.keys(a).map((key) => [key, a[key] + part * (b[key] - a[key])]));
  return part >= 1 ? [...to] : thetaOf(family, { ...mixed, turn: a.turn + part * turn }, from);
}
