import { randomUUID } from 'node:crypto';
import type { ImportHolds } from './import-holds.ts';
import type { Recording } from './recording.ts';
import type { Recorder, Timer } from './types.ts';

interface Parts {
  readonly recorders: readonly Recorder[];
  readonly recording: Recording;
  readonly holds: ImportHolds;
}

/** Timers that record what time alone brings about: one for each recorder. Held customers wait for their session. */
export function recorderTimers({ recorders, recording, holds }: Parts): readonly Timer[] {
  return recorders.map((recorder) => ({
    name: recorder.name,
    service: recorder.service,
    collection: recorder.timer.collection,
    field: recorder.timer.field,
    key: ({ _id }) => _id,
    waits: ({ _id }) => holds.has(_id),
    records: true,
    fire: async (documents) => {
      const causationId = `timer:${recorder.name}`;
      // What fell due for one customer has nothing to do with what did for another.
      await recording.record(new Map(documents.map(({ _id }) => [_id, { causationId, correlationId: randomUUID() }])));
    },
  }));
}
