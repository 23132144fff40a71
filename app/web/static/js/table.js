// A table that sorts, searches and filters. The caption, headers and row headers are real ones.

import { h, replace } from "./dom.js";

const COLLATOR = new Intl.Collator("fr", { sensitivity: "base", numeric: true });
const fold = (text) => text.normalize("NFD").replace(/\p{Diacritic}/gu, "").toLowerCase();

function compare(a, b) {
  if (typeof a === "string" && typeof b === "string") return COLLATOR.compare(a, b);
  return a === b ? 0 : a < b ? -1 : 1;
}

/**
 * columns: {key, label, value(row) to sort by (absent: not sortable), cell(row) -> text or node, isNumeric, isHeader}
 * search: text(row); filter: {label, test(row)}; rowKey(row); noun: [singular, plural]; sort: {key, isDescending}
 * Returns {element, setRows(rows), select(key)}.
 */
export function createTable({ id, caption, columns, noun, search, filter, rowKey, sort }) {
  const view = { rows: [], made: new Map(), sort: { ...sort }, text: "", isFiltered: false, selected: null };
  const body = h("tbody");
  const tally = h("p", { class: "tally", role: "status" });
  const headers = columns.map((column) => headerCell(column, () => sortBy(column)));
  const table = h("table", {},
    h("caption", { id: `${id}-caption` }, caption),
    h("thead", {}, h("tr", {}, headers.map((header) => header.cell))), body);
  const element = h("div", { class: "data-table" },
    controls({ id, noun, search, filter, onChange }), tally, scroller(`${id}-caption`, table, "tall"));

  function onChange(patch) {
    Object.assign(view, patch);
    draw();
  }
  function sortBy(column) {
    const isSame = view.sort.key === column.key;
    view.sort = { key: column.key, isDescending: isSame ? !view.sort.isDescending : Boolean(column.isNumeric) };
    draw();
  }
  function visible() {
    const wanted = fold(view.text.trim());
    const kept = view.rows.filter((row) => (!wanted || fold(search(row)).includes(wanted)) && (!view.isFiltered || filter.test(row)));
    const column = columns.find((item) => item.key === view.sort.key);
    const sign = view.sort.isDescending ? -1 : 1;
    return kept.sort((a, b) => sign * compare(column.value(a), column.value(b)));
  }
  function line(row) {
    const key = rowKey(row);
    if (!view.made.has(key)) {
      view.made.set(key, h("tr", { "data-key": key }, columns.map((column) => dataCell(column, row))));
    }
    const made = view.made.get(key);
    if (key === view.selected) made.setAttribute("aria-current", "true");
    else made.removeAttribute("aria-current");
    made.classList.toggle("selected", key === view.selected);
    return made;
  }
  function draw() {
    const rows = visible();
    for (const header of headers) header.show(view.sort);
    replace(body, rows.length ? rows.map(line) : h("tr", {}, h("td", { colspan: columns.length, class: "empty" }, "Aucune ligne ne correspond.")));
    tally.textContent = rows.length === view.rows.length ? `${rows.length} ${rows.length < 2 ? noun[0] : noun[1]}` : `${rows.length} ${rows.length < 2 ? noun[0] : noun[1]} sur ${view.rows.length}`;
  }
  function setRows(rows) {
    Object.assign(view, { rows, made: new Map() });
    draw();
  }
  function select(key) {
    view.selected = key;
    draw();
    body.querySelector("tr.selected")?.scrollIntoView({ block: "nearest" });
  }
  return { element, setRows, select };
}

/** A table too wide for its place scrolls in a named region that the keyboard reaches. */
export const scroller = (captionId, table, className = "short") =>
  h("div", { class: `table-scroll ${className}`, role: "region", tabindex: "0", "aria-labelledby": captionId }, table);

function headerCell(column, onSort) {
  const mark = h("span", { class: "sort-mark", "aria-hidden": "true" });
  const content = column.value ? h("button", { type: "button", onclick: onSort }, column.label, mark) : column.label;
  const cell = h("th", { scope: "col", class: column.isNumeric ? "numeric" : null }, content);
  function show(sort) {
    if (!column.value) return;
    const isSorted = sort.key === column.key;
    const direction = sort.isDescending ? "descending" : "ascending";
    if (isSorted) cell.setAttribute("aria-sort", direction);
    else cell.removeAttribute("aria-sort");
    mark.textContent = isSorted ? (sort.isDescending ? "▼" : "▲") : "↕";
  }
  return { cell, show };
}

function dataCell(column, row) {
  if (column.isHeader) return h("th", { scope: "row" }, column.cell(row));
  return h("td", { class: column.isNumeric ? "numeric" : null }, column.cell(row));
}

function controls({ id, noun, search, filter, onChange }) {
  if (!search && !filter) return null;
  return h("div", { class: "controls" },
    search ? h("div", { class: "field" },
      h("label", { for: `${id}-search` }, `Chercher parmi les ${noun[1]}`),
      h("input", { id: `${id}-search`, type: "search", autocomplete: "off", oninput: (event) => onChange({ text: event.target.value }) })) : null,
    filter ? h("div", { class: "check" },
      h("input", { id: `${id}-filter`, type: "checkbox", onchange: (event) => onChange({ isFiltered: event.target.checked }) }),
      h("label", { for: `${id}-filter` }, filter.label)) : null);
}
