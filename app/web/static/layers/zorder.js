// What is drawn above what, bottom first. Every layer of the map is in this list, or it is not drawn.

import { ISOCHRONES } from "../js/classes.js";
import { basemap } from "./basemap.js";
import { cells } from "./cells.js";
import { communes } from "./communes.js";
import { departements } from "./departements.js";
import { isochrone } from "./isochrone.js";
import { roads } from "./roads.js";
import { sites } from "./sites.js";

const widestFirst = [...ISOCHRONES].reverse();

export const DRAWING_ORDER = [
  "departements-land",
  "basemap-raster",
  "communes-fill",
  "communes-pattern",
  "cells-fill",
  "cells-pattern",
  "cells-line",
  "communes-line",
  "roads-ferry",
  "roads-casing",
  "roads-line",
  ...widestFirst.map((limit) => `isochrone-fill-${limit.minutes}`),
  ...widestFirst.map((limit) => `isochrone-line-${limit.minutes}`),
  "departements-outline",
  "communes-selected",
  "roads-names",
  "communes-names",
  "isochrone-origin",
  "sites-symbol",
];

/** In the order of the legend: what matters most first. */
export const LAYERS = [communes, cells, sites, isochrone, roads, departements, basemap];

/** Under the pointer, the first of these that is there speaks. */
export const TOOLTIPS = [sites, cells, communes].map((layer) => layer.tooltip);
