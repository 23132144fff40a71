// Communes by share of inhabitants covered, with their name and share written on them.

import { tileUrl } from "../js/api.js";
import { COVERAGE_CLASSES, coverageExpression, token, UNKNOWN_CLASS } from "../js/classes.js";
import { h } from "../js/dom.js";
import { day, integer, percent } from "../js/format.js";
import { legendItem, swatch } from "../js/swatches.js";

const vector = { source: "communes", "source-layer": "communes" };

export const communes = {
  id: "communes",
  title: "Communes, selon la part des habitants couverts",
  origin: (info) => `IGN, Admin Express${info ? `, et calcul du ${day(info.run_created_at)}` : ""}, Licence Ouverte 2.0`,
  sources: ({ code, scope, mode, season, labels }) => ({
    communes: { type: "vector", tiles: [tileUrl("communes", { departement: code, scope, mode, season })], minzoom: 0, maxzoom: 14 },
    "commune-names": { type: "geojson", data: labels },
  }),
  layers: ({ commune }) => ({
    "communes-fill": { type: "fill", ...vector, paint: { "fill-color": coverageExpression((item) => token(item.token)), "fill-opacity": ["interpolate", ["linear"], ["zoom"], 10.5, 0.92, 12.5, 0.4] } },
    "communes-pattern": {
      type: "fill", ...vector,
      paint: { "fill-pattern": coverageExpression((item) => item.pattern ?? "plain"), "fill-opacity": ["interpolate", ["linear"], ["zoom"], 11, 0.75, 13, 0.25] },
    },
    "communes-line": {
      type: "line", ...vector, layout: { "line-join": "round" },
      paint: { "line-color": token("--c-commune-line"), "line-width": ["interpolate", ["linear"], ["zoom"], 7, 0.4, 12, 1.2] },
    },
    "communes-selected": {
      type: "line", ...vector, filter: ["==", ["get", "code"], commune ?? ""],
      layout: { "line-join": "round" }, paint: { "line-color": token("--c-selected"), "line-width": 3.5 },
    },
    "communes-names": {
      type: "symbol", source: "commune-names", minzoom: 7.6,
      layout: {
        "text-field": ["step", ["zoom"], ["get", "nom"], 9.6, ["format", ["get", "nom"], {}, "\n", {}, ["get", "share"], { "font-scale": 0.86 }]],
        "text-font": ["Noto Sans", "sans-serif"],
        "text-size": ["interpolate", ["linear"], ["zoom"], 7.6, 11, 13, 14.5],
        "text-max-width": 7, "text-padding": 6, "symbol-sort-key": ["-", 0, ["get", "weight"]],
      },
      paint: { "text-color": token("--c-label"), "text-halo-color": token("--c-label-halo"), "text-halo-width": 1.6 },
    },
  }),
  legend: () => h("ul", {}, [...COVERAGE_CLASSES].reverse().concat(UNKNOWN_CLASS).map((item) => legendItem(swatch(item), item.label))),
  tooltip: { layer: "communes-fill", rows: (p) => ({ title: p.nom, lines: [`${percent(p.covered_pct)} des habitants couverts`, `${integer(p.uncovered)} non couverts sur ${integer(p.total)}`] }) },
};

/** Label points of the communes: names, shares of the scope shown (`items`, null while unknown), towns first. */
export function communeLabels(places, items) {
  const shares = new Map((items ?? []).map((item) => [item.code, percent(item.covered_pct)]));
  return {
    type: "FeatureCollection",
    features: [...places.values()].map((place) => ({
      type: "Feature",
      geometry: { type: "Point", coordinates: place.centre },
      properties: { code: place.code, nom: place.nom, share: shares.get(place.code) ?? "", weight: place.total },
    })),
  };
}
