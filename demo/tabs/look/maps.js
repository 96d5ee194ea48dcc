// What the localisation net sees: a row of its most active feature maps for each stage. A click enlarges one.

import { createImage } from "../../ui/static/pixels.js";
import { make, setText } from "../../ui/static/readings.js";
import { createEnlarged } from "./enlarged.js";

// A localiser of two nets has them side by side, with half as many maps each.
// Keeps a map in its place from answer to answer while it is among the most active, or the rows would flicker.
/** @param {HTMLElement} box @param {HTMLDialogElement} dialog */
export function createMaps(box, dialog) {
  const enlarged = createEnlarged(dialog);
  let rows = [];

  function build(stages) {
    const wanted = stages.map(({ net, images }) => net + images.length).join();
    if (box.dataset.made === wanted) return;
    box.dataset.made = wanted;
    rows = [];
    const nets = [...new Set(stages.map(({ net }) => net))];
    box.replaceChildren(...nets.map((net) => buildNet(net, stages, nets.length)));
  }

  function buildNet(net, stages, nets) {
    const column = make("div", "maps-net");
    if (net) column.append(make("h3", "", net));
    stages.filter((stage) => stage.net === net).forEach(({ images }, i) => {
      const row = make("div", "maps-row");
      const said = make("p", "maps-said");
      const strip = make("div", "maps-strip");
      strip.setAttribute("role", "group");
      const whose = `${net ? `${net} network, stage` : "Stage"} ${i + 1}`;
      const cells = images.slice(0, Math.ceil(images.length / nets)).map(() => buildCell(whose, strip));
      row.append(said, strip);
      column.append(row);
      rows.push({ said, strip, cells, net, whose, number: i + 1 });
    });
    return column;
  }

  function buildCell(whose, strip) {
    const cell = { screen: createImage(), button: make("button", "map"), channel: null, name: "", range: [0, 0] };
    cell.button.type = "button";
    cell.button.append(cell.screen.canvas);
    cell.button.addEventListener("click", () => enlarged.open(() => cell));
    cell.put = (channel, { channels }) => {
      if (channel === cell.channel) return;
      cell.channel = channel;
      cell.name = `${whose}: map ${channel + 1} of ${channels}`;
      cell.button.setAttribute("aria-label", `${cell.name}, enlarge`);
    };
    strip.append(cell.button);
    return cell;
  }

  return {
    show(stages) {
      build(stages);
      rows.forEach(({ said, strip, cells, net, whose, number }, i) => {
        const { channels, images, ranges } = stages[i];
        const chosen = stages[i].chosen.slice(0, cells.length);
        const fresh = chosen.filter((channel) => !cells.some((cell) => cell.channel === channel));
        for (const cell of cells) {
          cell.put(chosen.includes(cell.channel) ? cell.channel : fresh.shift(), stages[i]);
          const at = chosen.indexOf(cell.channel);
          cell.screen.set(images[at]);
          cell.range = ranges[at];
        }
        const { width, height } = images[0];
        // Beside another net there is no room for more.
        setText(said, net ? `${channels} maps ${height}\u00d7${width}` : `Stage ${number}: ${channels} maps, ${height} \u00d7 ${width}`);
        strip.setAttribute("aria-label", `${whose}: the ${cells.length} most active of its ${channels} maps`);
      });
      enlarged.renew();
    },
  };
}
