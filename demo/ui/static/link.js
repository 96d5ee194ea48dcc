// The address bar holds the whole state of the page. Keys that are not ours (Gradio's __theme, say) stay.

import { KEYS, NEUTRAL, TABS } from "./constants.js";

export function linkOf(state, address = window.location.href) {
  const url = new URL(address);
  const put = (key, value, neutral) => {
    if (value === neutral || value === null || value === undefined || value === "") url.searchParams.delete(key);
    else url.searchParams.set(key, typeof value === "number" ? String(+value.toFixed(4)) : value);
  };
  const neutral = { ...NEUTRAL, tab: TABS[0], compare: KEYS.compare.default };
  for (const [key, value] of Object.entries(state)) put(key, value, neutral[key]);
  return url.href;
}

// The tab that an address opens.
export function tabOf(search) {
  const name = new URLSearchParams(search).get("tab");
  return name && TABS.includes(name) ? name : TABS[0];
}

// Browsers refuse more than about 100 replaceState calls in 30 s, a drag makes 60 a second: write when it rests. Another
// tab is a step that the browser's Back undoes; it is written at once, after what was still to be written of the last.
export function createLinkWriter(wait = 250) {
  let timer = null;
  let left = null; // the state that is to be written

  function write() {
    clearTimeout(timer);
    if (left) window.history.replaceState(window.history.state, "", linkOf(left));
    left = null;
  }

  return (state) => {
    if (state.tab !== tabOf(window.location.search)) {
      write();
      window.history.pushState(null, "", linkOf(state));
      return;
    }
    left = state;
    clearTimeout(timer);
    timer = setTimeout(write, wait);
  };
}
