// The map page of one département: figures first, then tables, then the map if the browser can draw it.

import * as api from "./api.js";
import { announce, h, replace } from "./dom.js";
import { errorBox, load } from "./loading.js";
import { createPlaces } from "./places.js";
import { question } from "./scope.js";
import { createStore } from "./state.js";
import { createTabs } from "./tabs.js";
import { createTravel, shownTravel } from "./views/travel.js";
import { createAccess } from "./views/access.js";
import { renderHeadline, renderWarnings } from "./views/headline.js";
import { renderAgreements, renderDownloads, renderMethod } from "./views/lower.js";
import { communesTable, epciTable, gapsSummary, gapsTable, sitesTable } from "./views/tables.js";

const byId = (id) => document.getElementById(id);
const page = byId("page");
const code = page.dataset.code;
const store = createStore({ pointName: null, isochrones: null, info: null, communes: null });
const places = createPlaces(code);
const listed = api.departements().then(({ items }) => items.find((item) => item.code === code) ?? null);
const hook = (window.accueil30 = { store, map: null });

function from(place) {
  store.set({ point: { lon: place.lon, lat: place.lat }, pointName: place.nom });
  byId("acces").focus();
}

async function fromCommune(row) {
  const centre = row.centre ?? (await places()).get(row.code)?.centre;
  if (centre) from({ lon: centre[0], lat: centre[1], nom: row.nom });
  else announce(`${row.nom} : emplacement inconnu`);
}

/** Shows an error where a click failed, instead of losing it. */
const guarded = (action) => async (row) => {
  try {
    await action(row);
  } catch (error) {
    replace(byId("access-body"), errorBox(error, null));
    announce(error.message);
  }
};

const tables = {
  communes: communesTable({ onSelect: (row) => selectCommune(row.code), onFrom: guarded(fromCommune) }),
  epci: epciTable(),
  gaps: gapsTable({
    onShow: (gap) => goTo({ bbox: gap.bbox }),
    onFrom: (gap) => from({ lon: gap.centre[0], lat: gap.centre[1], nom: `Zone à couvrir : ${gap.communes[0]?.nom ?? gap.id}` }),
  }),
  sites: sitesTable({ onFrom: (site) => from({ lon: site.lon, lat: site.lat, nom: site.name }) }),
};
const bodies = {};

function buildTables() {
  const tab = (id, label) => {
    bodies[id] = h("div", { class: "table-body" });
    return { id, label, content: bodies[id] };
  };
  const tabs = createTabs({
    label: "Tableaux", onShow: (id) => store.set({ tab: id }),
    tabs: [tab("communes", "Communes"), tab("epci", "EPCI"), tab("gaps", "Zones à couvrir"), tab("sites", "Lieux")],
  });
  byId("tables").append(tabs.element);
  tabs.show(store.get().tab);
  store.on(["tab"], ({ tab: id }) => tabs.show(id));
}

const loadTable = (id, label, fetcher, note = () => null) => load({
  section: bodies[id], body: bodies[id], label, fetcher,
  render: (data) => {
    tables[id].setRows(data.items);
    return [note(data), tables[id].element];
  },
});

let turn = 0;

async function loadFigures() {
  const mine = ++turn;
  const data = await load({
    section: byId("headline"), body: byId("headline"), label: "couverture", again: loadFigures,
    fetcher: () => api.coverage(code, question(store.get())),
    render: (answer) => renderHeadline({ data: answer, store }),
  });
  if (mine !== turn) return;
  if (!data) {
    const departement = await listed.catch(() => null);
    if (mine !== turn) return;
    if (departement) renderName(departement);
    showNoFigures();
    return;
  }
  store.set({ info: data.info });
  const asked = question(store.get(), data.info.run_id);
  renderIdentity(data);
  renderWarnings(byId("warnings"), data, store.unknown);
  showLower(data, asked);
  const [communes] = await Promise.all([
    loadTable("communes", "communes", () => api.zones(code, "commune", asked)),
    loadTable("epci", "intercommunalités", () => api.zones(code, "epci", asked)),
    loadTable("gaps", "zones à couvrir", () => api.gaps(code, asked), (gaps) => h("p", { class: "summary" }, gapsSummary(gaps))),
  ]);
  if (mine !== turn) return;
  store.set({ communes: communes?.items ?? null });
  tables.communes.select(store.get().commune);
  announce(`${data.departement.nom} : chiffres chargés, ${shownTravel(data)}, ${data.scope_label}.`);
}

