// The MapLibre style, put together from the layers in drawing order. No `glyphs`: labels use local fonts.

import { DRAWING_ORDER, LAYERS } from "../layers/zorder.js";
import { token } from "./classes.js";
import { h, replace } from "./dom.js";
import { patternImage, symbolImage } from "./swatches.js";

/** Sources whose tiles depend on which sites count, or on how people travel. */
export const TILED = ["departements", "communes", "cells", "roads", "sites"];

const FICTIONAL = "données fictives de démonstration";

export function buildStyle(context) {
  const drawn = Object.assign({}, ...LAYERS.map((layer) => layer.layers(context)));
  const forgotten = Object.keys(drawn).filter((id) => !DRAWING_ORDER.includes(id));
  if (forgotten.length) throw new Error(`couches sans rang dans zorder.js : ${forgotten.join(", ")}`);
  return {
    version: 8,
    sources: Object.assign({}, ...LAYERS.map((layer) => layer.sources(context))),
    layers: [
      { id: "background", type: "background", paint: { "background-color": token("--c-sea") } },
      ...DRAWING_ORDER.filter((id) => id in drawn).map((id) => ({ id, ...drawn[id] })),
    ],
    transition: { duration: 0 },
  };
}

/** Patterns and symbols are drawn when the style first asks for them, in the colours of the moment. */
export function prepareImages(map) {
  const plain = new ImageData(16, 16);
  map.setMissingStyleImageResolver((id) => {
    if (!map.hasImage(id)) map.addImage(id, imageOf(id, plain), { pixelRatio: 2 });
  });
}

function imageOf(id, plain) {
  if (id === "plain") return plain;
  if (!id.startsWith("site-")) return patternImage(id);
  const isActive = !id.endsWith("-hollow");
  return symbolImage(id.replace("site-", "").replace("-hollow", ""), isActive);
}

/** The legend says, for each layer, what it shows and where it comes from. */
export function drawLegend(body, info) {
  replace(body, LAYERS.filter((layer) => layer.legend).map((layer) => h("section", { class: "legend-layer" },
    h("h3", {}, layer.title), layer.legend(), h("p", { class: "origin" }, "Source : ", info?.is_fictional ? FICTIONAL : layer.origin(info), "."))));
}
