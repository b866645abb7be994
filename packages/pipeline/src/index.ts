export { geoConfig, type GeoConfig } from './geo/config.ts';
export { Geo, type GeoResult } from './geo/geo.ts';
export { loaderConfig, type LoaderConfig } from './loader/config.ts';
export type { DropsStore } from './loader/drops-store.ts';
export { Loader } from './loader/loader.ts';
