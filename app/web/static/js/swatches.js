// Patterns and symbols, drawn once for the map and for its legend: they cannot disagree.

import { token } from "./classes.js";
import { h } from "./dom.js";

const PATTERN_PX = 16; // at pixel ratio 2, hence 8 CSS pixels
const SYMBOL_PX = 44;

const STROKES = {
  hatch: { step: 16, width: 2, token: "--c-hatch", both: false },
  "hatch-dense": { step: 8, width: 1.5, token: "--c-hatch", both: false },
  cross: { step: 16, width: 1.8, token: "--c-uncovered-line", both: true },
};

function canvas(size) {
  const element = document.createElement("canvas");
  element.width = size;
  element.height = size;
  return [element, element.getContext("2d")];
}

function drawDots(context, size) {
  context.fillStyle = token("--c-unknown-line");
  for (let x = 4; x < size; x += 8) {
    for (let y = 4; y < size; y += 8) context.fillRect(x - 1.2, y - 1.2, 2.4, 2.4);
  }
}

function drawStrokes(context, size, { step, width, token: name, both }) {
  context.strokeStyle = token(name);
  context.lineWidth = width;
  context.beginPath();
  for (let offset = -size; offset <= 2 * size; offset += step) {
    context.moveTo(offset, 0);
    context.lineTo(offset + size, size);
    if (both) {
      context.moveTo(offset + size, 0);
      context.lineTo(offset, size);
    }
  }
  context.stroke();
}

function drawPattern(context, size, pattern) {
  if (pattern === "dots") drawDots(context, size);
  else if (pattern) drawStrokes(context, size, STROKES[pattern]);
}

/** The image of a seamless pattern for MapLibre. */
export function patternImage(pattern) {
  const [, context] = canvas(PATTERN_PX);
  drawPattern(context, PATTERN_PX, pattern);
  return context.getImageData(0, 0, PATTERN_PX, PATTERN_PX);
}

/** A square of the legend: the class's colour under its pattern. */
export function swatch({ token: name, pattern }) {
  const size = 40;
  const [element, context] = canvas(size);
  context.fillStyle = token(name);
  context.fillRect(0, 0, size, size);
  drawPattern(context, size, pattern);
  return decorate(element, "swatch");
}

const OUTLINES = {
  circle: (c, r) => [...Array(24).keys()].map((i) => [c + r * Math.cos((i * Math.PI) / 12), c + r * Math.sin((i * Math.PI) / 12)]),
  square: (c, r) => [[c - r * 0.86, c - r * 0.86], [c + r * 0.86, c - r * 0.86], [c + r * 0.86, c + r * 0.86], [c - r * 0.86, c + r * 0.86]],
  triangle: (c, r) => [[c, c - r * 1.1], [c + r * 1.08, c + r * 0.8], [c - r * 1.08, c + r * 0.8]],
  diamond: (c, r) => [[c, c - r * 1.2], [c + r * 1.1, c], [c, c + r * 1.2], [c - r * 1.1, c]],
};

function drawSymbol(context, shape, isActive) {
  const path = new Path2D();
  OUTLINES[shape](SYMBOL_PX / 2, SYMBOL_PX * 0.3).forEach(([x, y], index) => path[index ? "lineTo" : "moveTo"](x, y));
  path.closePath();
  context.lineJoin = "round";
  context.strokeStyle = token("--c-site-halo");
  context.lineWidth = 9;
  context.stroke(path);
  context.fillStyle = isActive ? token("--c-site") : token("--c-site-halo");
  context.fill(path);
  context.strokeStyle = token("--c-site");
  context.lineWidth = 3;
  context.stroke(path);
}

/** A site's symbol: filled when active, hollow when planned or suspended. */
export function symbolImage(shape, isActive) {
  const [, context] = canvas(SYMBOL_PX);
  drawSymbol(context, shape, isActive);
  return context.getImageData(0, 0, SYMBOL_PX, SYMBOL_PX);
}

export function symbolSwatch(shape, isActive = true) {
  const [element, context] = canvas(SYMBOL_PX);
  drawSymbol(context, shape, isActive);
  return decorate(element, "swatch symbol");
}

/** A line of the legend, dashed as on the map. */
export function lineSwatch({ token: name, dash, width = 3 }) {
  const [element, context] = canvas(56);
  element.height = 28;
  context.strokeStyle = token(name);
  context.lineWidth = width * 1.6;
  context.setLineDash((dash ?? []).map((length) => length * width * 1.6));
  context.beginPath();
  context.moveTo(2, 14);
  context.lineTo(54, 14);
  context.stroke();
  return decorate(element, "swatch line");
}

function decorate(element, className) {
  element.className = className;
  element.setAttribute("aria-hidden", "true");
  return element;
}

/** One line of a legend: drawing and words. */
export const legendItem = (drawing, label) => h("li", {}, drawing, h("span", {}, label));
