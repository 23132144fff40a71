// An outside raster base map, only when the operator configured one.

export const basemap = {
  id: "basemap",
  title: "Fond de carte",
  origin: () => null,
  sources: ({ basemapUrl }) => (basemapUrl ? { basemap: { type: "raster", tiles: [basemapUrl], tileSize: 256, maxzoom: 18 } } : {}),
  layers: ({ basemapUrl }) => (basemapUrl ? { "basemap-raster": { type: "raster", source: "basemap", paint: { "raster-saturation": -0.6 } } } : {}),
};
