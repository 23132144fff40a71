// Headline figures: the share, the people, the verdict, and what changes when fewer sites count.

import { h, hidden, replace } from "../dom.js";
import { count, day, integer, minutes, percent } from "../format.js";
import { scroller } from "../table.js";
import { peopleBar, peopleFigures } from "./figures.js";
import { shownTravel, variantsTable } from "./travel.js";

export function renderHeadline({ data, store }) {
  return [
    h("div", { class: "headline-main" },
      h("p", { class: "big-figure" }, h("strong", { id: "covered-pct" }, percent(data.covered_pct)),
        h("span", {}, `des habitants rejoignent un lieu ${shownTravel(data)}, en strictement moins de 30 minutes`)),
      peopleBar(data.population), peopleFigures(data.population)),
    h("div", { class: "headline-side" },
      h("p", { class: "verdict" }, data.verdict),
      travelTimes(data.travel_time),
      variants(data),
      scopeChoice(data, store)),
    h("p", { class: "two-populations" }, twoPopulations(data)),
  ];
}

function travelTimes(times) {
  const entries = [["Temps médian", times.median_min], ["95 % à moins de", times.p95_min], ["Le plus long", times.max_min]];
  return h("dl", { class: "times" },
    entries.map(([label, value]) => h("div", {}, h("dt", {}, label), h("dd", {}, minutes(value)))));
}

/** Open where a winter stands beside a summer: the pair is read together. */
function variants(data) {
  const table = variantsTable(data);
  const hasWinter = data.variants.some((line) => line.season === "winter");
  return table && h("details", { class: "companions", open: hasWinter }, h("summary", {}, "Comparer les trajets et les saisons"), table);
}

function twoPopulations({ population, filosofi, info }) {
  if (!info.population.grid.source) {
    return [h("strong", {}, "Aucune grille de population. "),
      `Les ${integer(population.total)} habitants de la population municipale sont comptés en un seul point par commune.`];
  }
  return [
    h("strong", {}, "Deux chiffres de population. "),
    `Les carreaux ${info.is_fictional ? "fictifs" : "Filosofi de l’INSEE"} comptent ${integer(Math.round(filosofi.individuals_total))} personnes, dont ${percent(filosofi.covered_pct)} couvertes. `,
    `La population municipale en compte ${integer(population.total)} : c’est elle qui est montrée, répartie dans chaque commune selon les carreaux.`,
  ];
}

function scopeChoice(data, store) {
  const { neighbours, mobile } = store.get();
  const box = (id, label, checked, key) => h("div", { class: "check" },
    h("input", { type: "checkbox", id, checked, onchange: (event) => store.set({ [key]: event.target.checked }) }), h("label", { for: id }, label));
  return h("fieldset", { class: "scope" },
    h("legend", {}, "Lieux comptés"),
    box("scope-neighbours", "Lieux des départements voisins", neighbours, "neighbours"),
    box("scope-mobile", "Bus et itinérances", mobile, "mobile"),
    h("details", { class: "companions" }, h("summary", {}, "Comparer les quatre façons de compter"), companions(data)));
}

function companions(data) {
  return scroller("companions-caption", h("table", { id: "companions" },
    h("caption", { id: "companions-caption" }, "Couverture selon les lieux comptés"),
    h("thead", {}, h("tr", {}, ["Lieux comptés", "Habitants couverts", "Part"].map((label, index) => h("th", { scope: "col", class: index ? "numeric" : null }, label)))),
    h("tbody", {}, data.companions.map((line) => h("tr", { class: line.scope === data.scope ? "selected" : null },
      h("th", { scope: "row" }, line.label, line.scope === data.scope ? hidden(" (montré)") : null),
      h("td", { class: "numeric" }, integer(line.covered)),
      h("td", { class: "numeric" }, percent(line.covered_pct)))))));
}

export function renderWarnings(body, data, unknown) {
  const { info } = data;
  const notices = [];
  if (unknown.length) {
    notices.push(h("p", { class: "notice warn", id: "unknown-travel" }, h("strong", {}, "Adresse en partie inconnue. "),
      `« ${unknown.join(" », « ")} » ne désigne aucun trajet : les chiffres montrés sont ${shownTravel(data)}.`));
  }
  if (info.is_stale) {
    notices.push(h("p", { class: "notice warn", id: "stale" }, h("strong", {}, "Chiffres à recalculer. "),
      `Depuis le calcul du ${day(info.run_created_at)} ont changé : ${info.changed_inputs.join(", ")}. La carte et les tableaux montrent encore ce calcul.`));
  }
  if (data.warnings.length) {
    notices.push(h("details", { class: "notice" }, h("summary", {}, count(data.warnings.length, "avertissement du calcul", "avertissements du calcul")),
      h("ul", {}, data.warnings.map((text) => h("li", {}, text)))));
  }
  replace(body, notices);
}
