// From where the chosen point is reached in 10, 20 and 30 minutes. For the eye: people are never counted with it.

import { ISOCHRONES, token } from "../js/classes.js";
import { h } from "../js/dom.js";
import { legendItem, lineSwatch } from "../js/swatches.js";

const EMPTY = { type: "FeatureCollection", features: [] };
export const pointFeature = (point) => (point ? { type: "Feature", properties: {}, geometry: { type: "Point", coordinates: [point.lon, point.lat] } } : EMPTY);

const fill = ({ minutes, token: name }) => ({
  type: "fill", source: "isochrones", filter: ["==", ["get", "minutes"], minutes],
  paint: { "fill-color": token(name), "fill-opacity": 0.09 },
});
const line = ({ minutes, token: name, dash }) => ({
  type: "line", source: "isochrones", filter: ["==", ["get", "minutes"], minutes],
  layout: { "line-join": "round", "line-cap": dash ? "butt" : "round" },
  paint: { "line-color": token(name), "line-width": 2.6, ...(dash ? { "line-dasharray": dash } : {}) },
});

export const isochrone = {
  id: "isochrone",
  title: "Point choisi : d’où on le rejoint",
  origin: () => "calculé à la demande sur le graphe routier (ODbL)",
  sources: ({ isochrones, point }) => ({
    isochrones: { type: "geojson", data: isochrones ?? EMPTY },
    origin: { type: "geojson", data: pointFeature(point) },
  }),
  layers: () => ({
    ...Object.fromEntries(ISOCHRONES.map((limit) => [`isochrone-fill-${limit.minutes}`, fill(limit)])),
    ...Object.fromEntries(ISOCHRONES.map((limit) => [`isochrone-line-${limit.minutes}`, line(limit)])),
    "isochrone-origin": {
      type: "circle", source: "origin",
      paint: { "circle-radius": 7, "circle-color": token("--c-iso-10"), "circle-stroke-color": token("--c-site-halo"), "circle-stroke-width": 3 },
    },
  }),
  legend: () => h("ul", {}, ISOCHRONES.map((limit) => legendItem(lineSwatch(limit), `en moins de ${limit.minutes} min`))),
};
export { EMPTY };
