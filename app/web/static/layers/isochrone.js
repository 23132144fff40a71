// From where the chosen point is reached in 10, 20 and 30 minutes. For the eye: people are never counted with it.

import { ISOCHRONES, token } from "../js/classes.js";
import { h } from "../js/dom.js";
import { legendItem, lineSwatch } from "../js/swatches.js";

const EMPTY = { type: "FeatureCollection", features: [] };
export const pointFeature = (point) => (point ? { type: "Feature", properties: {}, geometry: { type: "Point", coordinates: [point.lon, point.lat] } } : EMPTY);

/** The rings as lines with their span, so that from afar small holes and islands do not crowd the map. */
export function outlines(collection) {
  const features = (collection ?? EMPTY).features.flatMap(({ properties, geometry }) =>
    geometry.coordinates.flat().map((ring) => ({
      type: "Feature",
      properties: { minutes: properties.minutes, span: span(ring) },
      geometry: { type: "LineString", coordinates: ring },
    })));
  return { type: "FeatureCollection", features };
}

/** Diagonal of the ring's box, in degrees: good enough to say small from large. */
function span(ring) {
  const xs = ring.map(([x]) => x);
  const ys = ring.map(([, y]) => y);
  return Math.hypot(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys));
}

const fromAfar = ["step", ["zoom"], [">", ["get", "span"], 0.15], 9, [">", ["get", "span"], 0.07], 10, [">", ["get", "span"], 0.025], 11.5, true];
const fill = ({ minutes, token: name }) => ({
  type: "fill", source: "isochrones", filter: ["==", ["get", "minutes"], minutes],
  paint: { "fill-color": token(name), "fill-opacity": ["interpolate", ["linear"], ["zoom"], 8, 0.24, 12, 0.09], "fill-antialias": false },
});
const line = ({ minutes, token: name, dash }) => ({
  type: "line", source: "isochrone-lines", filter: ["all", ["==", ["get", "minutes"], minutes], fromAfar],
  layout: { "line-join": "round", "line-cap": dash ? "butt" : "round" },
  paint: { "line-color": token(name), "line-width": ["interpolate", ["linear"], ["zoom"], 8, 1.6, 11, 2.6], ...(dash ? { "line-dasharray": dash } : {}) },
});

export const isochrone = {
  id: "isochrone",
  title: "Point choisi : d’où on le rejoint",
  origin: () => "calculé à la demande sur le graphe routier (ODbL)",
  sources: ({ isochrones, point }) => ({
    isochrones: { type: "geojson", data: isochrones ?? EMPTY },
    "isochrone-lines": { type: "geojson", data: outlines(isochrones) },
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
