// A section that loads: says it, shows the error of the API with a way to retry, then shows the result.

import { ApiError } from "./api.js";
import { announce, h, replace } from "./dom.js";

export function errorBox(error, retry) {
  return h("div", { class: "notice error", role: "alert" },
    h("p", {}, h("strong", {}, error.title ?? "Erreur"), " – ", error.message),
    error.errors?.length ? h("ul", {}, error.errors.map((item) => h("li", {}, `${item.field} : ${item.message} (reçu : ${item.received})`))) : null,
    retry ? h("button", { type: "button", class: "button", onclick: retry }, "Réessayer") : null);
}

/** Fills `body` with render(await fetcher()); resolves to the data, or to null after showing the error. */
export async function load(options) {
  const { section, body, label, fetcher, render } = options;
  const again = options.again ?? (() => load(options));
  section.setAttribute("aria-busy", "true");
  if (!body.hasChildNodes()) replace(body, h("p", { class: "loading" }, `Chargement : ${label}…`));
  try {
    const data = await fetcher();
    const focused = body.contains(document.activeElement) ? document.activeElement.id : "";
    replace(body, render(data));
    if (focused) document.getElementById(focused)?.focus(); // a switch that reloads its own section keeps the focus
    return data;
  } catch (error) {
    replace(body, errorBox(error, again));
    announce(`${label} : ${error.message}`);
    if (!(error instanceof ApiError)) throw error;
    return null;
  } finally {
    section.setAttribute("aria-busy", "false");
  }
}
