// The charts: a figure from the server, this image's values on it, and the marker, which follows the slider.

// A value on a polyline, read between its points; null outside them.
export function readAt(xs, ys, x) {
  if (!xs.length || x < xs[0] || x > xs[xs.length - 1]) return null;
  let i = xs.findIndex((known) => known >= x);
  if (xs[i] === x) return ys[i];
  const part = (x - xs[i - 1]) / (xs[i] - xs[i - 1]);
  return ys[i - 1] + part * (ys[i] - ys[i - 1]);
}

// The figure with this image's curves in it, and without the networks that are not wanted. A hollow marker stands
// where the network is wrong, so that colour alone says nothing.
export function composed(figure, live, hidden) {
  const data = figure.data.map((trace) => {
    const visible = !hidden.has(trace.meta.network);
    const found = live?.networks[trace.meta.network];
    if (trace.meta.part !== "live" || !found) return { ...trace, visible };
    const open = found.right.map((right) => (right ? "" : "-open"));
    const symbol = open.map((suffix) => trace.marker.symbol + suffix);
    return { ...trace, visible, x: live.values, y: found.percent, marker: { ...trace.marker, symbol } };
  });
  return data;
}

// Resolves when Gradio has mounted its Plot, and with it plotly.js.
export function plotDiv(root, found) {
  const look = () => {
    const div = root.querySelector("#curves [data-testid=plotly]");
    if (!window.Plotly || !div?.classList.contains("js-plotly-plot")) return false;
    found(div);
    return true;
  };
  if (look()) return;
  const watcher = new MutationObserver(() => look() && watcher.disconnect());
  watcher.observe(root, { childList: true, subtree: true, attributes: true, attributeFilter: ["class"] });
}

// Draws at most once a frame, whatever happened in between; a move of the marker alone costs next to nothing.
export function createChart(nextFrame = requestAnimationFrame.bind(window)) {
  let div = null;
  let whole = null; // { data, layout, config } to be drawn
  let marker = 0;
  let stale = false;
  let planned = false;

  function plan() {
    if (planned) return;
    planned = true;
    nextFrame(() => {
      planned = false;
      draw();
    });
  }

  function draw() {
    if (!div || !whole) return;
    if (stale) {
      stale = false;
      const shapes = whole.layout.shapes.map((shape) => ({ ...shape, x0: marker, x1: marker }));
      // A layout of its own for plotly, which writes into what it is given.
      window.Plotly.react(div, whole.data, { ...structuredClone(whole.layout), shapes }, whole.config);
    } else if (div.layout?.shapes?.[0] && div.layout.shapes[0].x0 !== marker) {
      const moved = div.layout.shapes.flatMap((_, i) => [[`shapes[${i}].x0`, marker], [`shapes[${i}].x1`, marker]]);
      window.Plotly.relayout(div, Object.fromEntries(moved));
    }
    div.dataset.marker = String(marker);
  }

  return {
    mount(found) {
      div = found;
      stale = true;
      plan();
    },
    show(figure) {
      whole = figure;
      stale = true;
      plan();
    },
    mark(value) {
      marker = value;
      plan();
    },
    get div() {
      return div;
    },
  };
}
