// The only file that knows the addresses of the API. Errors come out as ApiError, in French.

export const API = "/api/v1";

export class ApiError extends Error {
  constructor({ title, detail, status, errors = [] }) {
    super(detail || title);
    this.title = title;
    this.status = status;
    this.errors = errors;
  }
}

function apiUrl(path, params = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== null && value !== undefined) query.set(name, String(value));
  }
  const text = query.toString();
  return `${API}${path}${text ? `?${text}` : ""}`;
}

async function getJson(path, params, signal) {
  let response;
  try {
    response = await fetch(apiUrl(path, params), { signal, headers: { Accept: "application/json" } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError({ title: "Service injoignable", status: 0, detail: "Le service ne répond pas. Vérifiez votre connexion, puis réessayez." });
  }
  const body = await response.json().catch(() => null);
  if (!response.ok || body === null) {
    throw new ApiError({
      title: body?.title ?? `Erreur ${response.status}`,
      detail: body?.detail ?? `Le service a répondu par l’erreur ${response.status}, sans explication.`,
      errors: body?.errors ?? [],
      status: response.status,
    });
  }
  return body;
}

const dep = (code) => `/departements/${encodeURIComponent(code)}`;

export const departements = () => getJson("/departements");
export const coverage = (code, question) => getJson(`${dep(code)}/coverage`, question);
export const zones = (code, level, question) => getJson(`${dep(code)}/coverage/zones`, { level, ...question });
export const zoneShapes = (code) => getJson(`${dep(code)}/coverage/zones.geojson`, { level: "commune" });
export const gaps = (code, question) => getJson(`${dep(code)}/gaps`, question);
export const isochrones = ({ lon, lat }, mode, limits, signal) =>
  getJson("/isochrones", { lon, lat, minutes: limits.join(","), mode, direction: "arrival" }, signal);
export const nearest = ({ lon, lat }, mode, signal) => getJson("/nearest", { lon, lat, mode, limit: 3 }, signal);
export const agreements = (code) => getJson("/agreements", { departement: code });

/** Every site of the département: the pages are followed to the last. */
export async function sites(code) {
  const items = [];
  let after = null;
  do {
    const page = await getJson("/sites", { departement: code, limit: 100, after });
    items.push(...page.items);
    after = page.next;
  } while (after);
  return { items };
}

export const tileUrl = (layer, params) =>
  `${location.origin}${API}/tiles/${layer}/{z}/{x}/{y}.mvt?${new URLSearchParams(params)}`;
export const zonesFile = (code, suffix, level, question) => apiUrl(`${dep(code)}/coverage/zones.${suffix}`, { level, ...question });
export const gapsFile = (code, suffix, question) => apiUrl(`${dep(code)}/gaps.${suffix}`, question);
export const reportFile = (code, year, suffix, { mode, season }) => apiUrl(`${dep(code)}/reports/${year}.${suffix}`, { mode, season });
