// For demo.benchmark: drags the rotation slider from end to end, one event a frame, and counts the frames that show
// something new.
async ({ seconds }) => {
  const view = /** @type {HTMLElement} */ (document.querySelector("#view"));
  const slider = /** @type {HTMLInputElement} */ (document.querySelector("#rotation input[type=range]"));
  const setValue = /** @type {(value: unknown) => void} */ (
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")?.set
  );
  const moved = new Map(); // value -> when the slider took it
  const lags = []; // ms from there until its image was drawn; the next frame shows it
  let updates = 0;
  let frames = 0;
  let last = null; // the value drawn
  let shown = null; // the value that the last frame showed
  const watcher = new MutationObserver(() => {
    last = JSON.parse(view.dataset.drawn ?? "").rotation;
    if (!moved.has(last)) return;
    lags.push(performance.now() - moved.get(last));
    moved.delete(last);
  });
  watcher.observe(view, { attributes: true, attributeFilter: ["data-drawn"] });
  // After the frame has been shown: two images drawn between two frames are one update.
  const count = () => {
    if (last !== shown) updates += 1;
    shown = last;
  };
  const [low, high] = [Number(slider.min), Number(slider.max)];
  const start = performance.now();
  let wanted = low;
  await new Promise((/** @type {(value?: unknown) => void} */ done) => {
    const step = () => {
      const part = (performance.now() - start) / (1000 * seconds);
      if (part >= 1) return done();
      frames += 1;
      wanted = Math.round(low + part * (high - low));
      if (!moved.has(wanted)) moved.set(wanted, performance.now());
      setValue.call(slider, wanted);
      slider.dispatchEvent(new Event("input", { bubbles: true }));
      setTimeout(count, 0);
      return requestAnimationFrame(step);
    };
    step();
  });
  const duration = (performance.now() - start) / 1000;
  const counted = updates;
  await new Promise((done) => setTimeout(done, 1500));
  watcher.disconnect();
  return { updates: counted, frames, duration, lags, last, wanted };
};
