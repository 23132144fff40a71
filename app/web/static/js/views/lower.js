// Below the map: agreement and money, downloads, method and sources.

import { gapsFile, reportFile, zonesFile } from "../api.js";
import { h } from "../dom.js";
import { scroller } from "../table.js";
import { shownTravel } from "./travel.js";
import { count, day, euros, integer } from "../format.js";

const FUNDING = { small: "petite", medium: "moyenne", large: "grande" };
const REGIMES = { civil: "année civile", rolling: "année glissante" };
const MONEY = [
  ["state_share_eur", "Part de l’État"], ["department_share_eur", "Part du département"], ["notified_eur", "Notifié"],
  ["committed_eur", "Engagé"], ["paid_eur", "Payé"], ["justified_eur", "Justifié"],
];

export function renderAgreements({ items }) {
  if (!items.length) return h("p", {}, "Aucune convention enregistrée pour ce département.");
  return items.map((item, index) => h("article", { class: "agreement" },
    h("h3", {}, item.label),
    h("p", {}, `${item.kind_label}, du ${day(item.period_start)} au ${day(item.period_end)} ; signature : ${item.signed_on ? day(item.signed_on) : "date inconnue"} ; suivi en ${REGIMES[item.accounting_regime] ?? item.accounting_regime}.`),
    h("p", {}, "Classe de population : ", item.funding_class ? FUNDING[item.funding_class] ?? item.funding_class : "non déterminée, seuils non configurés", "."),
    item.allocations.length ? allocations(item, index) : h("p", {}, "Aucune dotation enregistrée.")));
}

function allocations(item, index) {
  return scroller(`allocation-${index}`, h("table", {},
    h("caption", { id: `allocation-${index}` }, `Dotation de premier accueil – ${item.label}`),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Année"), h("th", { scope: "col" }, "État"), MONEY.map(([, label]) => h("th", { scope: "col", class: "numeric" }, label)))),
    h("tbody", {}, item.allocations.map((line) => h("tr", {},
      h("th", { scope: "row" }, String(line.year)), h("td", {}, line.status_label),
      MONEY.map(([key]) => h("td", { class: "numeric" }, euros(line[key]))))))));
}

export function renderDownloads({ code, question, year }) {
  const link = (href, label, note) => h("li", {}, h("a", { href }, label), note ? h("span", {}, ` ${note}`) : null);
  return h("ul", { class: "files" },
    link(reportFile(code, year, "pdf", question), `Rapport ${year} (PDF)`, "accessible, prêt à transmettre"),
    link(zonesFile(code, "csv", "commune", question), "Communes (CSV)"),
    link(zonesFile(code, "xlsx", "commune", question), "Communes (XLSX)"),
    link(zonesFile(code, "geojson", "commune", question), "Communes (GeoJSON)"),
    link(zonesFile(code, "csv", "epci", question), "Intercommunalités (CSV)"),
    link(gapsFile(code, "csv", question), "Zones à couvrir (CSV)"),
    link(gapsFile(code, "geojson", question), "Zones à couvrir (GeoJSON)"));
}

const named = ({ source, millesime }) => [source ?? "fichier inconnu", millesime].filter(Boolean).join(", millésime ");

function population({ shown, source, millesime, grid }) {
  const spread = grid.source ? `répartie dans chaque commune selon les carreaux (${named(grid)})` : "chaque commune comptée en un seul point : aucune grille de population chargée";
  return `${shown} (${named({ source, millesime })}), ${spread}`;
}

const causes = (lines) => lines.map((line) => `${line.label} : ${integer(line.people)}`).join(" ; ");
const siteLine = (site) => `${site.name} (${site.departement}), ${site.label}${site.nearest_m === null ? "" : `, route la plus proche à ${integer(Math.round(site.nearest_m))} m`}`;

export function renderMethod(data) {
  const { info } = data;
  const lines = [
    ["Règle", `${info.threshold_rule}, décidée en secondes avant tout arrondi`],
    ["Trajet", `${shownTravel(data)}, vers le lieu, marche jusqu’à la route comprise`],
    ["Comptage", `${info.population.grid.source ? "chaque carreau habité a son temps de trajet" : "chaque commune a un seul temps de trajet, celui de son centre habité"} ; les contours dessinés autour d’un point ne servent qu’à l’œil`],
    ["Inconnus", "habitants dont le point n’a pu être rattaché à une route : ni couverts, ni non couverts" + (data.unknown_by_cause.length ? ` (${causes(data.unknown_by_cause)})` : "")],
    ...(data.unattached_sites.length ? [["Lieux non comptés", data.unattached_sites.map(siteLine).join(" ; ")]] : []),
    ...(data.road_edits.length ? [["Routes déclarées", data.road_edits.join(" ")]] : []),
    ["Calcul", `${info.run_id}, le ${day(info.run_created_at)}, version ${info.service_version}`],
    ["Graphe routier", `${info.road_network.name}, ${info.is_fictional ? "routes fictives" : "OpenStreetMap"}, ${info.road_network.osm_date ? `données du ${day(info.road_network.osm_date)}` : "date des données inconnue"}, ${count(info.road_network.nodes, "nœud")}`],
    ["Population", population(info.population)],
    ["Lieux", `${integer(info.sites_snapshot.counted)} comptés, empreinte ${info.sites_snapshot.sha256.slice(0, 12)}`],
  ];
  return [
    h("dl", { class: "method" }, lines.map(([term, text]) => h("div", {}, h("dt", {}, term), h("dd", {}, text)))),
    h("h3", {}, "Sources et licences"),
    h("ul", { class: "sources" }, info.attributions.map((item) => h("li", {}, `${item.name} – ${item.attribution ?? item.producer} – ${item.licence}`))),
  ];
}
