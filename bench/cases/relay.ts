import { declareTopics, ensureTopics } from '@tenure/event-bus/kafka';
import { startKafka } from '@tenure/testing/servers';
import type { Carried } from '../harness/carry.ts';
import type { Case } from '../harness/case.ts';
import { QUIET, runChild } from '../harness/child.ts';
import { rawTransactions } from '../harness/raw.ts';
import { purchasesFor } from '../harness/sizes.ts';

const program = new URL('../harness/carry.ts', import.meta.url);
const PER_TRANSACTION = 1_000;

/** From the first page that the relay reads of a log until Kafka has all of it. */
export const relayCase: Case = {
  id: 'relay',
  title: 'The relay, from a log to Kafka in transactions',
  unit: 'messages/s',
  rawIs: 'a KafkaJS producer of the same messages in the same transactions',
  target: { of: 'ratio', atLeast: 0.7 },
  needs: ['Kafka'],

  async measure({ sizes, stores, profile }) {
    const directory = await stores.copyOf(await stores.filled(purchasesFor(sizes.relayEvents)));
    const kafka = await startKafka();
    try {
      const brokers = kafka.brokers.join(',');
      const carry = (): Promise<Carried> =>
        runChild(program, {
          args: [directory, brokers, kafka.prefix(), String(PER_TRANSACTION)],
          nodeArgs: [QUIET, ...(profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`])],
        });
      // The first one makes the messages for the raw producer, and lets the broker's code grow warm before both.
      const { topic, messages } = await carry();
      const raw = async (): Promise<number> => {
        const target = declareTopics({ prefix: kafka.prefix() });
        await ensureTopics({ brokers: kafka.brokers, log: () => undefined }, target);
        return rawTransactions({ brokers, from: topic, to: target.events, messages, each: PER_TRANSACTION });
      };
      const before = await raw();
      const carried = await carry();
      // A limit is the best that was seen of it.
      return { value: carried.messages / (carried.ms / 1_000), raw: Math.max(before, await raw()) };
    } finally {
      await kafka.stop();
      await stores.drop(directory);
    }
  },
};
