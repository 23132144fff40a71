// Tabs by the ARIA pattern: arrows move between them, one is in the tab order, printing shows them all.

import { h } from "./dom.js";

/** tabs: [{id, label, content}]; returns {element, show(id)}. onShow(id) is called on a choice of the user. */
export function createTabs({ label, tabs, onShow }) {
  const buttons = tabs.map((tab) => h("button", {
    type: "button", role: "tab", id: `tab-${tab.id}`, "aria-controls": `panel-${tab.id}`, onclick: () => choose(tab.id),
  }, tab.label));
  const panels = tabs.map((tab) => h("div", { role: "tabpanel", id: `panel-${tab.id}`, "aria-labelledby": `tab-${tab.id}`, class: "panel" },
    h("h3", { class: "panel-title" }, tab.label), tab.content));
  const list = h("div", { role: "tablist", "aria-label": label, class: "tabs", onkeydown: onKey }, buttons);

  function show(id) {
    const known = tabs.some((tab) => tab.id === id) ? id : tabs[0].id;
    tabs.forEach((tab, index) => {
      const isShown = tab.id === known;
      buttons[index].setAttribute("aria-selected", String(isShown));
      buttons[index].tabIndex = isShown ? 0 : -1;
      panels[index].classList.toggle("is-hidden", !isShown);
    });
  }
  function choose(id) {
    show(id);
    onShow(id);
  }
  function onKey(event) {
    const current = buttons.findIndex((button) => button.getAttribute("aria-selected") === "true");
    const last = buttons.length - 1;
    const next = { ArrowRight: current === last ? 0 : current + 1, ArrowLeft: current === 0 ? last : current - 1, Home: 0, End: last }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    choose(tabs[next].id);
    buttons[next].focus();
  }
  return { element: h("div", { class: "tabbed" }, list, panels), show };
}