/** The headline says why; the name stays, as the list of départements gives it; what depends on it says so instead of staying blank. */
function showNoFigures() {
  const sections = [bodies.communes, bodies.epci, bodies.gaps, byId("downloads").querySelector("div"), byId("method").querySelector("div")];
  for (const body of sections) replace(body, h("p", { class: "hint" }, "Rien à montrer sans les chiffres de couverture : voir le message en haut de la page."));
  byId("method").setAttribute("aria-busy", "false");
}

function renderName({ nom }) {
  replace(byId("title"), nom, " ", h("span", { class: "code" }, code));
  byId("crumb").textContent = nom;
  document.title = `${nom} (${code}) – Accueil30`;
}

function renderIdentity({ departement, info }) {
  renderName(departement);
  byId("fiction").hidden = !info.is_fictional;
}

function showLower(data, asked) {
  const year = new Date(data.info.run_created_at).getFullYear();
  replace(byId("downloads").querySelector("div"), renderDownloads({ code, question: asked, year }));
  replace(byId("method").querySelector("div"), renderMethod(data));
  byId("method").setAttribute("aria-busy", "false");
}

function selectCommune(communeCode) {
  store.set({ commune: communeCode });
  goTo({ commune: communeCode });
}

/** Moves the map, when there is one, and brings it into sight. */
async function goTo({ bbox, commune, point }) {
  if (!hook.view) return;
  const box = bbox ?? (commune ? (await places()).get(commune)?.bbox : null);
  if (box) hook.view.fit(box);
  else if (point) hook.view.centre(point);
  byId("map").scrollIntoView({ block: "nearest" });
}

async function startMap() {
  const message = byId("map-message");
  const { hasWebGL, createMapView } = await import("./map.js");
  if (!hasWebGL()) {
    message.textContent = "Ce navigateur ne peut pas dessiner la carte (WebGL absent ou désactivé). Rien ne manque pour autant : les tableaux donnent les mêmes chiffres, et « Depuis ce lieu » calcule les temps d’accès.";
    page.classList.add("no-map");
    return;
  }
  const bbox = (await listed)?.bbox;
  if (!bbox) {
    message.textContent = `Rien à dessiner : le département ${code} n’est pas chargé.`;
    return;
  }
  hook.view = await createMapView({
    container: byId("map"), message, legend: byId("legend-body"), code, bbox, store, places, basemap: { url: page.dataset.basemapUrl, attribution: page.dataset.basemapAttribution },
  });
  hook.map = hook.view.map;
}

byId("legend").open = !matchMedia("(max-width: 62rem)").matches;
buildTables();
createAccess({ body: byId("access-body"), section: byId("acces"), store, onGoTo: (point) => goTo({ point }) });
createTravel({ body: byId("travel"), store, published: listed.then((item) => item?.published ?? []) });
store.on(["mode", "season", "neighbours", "mobile"], loadFigures);
store.on(["commune"], ({ commune }) => {
  tables.communes.select(commune);
  if (commune) store.set({ tab: "communes" });
});
startMap().catch((error) => {
  byId("map-message").textContent = `La carte n’a pas pu être chargée : ${error.message} Les tableaux donnent les mêmes chiffres.`;
});
await Promise.all([
  loadFigures(),
  loadTable("sites", "lieux", () => api.sites(code)),
  load({ section: byId("agreement"), body: byId("agreement").querySelector("div"), label: "conventions", fetcher: () => api.agreements(code), render: renderAgreements }),
]);
