import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AppendUnit, ExpectedRevision } from '../port.ts';
import { type EventStoreHarness, eachTestItsLog, idsOf, newEvent, streamName } from './harness.ts';

/** An append as it is drawn: which stream, what it expects, how many events. */
interface Draw {
  readonly stream: number;
  readonly expected: ExpectedRevision;
  readonly events: number;
}

const STREAMS = 3;

/** The port's rules in the fewest words: streams as lists of ids. */
class Model {
  readonly #streams = new Map<string, string[]>();
  readonly #atomic: boolean;
  readonly ids: string[] = [];

  constructor(atomic: boolean) {
    this.#atomic = atomic;
  }

  of(stream: string): string[] {
    return this.#streams.get(stream) ?? [];
  }

  append(unit: AppendUnit): { status: string; stream?: string; actual?: number } {
    const before = new Map(this.#streams);
    const length = this.ids.length;
    for (const { stream, expected, events } of unit) {
      const ids = this.of(stream);
      const fits = typeof expected === 'number' ? ids.length - 1 === expected : ids.length === 0;
      if (fits) {
        this.#streams.set(stream, [...ids, ...idsOf(events)]);
        this.ids.push(...idsOf(events));
      } else if (expected !== 'absent-or-skip') {
        // As the store sees it, which answers the last revision as of the conflict.
        const conflict = { status: 'conflict', stream, actual: ids.length - 1 };
        if (this.#atomic) {
          this.#streams.clear();
          for (const [name, list] of before) this.#streams.set(name, list);
          this.ids.length = length;
        }
        return conflict;
      }
    }
    return { status: 'appended' };
  }
}

export const modelContract = (name: string, create: () => Promise<EventStoreHarness>): void => {
  describe(`event store ${name}: against a model`, () => {
    const log = eachTestItsLog(create);

    it('I3: random units from two clients leave what the rules say', async () => {
      const clients = [await log.connect(), await log.connect()] as const;
      const model = new Model(log.atomicUnits);
      let run = 0;
      const draw: fc.Arbitrary<Draw> = fc.record({
        stream: fc.nat(STREAMS - 1),
        expected: fc.oneof(
          fc.constantFrom<ExpectedRevision>('absent', 'absent-or-skip'),
          fc.nat(4) as fc.Arbitrary<ExpectedRevision>,
        ),
        events: fc.integer({ min: 1, max: 2 }),
      });
      const calls = fc.array(
        fc.tuple(fc.nat(1), fc.array(fc.array(draw, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 })),
        { minLength: 1, maxLength: 12 },
      );
      await fc.assert(
        fc.asyncProperty(calls, async (drawn) => {
          // Every run has streams of its own in the one log.
          const base = ++run * STREAMS;
          let sequence = 0;
          for (const [client, units] of drawn) {
            const call = units.map((unit) =>
              unit.map(({ stream, expected, events }) => ({
                stream: streamName(base + stream),
                expected,
                events: Array.from({ length: events }, () => newEvent(`run ${run}, ${sequence++}`)),
              })),
            );
            const outcomes = await clients[client as 0 | 1].append(call);
            expect(outcomes).toMatchObject(call.map((unit) => model.append(unit)));
          }
          for (let stream = base; stream < base + STREAMS; stream++)
            expect(idsOf(await clients[0].readStream(streamName(stream)))).toEqual(model.of(streamName(stream)));
        }),
        { numRuns: 60 },
      );
      const ids = idsOf(await clients[1].readAll({ limit: 1_000_000 }));
      expect(log.byPromisedOrder(ids)).toEqual(log.byPromisedOrder(model.ids));
    });
  });
};
