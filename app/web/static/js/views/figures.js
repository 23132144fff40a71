// Blocks shared by the home page and the map page.

import { STATES } from "../classes.js";
import { h } from "../dom.js";
import { integer, share } from "../format.js";
import { swatch } from "../swatches.js";

/** The bar of covered, uncovered and unknown people; decorative, the figures are beside it. */
export function peopleBar(population) {
  const parts = ["covered", "uncovered", "unknown"].map((state) => {
    const part = h("span", { class: `bar-part bar-${state}` });
    part.style.flexGrow = String(population[state]);
    part.hidden = population[state] === 0;
    return part;
  });
  return h("div", { class: "bar", "aria-hidden": "true" }, parts);
}

/** Covered + uncovered + unknown = total, as integers with their share. */
export function peopleFigures(population) {
  const capital = (text) => text[0].toUpperCase() + text.slice(1);
  const line = (drawing, label, id, part) => h("div", {},
    h("dt", {}, drawing, label),
    h("dd", {}, h("strong", { "data-figure": id }, integer(population[id])), part ? h("span", {}, ` ${part}`) : null));
  return h("dl", { class: "people" },
    Object.values(STATES).map((state) => line(swatch(state), capital(state.label), state.id, share(population[state.id], population.total))),
    line(null, "Ensemble", "total"));
}
