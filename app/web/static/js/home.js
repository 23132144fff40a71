// The home page: the loaded départements.

import * as api from "./api.js";
import { announce, h } from "./dom.js";
import { count, integer, percent } from "./format.js";
import { load } from "./loading.js";
import { peopleBar } from "./views/figures.js";

const AGREEMENT = { planned: "prévus", notified: "notifiés", committed: "engagés", paid: "payés", justified: "justifiés" };

function coverageLines(item) {
  if (!item.coverage) {
    return [h("p", { class: "card-empty" }, "Chargé, sans calcul publié."), h("p", {}, h("code", {}, `accueil30 compute ${item.code}`))];
  }
  return [
    h("p", { class: "card-figure" }, h("strong", {}, percent(item.coverage.covered_pct)), h("span", {}, "à moins de 30 minutes")),
    peopleBar(item.coverage),
    h("p", { class: "card-detail" }, `${integer(item.coverage.uncovered)} non couverts sur ${count(item.coverage.total, "habitant")}`,
      item.coverage.unknown ? `, ${count(item.coverage.unknown, "inconnu")}` : ""),
    item.verdict ? h("p", { class: "card-verdict" }, item.verdict) : null,
  ];
}

function card(item) {
  return h("li", { class: "card" },
    h("h2", {}, h("a", { href: `/carte/${encodeURIComponent(item.code)}` }, item.nom), " ", h("span", { class: "code" }, item.code)),
    item.is_fictional ? h("p", { class: "tag warn" }, "Département fictif") : null,
    coverageLines(item),
    h("p", { class: "card-foot" }, item.agreement_status ? `Crédits ${AGREEMENT[item.agreement_status] ?? item.agreement_status}` : "Aucune convention enregistrée"));
}

function render({ items }) {
  announce(items.length ? count(items.length, "département chargé", "départements chargés") : "Aucun département chargé");
  if (!items.length) {
    return h("p", { class: "notice" }, "Aucun département n’est chargé pour l’instant. Les commandes ci-dessous en chargent un.");
  }
  return h("ul", { class: "cards" }, items.map(card));
}

const section = document.getElementById("departements");
await load({ section, body: section, label: "départements", fetcher: api.departements, render });
