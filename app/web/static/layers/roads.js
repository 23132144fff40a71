// Roads of our own tiles, by rank: the map needs no outside tile server.

import { tileUrl } from "../js/api.js";
import { FERRY, ROAD_RANKS, token } from "../js/classes.js";
import { h } from "../js/dom.js";
import { day } from "../js/format.js";
import { legendItem, lineSwatch } from "../js/swatches.js";

const isRoad = ["<", ["get", "rank"], FERRY.rank];
const vector = { source: "roads", "source-layer": "roads" };
const byRank = (pick) => ["step", ["get", "rank"], pick(ROAD_RANKS[0]), ...ROAD_RANKS.slice(1).flatMap((item) => [item.from, pick(item)])];
const width = (extra) => ["interpolate", ["exponential", 1.5], ["zoom"], 8, byRank((item) => item.at8 + extra / 2), 14, byRank((item) => item.at14 + extra)];

export const roads = {
  id: "roads",
  title: "Routes",
  origin: (info) => `© les contributeurs d’OpenStreetMap, ODbL${info?.road_network.osm_date ? `, ${day(info.road_network.osm_date)}` : ""}`,
  sources: ({ code, scope }) => ({
    roads: { type: "vector", tiles: [tileUrl("roads", { departement: code, scope })], minzoom: 5, maxzoom: 14 },
  }),
  layers: () => ({
    "roads-casing": {
      type: "line", ...vector, minzoom: 9, filter: isRoad, layout: { "line-cap": "round", "line-join": "round", "line-sort-key": ["-", 0, ["get", "rank"]] },
      paint: { "line-color": token("--c-road-casing"), "line-width": width(2) },
    },
    "roads-line": {
      type: "line", ...vector, filter: isRoad, layout: { "line-cap": "round", "line-join": "round", "line-sort-key": ["-", 0, ["get", "rank"]] },
      paint: { "line-color": byRank((item) => token(item.token)), "line-width": width(0) },
    },
    "roads-ferry": {
      type: "line", ...vector, filter: ["==", ["get", "rank"], FERRY.rank],
      paint: { "line-color": token(FERRY.token), "line-width": FERRY.width, "line-dasharray": FERRY.dash },
    },
    "roads-names": {
      type: "symbol", ...vector, minzoom: 13, filter: ["has", "name"],
      layout: { "symbol-placement": "line", "text-field": ["get", "name"], "text-font": ["Noto Sans", "sans-serif"], "text-size": 11.5, "text-padding": 20 },
      paint: { "text-color": token("--c-label"), "text-halo-color": token("--c-label-halo"), "text-halo-width": 1.5 },
    },
  }),
  legend: () => h("ul", {}, ROAD_RANKS.map((item) => legendItem(lineSwatch({ token: item.token, width: item.at8 + 1.4 }), item.label)),
    legendItem(lineSwatch({ ...FERRY, width: 2 }), FERRY.label)),
};
