export type { ImportOptions } from './import/import-purchases.ts';

export type { ImportMap } from './import/map-schema.ts';
export type { ImportSummary } from './import/summary.ts';
export type { Io, Output } from './io.ts';

export type { Client, ServerAddress } from './server/client.ts';
