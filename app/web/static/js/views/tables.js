// The four tables beside the map: same figures, same run, every place reachable from the keyboard.

import { SITE_STATUS_LABELS } from "../classes.js";
import { h, hidden } from "../dom.js";
import { count, duration, hours, integer, minutes, minutesRank, NO_ROUTE, percent, triState, UNKNOWN } from "../format.js";
import { createTable } from "../table.js";

const people = (key, label) => ({ key, label, isNumeric: true, value: (row) => row.population[key], cell: (row) => integer(row.population[key]) });
const coveredPct = { key: "pct", label: "Part couverte", isNumeric: true, value: (row) => row.covered_pct ?? -1, cell: (row) => percent(row.covered_pct) };
const time = (key, label) => ({ key, label, isNumeric: true, value: (row) => minutesRank(row.travel_time[key]), cell: (row) => minutes(row.travel_time[key]) });

/** A button whose name says the place: "Depuis ce lieu" alone means nothing in a list. */
const button = (label, place, onclick) => h("button", { type: "button", class: "quiet", onclick }, label, hidden(` : ${place}`));

export function communesTable({ onSelect, onFrom }) {
  return createTable({
    id: "communes", caption: "Couverture par commune", noun: ["commune", "communes"],
    rowKey: (row) => row.code, sort: { key: "uncovered", isDescending: true },
    search: (row) => `${row.nom} ${row.code}`,
    filter: { label: "Seulement les communes où des habitants ne sont pas couverts", test: (row) => row.population.uncovered > 0 },
    columns: [
      { key: "nom", label: "Commune", isHeader: true, value: (row) => row.nom, cell: (row) => [
        h("button", { type: "button", class: "name", onclick: () => onSelect(row) }, row.nom, hidden(", voir sur la carte")),
        h("span", { class: "code" }, row.code),
        row.is_point ? h("span", { class: "tag" }, "comptée en un point") : null] },
      coveredPct, people("uncovered", "Non couverts"), people("covered", "Couverts"), people("unknown", "Inconnus"),
      people("total", "Habitants"), time("median_min", "Temps médian"), time("max_min", "Le plus long"),
      { key: "from", label: "Accès", cell: (row) => button("Depuis ce lieu", row.nom, () => onFrom(row)) },
    ],
  });
}

export function epciTable() {
  return createTable({
    id: "epci", caption: "Couverture par intercommunalité (EPCI)", noun: ["intercommunalité", "intercommunalités"],
    rowKey: (row) => row.code, sort: { key: "uncovered", isDescending: true }, search: (row) => `${row.nom} ${row.code}`,
    columns: [
      { key: "nom", label: "Intercommunalité", isHeader: true, value: (row) => row.nom, cell: (row) => [row.nom, h("span", { class: "code" }, row.code)] },
      coveredPct, people("uncovered", "Non couverts"), people("covered", "Couverts"), people("unknown", "Inconnus"),
      people("total", "Habitants"), time("median_min", "Temps médian"), time("max_min", "Le plus long"),
    ],
  });
}

const gapName = (gap) => gap.communes.map((item) => item.nom).join(", ") || `Zone ${gap.id}`;
const worst = (gap) => (gap.has_no_route && gap.worst_min === null ? NO_ROUTE : gap.worst_min);

export function gapsTable({ onShow, onFrom }) {
  return createTable({
    id: "gaps", caption: "Zones à couvrir : carreaux habités voisins, à 30 minutes ou plus", noun: ["zone", "zones"],
    rowKey: (row) => row.id, sort: { key: "people", isDescending: true },
    search: (row) => `${gapName(row)} ${row.nearest_site?.name ?? ""}`,
    columns: [
      { key: "communes", label: "Communes", isHeader: true, value: gapName, cell: (row) => [
        h("button", { type: "button", class: "name", onclick: () => onShow(row) }, gapName(row), hidden(", voir sur la carte")),
        row.has_no_route ? h("span", { class: "tag warn" }, "sans route vers un lieu") : null] },
      { key: "people", label: "Habitants", isNumeric: true, value: (row) => row.people, cell: (row) => integer(row.people) },
      { key: "worst", label: "Le plus long", isNumeric: true, value: (row) => minutesRank(worst(row)), cell: (row) => minutes(worst(row)) },
      { key: "missing", label: "Il manque", isNumeric: true, value: (row) => row.missing_s ?? Infinity, cell: (row) => (row.missing_s === null && row.has_no_route ? "une route" : duration(row.missing_s)) },
      { key: "site", label: "Lieu le plus proche", value: (row) => row.nearest_site?.name ?? "", cell: (row) => (row.nearest_site ? `${row.nearest_site.name}, ${minutes(row.nearest_site.minutes)}` : "aucun") },
      { key: "from", label: "Accès", cell: (row) => button("Depuis ce lieu", gapName(row), () => onFrom(row)) },
    ],
  });
}

export function sitesTable({ onFrom }) {
  return createTable({
    id: "sites", caption: "Lieux d’accueil du département", noun: ["lieu", "lieux"],
    rowKey: (row) => row.id, sort: { key: "name", isDescending: false },
    search: (row) => `${row.name} ${row.commune ?? ""} ${row.carrier_label} ${row.form_label}`,
    columns: [
      { key: "name", label: "Lieu", isHeader: true, value: (row) => row.name, cell: (row) => [h("span", {}, row.name),
        row.status === "active" ? null : h("span", { class: "tag warn" }, SITE_STATUS_LABELS[row.status] ?? row.status)] },
      { key: "commune", label: "Commune", value: (row) => row.commune ?? "", cell: (row) => row.commune ?? UNKNOWN },
      { key: "form", label: "Forme", value: (row) => row.form_label, cell: (row) => row.form_label },
      { key: "carrier", label: "Porteur", value: (row) => row.carrier_label, cell: (row) => row.carrier_label },
      { key: "hours", label: "Horaires", cell: (row) => hours(row.opening_hours) },
      { key: "walk", label: "Sans rendez-vous", value: (row) => triState(row.walk_in), cell: (row) => triState(row.walk_in) },
      { key: "from", label: "Accès", cell: (row) => (row.lon === null || row.lon === undefined ? "non situé" : button("Depuis ce lieu", row.name, () => onFrom(row))) },
    ],
  });
}

export const gapsSummary = (data) => `${count(data.items.length, "zone")}, ${count(data.total_people, "habitant")}`;
