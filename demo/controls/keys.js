// Single keys for the class: n next, p previous, r reset, s spin. Not while somebody types, nor where they were switched
// off: to whoever dictates or hits keys by accident, they are in the way.

const KEYS = { n: "#next", p: "#previous", r: "#reset", s: "#spin" };

function isTyping(target) {
  if (target.isContentEditable || target.matches?.("textarea, select")) return true;
  return Boolean(target.matches?.("input:not([type=range], [type=radio], [type=checkbox], [type=button])"));
}

/** @import { Store } from "../ui/static/types.d.ts" */

export function listenToKeys(/** @type {Store} */ store) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (store.extra("keys") === "off") return;
    const button = KEYS[event.key] && document.querySelector(KEYS[event.key]);
    // Only where the button is in sight: not in every tab, nor in every class view.
    if (button?.getClientRects().length && !isTyping(event.target)) button.click();
  });
}
