// What is shown lives in the address: a copied link shows the same thing. Transient results live beside it.

const DEFAULTS = { mode: "car", season: "summer", neighbours: true, mobile: true, commune: null, point: null, view: null, tab: "communes" };
/** How the address says a mode and a season; anything else is the headline's, and is said: an address can be typed by hand. */
const MODES = { velo: "bike", pied: "foot" };
const SEASONS = { hiver: "winter" };
const wordOf = (words, value) => Object.keys(words).find((word) => words[word] === value);
const round = (value, digits) => Number(value.toFixed(digits));

/** "lon,lat[,zoom]"; null for anything else: an address can be typed by hand. */
function numbers(text, length) {
  const values = (text ?? "").split(",").map(Number);
  const isPlace = text && values.length === length && values.every(Number.isFinite);
  return isPlace && Math.abs(values[0]) <= 180 && Math.abs(values[1]) <= 90 ? values : null;
}

function parseState(search) {
  const query = new URLSearchParams(search);
  const point = numbers(query.get("point"), 2);
  const view = numbers(query.get("vue"), 3);
  return {
    mode: MODES[query.get("trajet")] ?? DEFAULTS.mode,
    season: SEASONS[query.get("saison")] ?? DEFAULTS.season,
    neighbours: query.get("voisins") !== "0",
    mobile: query.get("bus") !== "0",
    commune: query.get("commune"),
    point: point && { lon: point[0], lat: point[1] },
    view: view && { lon: view[0], lat: view[1], zoom: view[2] },
    tab: query.get("onglet") ?? DEFAULTS.tab,
  };
}

/** "trajet=avion": what the address asks for and nobody knows. */
const unknownTravel = (search) => {
  const query = new URLSearchParams(search);
  return [["trajet", { voiture: "car", ...MODES }], ["saison", { ete: "summer", ...SEASONS }]]
    .filter(([key, words]) => query.has(key) && !Object.hasOwn(words, query.get(key))).map(([key]) => `${key}=${query.get(key)}`);
};

function formatState(state) {
  const parts = [];
  if (wordOf(MODES, state.mode)) parts.push(`trajet=${wordOf(MODES, state.mode)}`);
  if (wordOf(SEASONS, state.season)) parts.push(`saison=${wordOf(SEASONS, state.season)}`);
  if (!state.neighbours) parts.push("voisins=0");
  if (!state.mobile) parts.push("bus=0");
  if (state.tab !== DEFAULTS.tab) parts.push(`onglet=${encodeURIComponent(state.tab)}`);
  if (state.commune) parts.push(`commune=${encodeURIComponent(state.commune)}`);
  if (state.point) parts.push(`point=${round(state.point.lon, 5)},${round(state.point.lat, 5)}`);
  if (state.view) parts.push(`vue=${round(state.view.lon, 4)},${round(state.view.lat, 4)},${round(state.view.zoom, 2)}`);
  return parts.length ? `?${parts.join("&")}` : location.pathname;
}

/** A store: get(), set(patch), on(keys, listener). Moving the map replaces the entry of the history; a choice adds one. */
export function createStore(transient = {}) {
  let state = { ...DEFAULTS, ...transient, ...parseState(location.search) };
  const unknown = unknownTravel(location.search);
  if (unknown.length) history.replaceState(history.state, "", formatState(state));
  const listeners = [];

  function notify(before) {
    for (const { keys, listener } of listeners) {
      if (keys.some((key) => before[key] !== state[key])) listener(state);
    }
  }
  function set(patch) {
    const before = state;
    state = { ...state, ...patch };
    const isChoice = ["mode", "season", "neighbours", "mobile", "commune", "point"].some((key) => before[key] !== state[key]);
    const isInAddress = Object.keys(patch).some((key) => key in DEFAULTS);
    if (isInAddress) history[isChoice ? "pushState" : "replaceState"](null, "", formatState(state));
    notify(before);
  }
  addEventListener("popstate", () => {
    const before = state;
    const parsed = parseState(location.search);
    const isSamePoint = parsed.point?.lon === state.point?.lon && parsed.point?.lat === state.point?.lat;
    state = { ...state, ...parsed, point: isSamePoint ? state.point : parsed.point };
    notify(before);
  });
  return { unknown, get: () => state, set, on: (keys, listener) => listeners.push({ keys, listener }) };
}
