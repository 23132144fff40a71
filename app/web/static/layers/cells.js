// Inhabited squares: uncovered and unknown ones from afar, all of them from near.

import { tileUrl } from "../js/api.js";
import { STATES, token } from "../js/classes.js";
import { h } from "../js/dom.js";
import { count, minutes, NO_ROUTE } from "../js/format.js";
import { legendItem, swatch } from "../js/swatches.js";

const vector = { source: "cells", "source-layer": "cells" };
const byState = (pick) => ["match", ["get", "state"], "covered", pick(STATES.covered), "uncovered", pick(STATES.uncovered), pick(STATES.unknown)];

function time(p) {
  if (p.state === "unknown") return "temps inconnu : aucune route à proximité";
  return p.minutes === undefined || p.minutes === null ? "sans route vers un lieu" : `lieu le plus proche : ${minutes(p.minutes === "no_route" ? NO_ROUTE : p.minutes)}`;
}

function origin(info) {
  if (info && !info.population.grid.source) return "aucune grille de population chargée : chaque commune est un point";
  return `INSEE, Filosofi, Licence Ouverte 2.0${info ? ` (${info.population.grid.source})` : ""} ; les carreaux couverts paraissent en zoomant`;
}

export const cells = {
  id: "cells",
  title: "Carreaux habités",
  origin,
  sources: ({ code, scope, mode, season }) => ({
    cells: { type: "vector", tiles: [tileUrl("cells", { departement: code, scope, mode, season })], minzoom: 5, maxzoom: 14 },
  }),
  layers: () => ({
    "cells-fill": {
      type: "fill", ...vector,
      paint: { "fill-color": byState((state) => token(state.token)), "fill-opacity": ["match", ["get", "state"], "covered", 0.28, ["interpolate", ["linear"], ["get", "people"], 0, 0.5, 60, 0.92]] },
    },
    "cells-pattern": {
      type: "fill", ...vector, minzoom: 9.5, filter: ["!=", ["get", "state"], "covered"],
      paint: { "fill-pattern": byState((state) => state.pattern ?? "plain"), "fill-opacity": 0.8 },
    },
    "cells-line": { type: "line", ...vector, minzoom: 10.5, paint: { "line-color": byState((state) => token(`${state.token}-line`)), "line-width": 0.6, "line-opacity": 0.8 } },
  }),
  legend: () => h("ul", {}, ["uncovered", "unknown", "covered"].map((state) => legendItem(swatch(STATES[state]), `habitants ${STATES[state].label}`))),
  tooltip: { layer: "cells-fill", rows: (p) => ({ title: `Carreau de ${count(p.people, "habitant")}`, lines: [time(p)] }) },
};
