// How and when people travel: the choice, where there is one, and the same people counted each way side by side.

import { h, hidden, replace } from "../dom.js";
import { integer, percent } from "../format.js";
import { scroller } from "../table.js";

const MODES = [["car", "En voiture"], ["bike", "À vélo"], ["foot", "À pied"]];
const SEASONS = [["summer", "Été"], ["winter", "Hiver"]];

/** Radio buttons of what has published figures; nothing at all where only the car in summer has. */
export async function createTravel({ body, store, published }) {
  const pairs = await published.catch(() => []); // whatever asked for the list says what went wrong
  const has = (mode, season) => pairs.some((pair) => pair.mode === mode && pair.season === season);
  const modes = MODES.filter(([mode]) => has(mode, "summer"));

  function show({ mode, season }) {
    const seasons = SEASONS.filter(([name]) => has(mode, name));
    const focused = document.activeElement?.closest?.("#travel") ? document.activeElement.id : null;
    replace(body,
      modes.length > 1 || (modes.length && !has(mode, season)) ? choice("mode", "Trajet", modes, mode, (to) => store.set({ mode: to, season: has(to, season) ? season : "summer" })) : null,
      seasons.length > 1 || (season !== "summer" && seasons.length) ? choice("season", "Saison", seasons, season, (to) => store.set({ season: to })) : null);
    body.hidden = body.childElementCount === 0;
    if (focused) document.getElementById(focused)?.focus();
  }
  store.on(["mode", "season"], show);
  show(store.get());
}

function choice(name, legend, options, chosen, onChoose) {
  return h("fieldset", { class: "choice" }, h("legend", {}, legend),
    options.map(([value, label]) => h("div", { class: "option" },
      h("input", { type: "radio", name: `travel-${name}`, id: `travel-${value}`, value, checked: value === chosen, onchange: () => onChoose(value) }),
      h("label", { for: `travel-${value}` }, label))));
}

/** "en voiture", "à vélo, en hiver": what the figures are about. */
export const shownTravel = (data) => data.variants.find((line) => line.is_shown)?.label ?? data.info.mode;

/** Each published mode and season on a line; null where there is one alone. */
export function variantsTable(data) {
  if (data.variants.length < 2) return null;
  return scroller("variants-caption", h("table", { id: "variants" },
    h("caption", { id: "variants-caption" }, "Couverture selon le trajet (mêmes habitants : rien ne s’additionne)"),
    h("thead", {}, h("tr", {}, ["Trajet", "Habitants couverts", "Non couverts", "Part"].map((label, index) => h("th", { scope: "col", class: index ? "numeric" : null }, label)))),
    h("tbody", {}, data.variants.map((line) => h("tr", { class: line.is_shown ? "selected" : null },
      h("th", { scope: "row" }, line.label, line.is_shown ? hidden(" (montré)") : null),
      h("td", { class: "numeric" }, integer(line.covered)),
      h("td", { class: "numeric" }, integer(line.uncovered)),
      h("td", { class: "numeric" }, percent(line.covered_pct)))))));
}
