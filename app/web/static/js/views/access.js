// Access from a point: who reaches it in 10, 20, 30 minutes, and the nearest sites from it.

import * as api from "../api.js";
import { ISOCHRONE_LIMITS, ISOCHRONES } from "../classes.js";
import { announce, h, hidden, replace } from "../dom.js";
import { count, degrees, hours, metres, minutes, position, triState } from "../format.js";
import { errorBox } from "../loading.js";
import { scroller } from "../table.js";
import { lineSwatch, legendItem } from "../swatches.js";

const LIMITS_IN_WORDS = new Intl.ListFormat("fr").format(ISOCHRONE_LIMITS.map(String));

/** Follows `store.point`; puts the shapes in `store.isochrones` for the map. */
export function createAccess({ body, section, store, onGoTo }) {
  const result = h("div", { class: "access-result" });
  const form = pointForm((point) => store.set({ point, pointName: null }));
  let controller = null;
  replace(body, form.element, result);

  async function show() {
    const { point, pointName, mode, season } = store.get();
    controller?.abort();
    store.set({ isochrones: null });
    if (!point) {
      replace(result, h("p", { class: "hint" }, "Choisissez un point sur la carte, « Depuis ce lieu » dans un tableau, ou tapez des coordonnées."));
      return;
    }
    controller = new AbortController();
    const { signal } = controller;
    form.fill(point);
    section.setAttribute("aria-busy", "true");
    replace(result, h("p", { class: "loading" }, "Calcul des temps d’accès…"));
    try {
      const [shapes, near] = await Promise.all([api.isochrones(point, mode, ISOCHRONE_LIMITS, signal), api.nearest(point, mode, signal)]);
      store.set({ isochrones: shapes });
      replace(result, resultNodes({ point, pointName, mode, season, shapes, near, onGoTo, onClear: () => store.set({ point: null, pointName: null }) }));
      announce(summary(near));
    } catch (error) {
      if (error.name === "AbortError") return;
      replace(result, errorBox(error, show));
      announce(`Accès depuis un point : ${error.message}`);
    } finally {
      if (!signal.aborted) section.setAttribute("aria-busy", "false");
    }
  }
  store.on(["point", "mode", "season"], show);
  show();
}

function summary(near) {
  const [first] = near.items;
  return first ? `Contours ${LIMITS_IN_WORDS} minutes calculés. Lieu le plus proche : ${first.site.name}, ${nearMinutes(first)}.` : "Contours calculés. Aucun lieu joignable depuis ce point.";
}

/** A time strictly under the threshold is never shown as the threshold. */
const nearMinutes = (item) => minutes(item.is_within_30 && item.minutes >= 30 ? 29.9 : item.minutes);

const BY = { car: "en voiture", bike: "à vélo", foot: "à pied" };

function resultNodes({ point, pointName, mode, season, shapes, near, onGoTo, onClear }) {
  const road = shapes.origin.road_name ? `, ${shapes.origin.road_name}` : "";
  return [
    h("h3", {}, pointName ?? `Point ${position(point)}`),
    h("p", {}, `Route à ${metres(shapes.origin.access_m)}${road}.`),
    h("p", {}, `Contours dessinés : d’où l’on rejoint ce point ${BY[mode]} en moins de ${LIMITS_IN_WORDS} minutes.`),
    season === "winter" ? h("p", { class: "hint" }, "Ces contours et ces temps sont ceux de l’été : routes saisonnières ouvertes.") : null,
    h("ul", { class: "inline-legend" }, ISOCHRONES.map((limit) => legendItem(lineSwatch(limit), `moins de ${limit.minutes} min`))),
    near.items.length ? nearestTable(near.items) : h("p", {}, "Aucun lieu n’est joignable par la route depuis ce point."),
    h("div", { class: "actions" },
      h("button", { type: "button", class: "button", onclick: () => onGoTo(point) }, "Voir sur la carte"),
      h("button", { type: "button", class: "quiet", onclick: onClear }, "Effacer le point")),
  ];
}

function nearestTable(items) {
  const caption = `${count(items.length, "lieu le plus proche", "lieux les plus proches")} depuis ce point`;
  return scroller("nearest-caption", h("table", { id: "nearest" },
    h("caption", { id: "nearest-caption" }, caption),
    h("thead", {}, h("tr", {}, ["Lieu", "Temps", "Moins de 30 min", "Horaires"].map((label, i) => h("th", { scope: "col", class: i === 1 ? "numeric" : null }, label)))),
    h("tbody", {}, items.map((item) => h("tr", {},
      h("th", { scope: "row" }, item.site.name, item.site.commune ? h("span", { class: "code" }, item.site.commune) : null),
      h("td", { class: "numeric" }, nearMinutes(item)),
      h("td", {}, triState(item.is_within_30)),
      h("td", {}, hours(item.opening_hours)))))));
}

function pointForm(onPoint) {
  const field = (id, label, limit) => {
    const input = h("input", { id, name: id, type: "text", inputmode: "decimal", autocomplete: "off", required: true, "aria-describedby": "point-error" });
    return { input, limit, label, element: h("div", { class: "field" }, h("label", { for: id }, label), input) };
  };
  const fields = [field("point-lat", "Latitude", 90), field("point-lon", "Longitude", 180)];
  const error = h("p", { id: "point-error", class: "field-error", role: "alert" });

  function submit(event) {
    event.preventDefault();
    const values = fields.map(({ input }) => Number(input.value.trim().replace(",", ".")));
    const wrong = fields.findIndex(({ input, limit }, i) => !input.value.trim() || !Number.isFinite(values[i]) || Math.abs(values[i]) > limit);
    fields.forEach(({ input }, i) => input.setAttribute("aria-invalid", String(i === wrong)));
    error.textContent = wrong < 0 ? "" : `${fields[wrong].label} : « ${fields[wrong].input.value} » reçu, un nombre de degrés entre −${fields[wrong].limit} et ${fields[wrong].limit} attendu, par exemple 41,92.`;
    if (wrong < 0) onPoint({ lat: values[0], lon: values[1] });
    else fields[wrong].input.focus();
  }
  const element = h("form", { class: "point-form", novalidate: true, onsubmit: submit },
    fields.map((item) => item.element), h("button", { class: "button", type: "submit" }, "Calculer", hidden(" l’accès depuis ce point")), error);
  const fill = ({ lon, lat }) => {
    fields[0].input.value = degrees(lat);
    fields[1].input.value = degrees(lon);
  };
  return { element, fill };
}
