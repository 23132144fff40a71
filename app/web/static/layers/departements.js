// The land, neighbours included, and the outline of the département.

import { tileUrl } from "../js/api.js";
import { token } from "../js/classes.js";

export const departements = {
  id: "departements",
  title: "Département",
  origin: () => "IGN, ADMIN EXPRESS, Licence Ouverte 2.0",
  sources: ({ scope, mode, season }) => ({
    departements: { type: "vector", tiles: [tileUrl("departements", { scope, mode, season })], minzoom: 0, maxzoom: 14 },
  }),
  layers: ({ code }) => ({
    "departements-land": { type: "fill", source: "departements", "source-layer": "departements", paint: { "fill-color": token("--c-land") } },
    "departements-outline": {
      type: "line", source: "departements", "source-layer": "departements", filter: ["==", ["get", "code"], code],
      layout: { "line-join": "round" },
      paint: { "line-color": token("--c-outline"), "line-width": ["interpolate", ["linear"], ["zoom"], 7, 1.4, 12, 3] },
    },
  }),
};
