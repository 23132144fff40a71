// Reception points: a shape for each form, hollow when not open.

import { tileUrl } from "../js/api.js";
import { SITE_FORMS, SITE_STATUS_LABELS, token } from "../js/classes.js";
import { h } from "../js/dom.js";
import { legendItem, symbolSwatch } from "../js/swatches.js";

const shapeExpression = ["match", ["get", "form"], ...SITE_FORMS.flatMap(({ form, shape }) => [form, shape]), SITE_FORMS[0].shape];

export const sites = {
  id: "sites",
  title: "Lieux d’accueil",
  origin: (info) => (info ? `registre du service, ${info.sites_snapshot.counted} lieux comptés` : "registre du service"),
  sources: ({ code, scope }) => ({
    sites: { type: "vector", tiles: [tileUrl("sites", { departement: code, scope })], minzoom: 0, maxzoom: 14 },
  }),
  layers: () => ({
    "sites-symbol": {
      type: "symbol", source: "sites", "source-layer": "sites",
      layout: {
        "icon-image": ["concat", "site-", shapeExpression, ["case", ["==", ["get", "status"], "active"], "", "-hollow"]],
        "icon-size": ["interpolate", ["linear"], ["zoom"], 7, 0.62, 12, 1],
        "icon-allow-overlap": true,
        "text-field": ["step", ["zoom"], "", 9.8, ["get", "name"]],
        "text-font": ["Noto Sans Bold", "sans-serif"],
        "text-size": 12, "text-anchor": "left", "text-offset": [0.95, 0], "text-justify": "left", "text-max-width": 11, "text-optional": true,
        "text-variable-anchor": ["left", "right", "bottom", "top"], "text-radial-offset": 0.95,
      },
      paint: { "text-color": token("--c-site"), "text-halo-color": token("--c-label-halo"), "text-halo-width": 1.8 },
    },
  }),
  legend: () => h("ul", {},
    SITE_FORMS.map(({ shape, label }) => legendItem(symbolSwatch(shape), label)),
    legendItem(symbolSwatch(SITE_FORMS[0].shape, false), "symbole vide : lieu prévu ou suspendu")),
  tooltip: {
    layer: "sites-symbol",
    rows: (p) => ({ title: p.name, lines: [p.form_label, p.status === "active" ? null : SITE_STATUS_LABELS[p.status] ?? p.status].filter(Boolean) }),
  },
};
