// Makes the link that a class opens: what it shows of the page, in which type, with which image.

import { KEYS, SLIDERS, TABS } from "../static/constants.js";
import { copyText } from "../static/files.js";
import { make, setText } from "../static/readings.js";

/** @import { Store } from "../static/types.d.ts" */

const NOT_OWN = "Your own image stays in this browser; the link shows the test image behind it.";
const NO_TAB = "Tick one tab at least.";

// What `show=` names, "" where all of the page is shown. Where no control is named, every tab is: an empty list hides nothing.
/** @param {string[]} controls @param {string[]} tabs what is ticked of both */
export function shownOf(controls, tabs) {
  const [allControls, allTabs] = [controls.length === SLIDERS.length + 3, tabs.length === TABS.length];
  if (allControls && allTabs) return "";
  return [...controls, ...(allTabs && controls.length ? [] : tabs)].join();
}

/** @param {Store} store */
export function createBuilder(store) {
  const dialog = make("dialog", "class-link");
  dialog.setAttribute("aria-labelledby", "class-link-title");
  const title = make("h2", "", "A link for the class");
  title.id = "class-link-title";
  const root = document.documentElement.dataset;
  const wasShown = root.show?.split(" ").filter(Boolean);
  const wasTabs = root.showTabs?.split(" ");

  function check(text, name, checked) {
    const label = make("label");
    const box = make("input");
    Object.assign(box, { type: "checkbox", name, checked });
    label.append(box, text);
    return { label, box };
  }

  function group(text, checks) {
    const field = make("fieldset");
    field.append(make("legend", "", text), ...checks.map(({ label }) => label));
    return field;
  }

  const nameOf = (tab) => document.querySelector(`#tabs button[data-tab-id=${tab}]`)?.textContent?.trim() || tab;
  const shown = (name) => !wasShown || wasShown.includes(name);
  const others = { edges: "Hide the edges", network: "Choice of network" };
  const sliders = SLIDERS.map((name) => [name, KEYS[name].label.replace(/ \(.*/, "")]);
  const controls = [...sliders, ...Object.entries(others)].map(([name, text]) => check(text, name, shown(name)));
  const order = [...document.querySelectorAll("#tabs button[data-tab-id]")].map((tab) => tab.getAttribute("data-tab-id"));
  const inOrder = [...TABS].sort((a, b) => order.indexOf(a) - order.indexOf(b));
  const tabs = inOrder.map((name) => check(nameOf(name), name, !wasTabs || wasTabs.includes(name)));
  const fixed = check("The image on the screen, and no other", "fixed", !shown("pictures"));
  const type = check("Large type, for a projector", "large", store.extra("type") !== "normal");
  const link = make("input", "class-link-text");
  Object.assign(link, { type: "text", readOnly: true });
  link.setAttribute("aria-label", "The link");
  const said = make("p", "class-link-said");
  said.setAttribute("role", "status");
  const [copy, close] = [make("button", "is-main", "Copy"), make("button", "", "Close")];
  copy.type = close.type = "button";
  const buttons = make("div", "board-buttons");
  buttons.append(copy, close);
  dialog.append(title, group("Sliders and network", controls), group("Tabs", tabs), group("Image and type", [fixed, type]), link, said, buttons);
  document.querySelector("#play")?.append(dialog);

  const ticked = (checks) => checks.filter(({ box }) => box.checked).map(({ box }) => box.name);

  function write() {
    const [seen, open] = [ticked(controls), ticked(tabs)];
    const url = new URL(store.link());
    const put = (key, value) => (value ? url.searchParams.set(key, value) : url.searchParams.delete(key));
    put("view", "class");
    put("type", type.box.checked ? "" : "normal");
    put("show", shownOf([...seen, ...(fixed.box.checked ? [] : ["pictures"])], open));
    const tab = open.includes(store.tab) ? store.tab : open[0];
    put("tab", tab === TABS[0] ? "" : tab);
    link.value = url.href.replaceAll("%2C", ",");
    copy.disabled = !open.length;
    setText(said, open.length ? (store.own ? NOT_OWN : "") : NO_TAB);
  }

  dialog.addEventListener("change", write);
  close.addEventListener("click", () => dialog.close());
  copy.addEventListener("click", async () => {
    const copied = await copyText(link.value);
    if (!copied) link.select();
    setText(said, copied ? "Link copied." : "Copy the link from the field above.");
  });
  return {
    open() {
      write();
      dialog.showModal();
    },
  };
}
