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

// Browsers refuse more than about 100 replaceState calls in 30 s, a drag makes 60 a second: write when it rests.
export function createLinkWriter(wait = 250) {
  let timer = null;
  return (state) => {
    clearTimeout(timer);
    timer = setTimeout(() => window.history.replaceState(window.history.state, "", linkOf(state)), wait);
  };
}
