export { type ImportOptions, importPurchases } from './import/import-purchases.ts';
export { loadMap } from './import/load-map.ts';
export { type ImportMap, importMap } from './import/map-schema.ts';
export type { ImportSummary } from './import/summary.ts';
export type { Io, Output } from './io.ts';
export { runCommand } from './program.ts';
export { type Client, createClient, type ServerAddress } from './server/client.ts';
export { noProgress, progressStyle } from './terminal/progress.ts';
