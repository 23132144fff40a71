// Elements made in code. Text always goes through textContent: names come from files others wrote.

/**
 * h("button", {type: "button", class: "quiet", onclick: f, "aria-pressed": "true"}, "Texte", node, null)
 * Attributes that are false, null or undefined are left out.
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked") element[name] = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children) {
    if (Array.isArray(child)) append(element, child);
    else if (child !== null && child !== undefined && child !== false) element.append(child);
  }
}

/** Text for screen readers only. */
export const hidden = (text) => h("span", { class: "visually-hidden" }, text);

export function replace(element, ...children) {
  element.replaceChildren();
  append(element, children);
}

/** Says something to assistive technology without moving the focus. */
export function announce(text) {
  const region = document.getElementById("status");
  if (region) region.textContent = text;
}
