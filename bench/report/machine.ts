import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';

/** Where it was measured, and with what. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly versions: { readonly node: string; readonly sqlite: string; readonly fastify: string };
}

export function describeMachine(): Machine {
  const [first] = cpus();
  const fastify = readFileSync(new URL('../node_modules/fastify/package.json', import.meta.url), 'utf8');
  return {
    cpu: first?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()} ${process.arch}`,
    versions: {
      node: process.versions.node,
      sqlite: process.versions.sqlite ?? 'unknown',
      fastify: (JSON.parse(fastify) as { readonly version: string }).version,
    },
  };
}
