// Classes and their colours' names, once. Colours themselves are the custom properties of theme.css.

/** Minutes drawn around a point, nearest first; each has its own line so that colour is never alone. */
export const ISOCHRONES = [
  { minutes: 10, token: "--c-iso-10", dash: null },
  { minutes: 20, token: "--c-iso-20", dash: [4, 2] },
  { minutes: 30, token: "--c-iso-30", dash: [1.2, 1.6] },
];
export const ISOCHRONE_LIMITS = ISOCHRONES.map((limit) => limit.minutes);

/** Share of inhabitants covered: `below` is exclusive, the first class is exactly zero. */
export const COVERAGE_CLASSES = [
  { id: "none", label: "aucun habitant couvert", token: "--c-cover-0", pattern: "hatch-dense", below: null },
  { id: "low", label: "moins de 50 %", token: "--c-cover-1", pattern: "hatch", below: 50 },
  { id: "half", label: "de 50 à moins de 95 %", token: "--c-cover-2", pattern: null, below: 95 },
  { id: "most", label: "de 95 à moins de 100 %", token: "--c-cover-3", pattern: null, below: 100 },
  { id: "full", label: "tous les habitants couverts", token: "--c-cover-4", pattern: null, below: Infinity },
];
export const UNKNOWN_CLASS = { id: "unknown", label: "sans habitant, ou inconnu", token: "--c-unknown", pattern: "dots" };

/** The classes as a MapLibre expression; `pick` gives the value of a class. */
export function coverageExpression(pick) {
  const share = ["get", "covered_pct"];
  const [none, ...rest] = COVERAGE_CLASSES;
  const expression = ["case", ["!", ["has", "covered_pct"]], pick(UNKNOWN_CLASS), ["<=", share, 0], pick(none)];
  for (const item of rest.slice(0, -1)) expression.push(["<", share, item.below], pick(item));
  return [...expression, pick(rest.at(-1))];
}

/** State of a cell or of people. */
export const STATES = {
  covered: { id: "covered", label: "couverts", token: "--c-covered", pattern: null },
  uncovered: { id: "uncovered", label: "non couverts", token: "--c-uncovered", pattern: "cross" },
  unknown: { id: "unknown", label: "inconnus", token: "--c-unknown", pattern: "dots" },
};

/** Shape of a site on the map, by form. */
export const SITE_FORMS = [
  { form: "fixed", label: "Lieu fixe", shape: "circle" },
  { form: "branch", label: "Antenne", shape: "square" },
  { form: "outpost", label: "Permanence", shape: "triangle" },
  { form: "mobile", label: "Bus ou itinérance", shape: "diamond" },
];

export const SITE_STATUS_LABELS = { planned: "prévu", active: "ouvert", suspended: "suspendu", closed: "fermé" };

/** Roads by rank (0 motorway): width in pixels at zoom 8 and 14. */
export const ROAD_RANKS = [
  { from: 0, label: "autoroutes et voies rapides", token: "--c-road-major", at8: 1.6, at14: 6 },
  { from: 2, label: "routes principales", token: "--c-road-main", at8: 1, at14: 4.5 },
  { from: 4, label: "autres routes", token: "--c-road-minor", at8: 0.5, at14: 2.2 },
];

/** Rank of ferries in the tiles, and their line. */
export const FERRY = { rank: 7, label: "bacs et ferries", token: "--c-ferry", dash: [3, 2], width: 1.6 };

export const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
