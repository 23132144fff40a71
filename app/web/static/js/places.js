// Where a commune is: asked once, when first needed (labels, "Depuis ce lieu", zoom to a commune).

import { zoneShapes } from "./api.js";

const ringArea = (ring) => ring.reduce((sum, [x, y], i) => {
  const [x2, y2] = ring[(i + 1) % ring.length];
  return sum + (x * y2 - x2 * y) / 2;
}, 0);

function ringCentroid(ring) {
  const area = ringArea(ring);
  const sums = ring.reduce(([sx, sy], [x, y], i) => {
    const [x2, y2] = ring[(i + 1) % ring.length];
    const cross = x * y2 - x2 * y;
    return [sx + (x + x2) * cross, sy + (y + y2) * cross];
  }, [0, 0]);
  return area ? [sums[0] / (6 * area), sums[1] / (6 * area)] : ring[0];
}

/** Centroid of the largest outer ring; the API's own `centre` (where people live) is preferred when given. */
function placeOf({ properties, geometry }) {
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  const rings = polygons.map((polygon) => polygon[0]);
  const largest = rings.reduce((best, ring) => (Math.abs(ringArea(ring)) > Math.abs(ringArea(best)) ? ring : best));
  const points = rings.flat();
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  return {
    code: properties.code,
    nom: properties.nom,
    total: properties.population?.total ?? properties.total ?? 0,
    centre: properties.centre ?? ringCentroid(largest),
    bbox: [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)],
  };
}

/** () => Promise<Map code -> {code, nom, total, centre, bbox}>; a failure is not remembered. */
export function createPlaces(code) {
  let pending = null;
  return () => {
    pending ??= zoneShapes(code).then(
      ({ features }) => new Map(features.filter((f) => f.geometry).map((f) => [f.properties.code, placeOf(f)])),
      (error) => {
        pending = null;
        throw error;
      });
    return pending;
  };
}
