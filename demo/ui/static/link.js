// The address bar holds the whole state of the page. Keys that are not ours (Gradio's __theme, say) stay.

import { KEYS, NEUTRAL, SPACE_PAGE, TABS } from "./constants.js";

export function linkOf(state, address = window.location.href) {
  const url = new URL(address);
  const put = (key, value, neutral) => {
    if (value === neutral || value === null || value === undefined || value === "") url.searchParams.delete(key);
    else url.searchParams.set(key, typeof value === "number" ? String(+value.toFixed(4)) : value);
  };
  const neutral = { ...NEUTRAL, tab: TABS[0], compare: KEYS.compare.default, type: KEYS.type.default };
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
    if (!left) return;
    window.history.replaceState(window.history.state, "", linkOf(left));
    left = null;
    tellParent();
  }

  return (state) => {
    if (state.tab !== tabOf(window.location.search)) {
      write();
      window.history.pushState(null, "", linkOf(state));
      tellParent();
      return;
    }
    left = state;
    clearTimeout(timer);
    timer = setTimeout(write, wait);
  };
}

// The address that others should open: on a Space its page, which shows this one in a frame and hands its query on.
// A class's room is not in it: its students have a link of their own, and the teacher's token is for nobody else.
export function sharedLink(state) {
  const url = new URL(linkOf({ ...state, room: null, teacher: null }));
  return SPACE_PAGE ? SPACE_PAGE + withoutHosts(url).search : url.href;
}

// Keys that a Space adds for this visitor alone, his theme and a signature, have two underscores in front.
export const isHosts = (key) => key.startsWith("__");

function withoutHosts(url) {
  for (const key of [...url.searchParams.keys()].filter(isHosts)) url.searchParams.delete(key);
  return url;
}

// In a Space's frame the address bar is the parent's, which takes a query in a message.
function tellParent() {
  if (!SPACE_PAGE || window.parent === window) return;
  const { searchParams, hash } = withoutHosts(new URL(window.location.href));
  window.parent.postMessage({ queryString: searchParams.toString(), hash }, "https://huggingface.co");
}
