// What the learner predicted, for as long as the browser's tab is there: a page that is loaded again, as a phone that
// slept does, has it still.

const KEY = "stn-lesson";

/** @param {Element[]} sections @returns {Record<number, number>} exercise -> the choice */
export function remembered(sections) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "{}");
    const possible = sections.map((section, k) => [k + 1, kept[k + 1], section.querySelectorAll(".choice").length]);
    return Object.fromEntries(possible.filter(([, choice, count]) => Number.isInteger(choice) && choice >= 0 && choice < count));
  } catch {
    return {}; // a browser may refuse to store, and hold anything
  }
}

/** @param {Record<number, number>} predictions */
export function remember(predictions) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(predictions));
  } catch {
    // Then they last until the page is left.
  }
}
