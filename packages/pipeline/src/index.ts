export { Collector, type CollectorOptions, type CollectorStatus } from './collector/collector.ts';
export { sourceConfig, sourcesConfig, type SourceConfig, type SourcesConfig } from './collector/config.ts';
export { detectSources, readMachineId, type Detection, type Finding } from './collector/detect-sources.ts';
export {
  importFile,
  importFiles,
  type ImportOptions,
  type ImportOutcome,
  type ImportProgress,
  type ImportResult,
} from './collector/import-file.ts';
export type { SourceStatus } from './collector/log-source.ts';
export { createCollectorMetrics, type CollectorMetrics } from './collector/metrics.ts';
export { geoConfig, type GeoConfig } from './geo/config.ts';
export { Geo, type GeoResult } from './geo/geo.ts';
export { hostFactsConfig, type HostFactsConfig } from './host/config.ts';
export { HostFacts, type HostFactsOptions } from './host/host-facts.ts';
export { createHostFactsMetrics, type HostFactsMetrics } from './host/metrics.ts';
export { readHost, type Reading } from './host/read-host.ts';
export { loaderConfig, type LoaderConfig } from './loader/config.ts';
export type { DropsStore } from './loader/drops-store.ts';
export { Loader } from './loader/loader.ts';
export { rowColumns } from './record/columns.ts';
export { flagNames, recordToJson, type JsonValue } from './record/record-json.ts';
export { KnownCells } from './record/known-cells.ts';
export { type Cells, cellsOf, copyCells, copyIpv4, copySpan, viewOf, writeNumber, writeThousandths } from './record/row-bytes.ts';
export { readRow, type Row } from './record/row-text.ts';
export { TextCache } from './record/text-cache.ts';
export { noCounts, type RowCounts } from './record/row-counts.ts';
export { RowWriter, type FoundUndercount, type RowWriterOptions } from './record/row-writer.ts';
