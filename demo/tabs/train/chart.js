// A small line chart on a canvas.

import { penOf } from "../../ui/static/pixels.js";

// At most one point a pixel column: a run has thousands of updates.
function thinned(points, most) {
  if (points.length <= most) return points;
  const step = points.length / most;
  const out = [];
  for (let i = 0; i < most; i += 1) out.push(points[Math.floor(i * step)]);
  out.push(points.at(-1));
  return out;
}

export function createChart(canvas) {
  const context = penOf(canvas);

  return {
    // lines: [{points: [[x, y], ...], colour, width, dashed}], the last on top; y null is a gap. mark: an x to point out.
    // changes: those at which something was changed.
    draw({ lines, xEnd, yEnd, unit, mark, changes, colours }) {
      const [width, height] = [Math.max(1, canvas.clientWidth), Math.max(1, canvas.clientHeight)];
      const ratio = window.devicePixelRatio || 1;
      const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
      if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
      context.setTransform(w / width, 0, 0, h / height, 0, 0);
      context.clearRect(0, 0, width, height);
      const style = getComputedStyle(canvas);
      const size = parseFloat(style.fontSize);
      context.font = `${size}px ${style.fontFamily}`;
      const left = size * 3.7;
      const bottom = height - size * 1.5;
      const [top, right] = [size * 0.6, width - size * 1.2];
      const px = (x) => left + ((right - left) * x) / xEnd;
      const py = (y) => bottom - ((bottom - top) * Math.min(y, yEnd)) / yEnd;
      context.lineWidth = 1;
      context.fillStyle = colours.quiet;
      context.textBaseline = "middle";
      context.textAlign = "right";
      for (const part of [0, 0.5, 1]) {
        const y = Math.round(py(part * yEnd)) + 0.5;
        context.strokeStyle = colours.edge;
        context.beginPath();
        context.moveTo(left, y);
        context.lineTo(right, y);
        context.stroke();
        context.fillText(`${+(part * yEnd).toPrecision(2)}${unit}`, left - 6, y);
      }
      context.textBaseline = "top";
      for (const part of [0, 0.5, 1]) {
        context.textAlign = part === 1 ? "right" : part ? "center" : "left";
        context.fillText((part * xEnd).toLocaleString("en"), px(part * xEnd) + (part === 1 ? size : 0), bottom + 4);
      }
      context.save();
      context.beginPath();
      context.rect(left - 2, 0, right - left + 4, bottom + 2);
      context.clip();
      context.lineJoin = "round";
      context.setLineDash([2, 3]);
      context.strokeStyle = colours.quiet;
      for (const x of changes) {
        context.beginPath();
        context.moveTo(px(x), top);
        context.lineTo(px(x), bottom);
        context.stroke();
      }
      for (const { points, colour, width: thick, dashed } of lines) {
        context.setLineDash(dashed ? [3, 3] : []);
        context.beginPath();
        let drawing = false;
        for (const [x, y] of thinned(points, Math.round(right - left))) {
          if (y === null) drawing = false;
          else if (drawing) context.lineTo(px(x), py(y));
          else {
            context.moveTo(px(x), py(y));
            drawing = true;
          }
        }
        context.strokeStyle = colour;
        context.lineWidth = thick;
        context.stroke();
      }
      context.setLineDash([]);
      context.restore();
      if (mark === null) return;
      context.strokeStyle = colours.ink;
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(px(mark), top - 4);
      context.lineTo(px(mark), bottom);
      context.stroke();
    },
    // The update under a point of the window.
    stepAt(clientX, xEnd) {
      const box = canvas.getBoundingClientRect();
      const size = parseFloat(getComputedStyle(canvas).fontSize);
      const left = size * 3.7;
      return (xEnd * (clientX - box.left - left)) / (box.width - size * 1.2 - left);
    },
  };
}

// A run's loss and accuracy over its steps, in front of the recorded runs.
/** @param {HTMLCanvasElement} lossCanvas @param {HTMLCanvasElement} accuracyCanvas */
export function createRunCharts(lossCanvas, accuracyCanvas) {
  const charts = { loss: createChart(lossCanvas), accuracy: createChart(accuracyCanvas) };
  const updates = (values) => values.map((value, i) => [i + 1, value]);

  return {
    // run: {means: smoothed losses, null where unknown, training: smoothed accuracies, tests}; references: kind ->
    // {step, loss, training, accuracy}; changes: the steps at which learning rates were moved.
    draw({ run, references, changes, xEnd, mark, colours }) {
      const common = { xEnd, mark, changes, colours };
      const recorded = (column) =>
        Object.entries(references).map(([kind, one]) => ({
          points: one.step.map((step, i) => [step, one[column][i]]),
          colour: kind === "plain" ? colours.cnn : colours.frame,
          width: 1.5,
        }));
      const highest = Math.max(0, ...run.means.filter((v) => v !== null));
      const top = Math.min(5, Math.max(3, Math.ceil(highest * 2) / 2));
      const own = { colour: colours.ink, width: 2.25 };
      charts.loss.draw({ ...common, yEnd: top, unit: "", lines: [...recorded("loss"), { ...own, points: updates(run.means) }] });
      const accuracies = [
        ...recorded("accuracy"),
        { ...own, points: updates(run.training), width: 1.25, dashed: true },
        { ...own, points: run.tests.map((test) => [test.step, test.accuracy]) },
      ];
      charts.accuracy.draw({ ...common, yEnd: 100, unit: "\u202f%", lines: accuracies });
    },
    stepAt: (name, clientX, xEnd) => charts[name].stepAt(clientX, xEnd),
  };
}
