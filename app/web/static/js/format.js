// Figures as French text. Rounding never contradicts a class: 99,96 % is not shown as 100 %.

const NNBSP = "\u202f"; // thin and unbreakable, between thousands and before units
const INTEGER = new Intl.NumberFormat("fr-FR", { maximumFractionDigits: 0 });
const ONE_DECIMAL = new Intl.NumberFormat("fr-FR", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const EUROS = new Intl.NumberFormat("fr-FR", { style: "currency", currency: "EUR", maximumFractionDigits: 2, trailingZeroDisplay: "stripIfInteger" });
const DAY = new Intl.DateTimeFormat("fr-FR", { day: "numeric", month: "long", year: "numeric" });

export const UNKNOWN = "inconnu";
export const NO_ROUTE = "no_route";

export const integer = (value) => (value === null || value === undefined ? UNKNOWN : INTEGER.format(value));

/** 1 habitant, 2 habitants; French counts 0 and 1 in the singular. */
export const count = (value, singular, plural = `${singular}s`) =>
  `${integer(value)} ${value < 2 ? singular : plural}`;

export function percent(value) {
  if (value === null || value === undefined) return UNKNOWN;
  let shown = Math.round(value * 10) / 10;
  if (shown >= 100 && value < 100) shown = 99.9;
  if (shown <= 0 && value > 0) shown = 0.1;
  return `${shown === 100 || shown === 0 ? INTEGER.format(shown) : ONE_DECIMAL.format(shown)}${NNBSP}%`;
}

/** Share of integers: the exact ratio decides, not a rounded percentage. */
export const share = (part, total) => (total ? percent((100 * part) / total) : UNKNOWN);

/** Minutes as the API gives them: a number, null (unknown) or "no_route". */
export function minutes(value) {
  if (value === null || value === undefined) return UNKNOWN;
  if (value === NO_ROUTE) return "sans route";
  return `${ONE_DECIMAL.format(value)}${NNBSP}min`;
}

/** For sorting: unknown first, no route last. */
export function minutesRank(value) {
  if (value === null || value === undefined) return -1;
  return value === NO_ROUTE ? Infinity : value;
}

export function duration(seconds) {
  if (seconds === null || seconds === undefined) return UNKNOWN;
  const whole = Math.ceil(seconds);
  const min = Math.floor(whole / 60);
  const rest = whole % 60;
  return [min ? `${INTEGER.format(min)}${NNBSP}min` : "", rest || !min ? `${rest}${NNBSP}s` : ""].filter(Boolean).join(" ");
}

/** Money arrives as a decimal string; null is "not known yet", never zero. */
export const euros = (text) => (text === null || text === undefined ? "–" : EUROS.format(text));

/** A date, or an instant, as a French day: "1er janvier 2024". */
export const day = (iso) =>
  iso ? DAY.format(new Date(iso.length === 10 ? `${iso}T12:00:00` : iso)).replace(/^1 /, "1er ") : UNKNOWN;

export const degrees = (value) => value.toFixed(5).replace(".", ",");

/** "46,27018° N, 5,72809° O" */
export const position = ({ lon, lat }) =>
  `${degrees(Math.abs(lat))}° ${lat < 0 ? "S" : "N"}, ${degrees(Math.abs(lon))}° ${lon < 0 ? "O" : "E"}`;

export const metres = (value) =>
  value === null || value === undefined ? UNKNOWN : `${INTEGER.format(value)}${NNBSP}m`;

export const triState = (value) => (value === true ? "oui" : value === false ? "non" : UNKNOWN);

const DAYS = { Mo: "lun", Tu: "mar", We: "mer", Th: "jeu", Fr: "ven", Sa: "sam", Su: "dim", PH: "fériés", off: "fermé", closed: "fermé" };

/** opening_hours of OpenStreetMap, with French days: "lun-ven 08:30-12:00, 13:30-17:00". */
export const hours = (text) =>
  text ? text.replace(/\b(Mo|Tu|We|Th|Fr|Sa|Su|PH|off|closed)\b/g, (word) => DAYS[word]).replace(/,(?=\S)/g, ", ") : UNKNOWN;
