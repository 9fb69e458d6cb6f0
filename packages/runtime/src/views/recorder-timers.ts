import { randomUUID } from 'node:crypto';
import type { ImportHolds } from './import-holds.ts';
import type { Recording } from './recording.ts';
import type { Recorder, Timer } from './types.ts';

/** Timers that record what time alone brings about: one for each recorder. Held customers wait for their session. */
export function recorderTimers(
  recorders: readonly Recorder[],
  recording: Recording,
  holds: ImportHolds,
): readonly Timer[] {
  return recorders.map((recorder) => ({
    name: recorder.name,
    service: recorder.service,
    collection: recorder.timer.collection,
    field: recorder.timer.field,
    waits: (document) => holds.has(document._id),
    records: true,
    fire: async (documents) => {
      const occasion = { causationId: `timer:${recorder.name}`, correlationId: randomUUID() };
      await recording.record(new Map(documents.map(({ _id }) => [_id, occasion])));
    },
  }));
}
