// The map: style from the layers, moves, clicks, keyboard. Loaded only by browsers that have WebGL.

import { communeLabels } from "../layers/communes.js";
import { EMPTY, outlines, pointFeature } from "../layers/isochrone.js";
import { TOOLTIPS } from "../layers/zorder.js";
import { buildStyle, drawLegend, prepareImages, TILED } from "./mapstyle.js";
import { h } from "./dom.js";
import { scopeOf } from "./scope.js";

const LOCALE = {
  "Map.Title": "Carte du département",
  "Marker.Title": "Repère",
  "NavigationControl.ZoomIn": "Zoomer",
  "NavigationControl.ZoomOut": "Dézoomer",
  "NavigationControl.ResetBearing": "Remettre le nord en haut",
  "Popup.Close": "Fermer",
  "ScaleControl.Kilometers": "km",
  "ScaleControl.Meters": "m",
};
const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
const isDark = matchMedia("(prefers-color-scheme: dark)");

export function hasWebGL() {
  const context = document.createElement("canvas").getContext("webgl2");
  context?.getExtension("WEBGL_lose_context")?.loseContext();
  return Boolean(context);
}

/** Resolves once the style is loaded: {map, fit(bbox), centre(point)}. */
export async function createMapView({ container, message, legend, code, bbox, store, places, basemap }) {
  const library = await import("../vendor/maplibre-gl/maplibre-gl.mjs");
  addStylesheet();
  const context = () => {
    const state = store.get();
    return { code, scope: scopeOf(state), mode: state.mode, season: state.season, commune: state.commune, point: state.point, isochrones: state.isochrones, labels: view.labels, basemapUrl: basemap.url };
  };
  const view = { labels: EMPTY };
  const { view: camera } = store.get();
  const map = new library.Map({
    container, style: buildStyle(context()), locale: LOCALE, attributionControl: false, maplibreLogo: false,
    dragRotate: false, pitchWithRotate: false, touchPitch: false, maxZoom: 16, minZoom: 5, fadeDuration: isStill() ? 0 : 200,
    canvasContextAttributes: { preserveDrawingBuffer: true }, // so that printing shows the map
    ...(camera ? { center: [camera.lon, camera.lat], zoom: camera.zoom } : { bounds: bbox, fitBoundsOptions: { padding: 24 } }),
  });
  prepareImages(map);
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new library.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new library.ScaleControl({ unit: "metric" }), "bottom-left");
  const credits = h("p", { class: "map-attribution" });
  container.after(credits);

  bindStore({ map, store, context });
  bindPointer({ map, store, library });
  bindKeyboard({ map, store, container });
  isDark.addEventListener("change", () => {
    map.setStyle(buildStyle(context()), { diff: false });
    drawLegend(legend, store.get().info);
  });
  const showSources = ({ info }) => {
    drawLegend(legend, info);
    credits.textContent = attribution(info, basemap);
  };
  showSources(store.get());
  store.on(["info"], showSources);
  map.on("error", ({ error }) => {
    message.textContent = `Une partie de la carte n’a pas pu être chargée (${error?.message ?? "erreur inconnue"}). Les tableaux restent complets.`;
  });
  map.on("movestart", () => {
    message.textContent = "";
  });
  const nameCommunes = async () => {
    view.labels = communeLabels(await places(), store.get().communes);
    map.getSource("commune-names")?.setData(view.labels);
  };
  const tryNames = () => nameCommunes().catch(() => { /* names are a comfort: the table has them, and says its own errors */ });
  store.on(["communes"], tryNames);

  await map.once("load");
  tryNames();
  message.textContent = "";
  return {
    map,
    fit: (box) => map.fitBounds(box, { padding: 40, maxZoom: 13, animate: !isStill() }),
    centre: ({ lon, lat }) => map.easeTo({ center: [lon, lat], zoom: Math.max(map.getZoom(), 9.5), animate: !isStill() }),
  };
}

function addStylesheet() {
  const sheet = h("link", { rel: "stylesheet", href: "/static/vendor/maplibre-gl/maplibre-gl.css" });
  document.head.prepend(sheet); // before ours, so that ours wins
}

/** Text, never HTML: it comes from the API and from the operator's settings. */
function attribution(info, basemap) {
  const texts = (info?.attributions ?? []).map((item) => item.attribution ?? `${item.producer} (${item.licence})`);
  return [...new Set([...texts, basemap.url ? basemap.attribution : ""])].filter(Boolean).join(" – ");
}

function bindStore({ map, store, context }) {
  const withStyle = (action) => (state) => (map.isStyleLoaded() ? action(state) : map.once("idle", () => action(store.get())));
  store.on(["mode", "season", "neighbours", "mobile"], withStyle(() => {
    const { sources } = buildStyle(context());
    for (const name of TILED) map.getSource(name).setTiles(sources[name].tiles);
  }));
  store.on(["commune"], withStyle(({ commune }) => map.setFilter("communes-selected", ["==", ["get", "code"], commune ?? ""])));
  store.on(["point"], withStyle(({ point }) => map.getSource("origin").setData(pointFeature(point))));
  store.on(["isochrones"], withStyle(({ isochrones }) => {
    map.getSource("isochrones").setData(isochrones ?? EMPTY);
    map.getSource("isochrone-lines").setData(outlines(isochrones));
  }));
  store.on(["view"], ({ view }) => {
    const { lng, lat } = map.getCenter();
    const isThere = !view || Math.hypot(view.lon - lng, view.lat - lat) < 1e-3 && Math.abs(view.zoom - map.getZoom()) < 0.02;
    if (!isThere) map.jumpTo({ center: [view.lon, view.lat], zoom: view.zoom }); // back and forward in the history
  });
  map.on("moveend", () => {
    const { lng, lat } = map.getCenter();
    store.set({ view: { lon: lng, lat, zoom: map.getZoom() } });
  });
}

function tooltipAt(map, point) {
  for (const { layer, rows } of TOOLTIPS) {
    const [feature] = map.getLayer(layer) ? map.queryRenderedFeatures(point, { layers: [layer] }) : [];
    if (feature) return { feature, ...rows(feature.properties) };
  }
  return null;
}

function bindPointer({ map, store, library }) {
  const popup = new library.Popup({ closeButton: false, closeOnClick: false, className: "tooltip", maxWidth: "260px", focusAfterOpen: false, offset: 12 });
  map.getCanvas().style.cursor = "crosshair";
  map.on("mousemove", ({ point, lngLat }) => {
    const found = tooltipAt(map, point);
    if (!found) {
      popup.remove();
      return;
    }
    popup.setLngLat(lngLat).setDOMContent(h("div", {}, h("strong", {}, found.title), found.lines.map((text) => h("p", {}, text)))).addTo(map);
  });
  map.on("mouseout", () => popup.remove());
  map.on("click", ({ point, lngLat }) => {
    const { feature, title } = tooltipAt(map, point) ?? {};
    const isSite = feature?.layer.id === "sites-symbol";
    const [lon, lat] = isSite ? feature.geometry.coordinates : [lngLat.lng, lngLat.lat];
    store.set({ point: { lon, lat }, pointName: isSite ? title : null });
  });
}

function bindKeyboard({ map, store, container }) {
  container.append(h("span", { class: "crosshair", "aria-hidden": "true" }));
  map.getCanvas().addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    const { lng, lat } = map.getCenter();
    store.set({ point: { lon: lng, lat }, pointName: null });
  });
}
