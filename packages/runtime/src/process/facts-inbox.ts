import type { InboxVerdict } from '@tenure/event-bus/kafka';
import { kafkaParts } from '../engines/bus-access.ts';
import type { EventBusEngine } from '../engines/engines.ts';
import { untilAvailable } from '../engines/until-available.ts';
import { takePublishedFacts } from '../facts/inbox.ts';
import type { Dependency } from '../http/operations.ts';
import type { ServiceContext } from '../service.ts';

interface FactsInboxOptions {
  readonly engine: EventBusEngine;
  /** The process's name: processes of the same name share the facts. */
  readonly name: string;
  readonly context: ServiceContext;
}

/** What takes the facts that are published to this process. */
export interface FactsInbox {
  readonly dependency: Dependency;
  /** Finishes what is under way. May be called again. */
  stop(): Promise<void>;
}

const counted = ['taken', 'rejected'] as const satisfies readonly InboxVerdict['outcome'][];

/**
 * Begins to take published facts; undefined where nothing can be published, or nothing would be taken. The driver is
 * loaded only where it is used.
 */
export async function startFactsInbox({ engine, name, context }: FactsInboxOptions): Promise<FactsInbox | undefined> {
  const { facts, log, metrics } = context;
  if (engine.kind === 'embedded' || facts.size === 0) return undefined;
  const { createKafkaInbox } = await import('@tenure/event-bus/kafka');
  const { connection, topics } = await kafkaParts(engine, (level, message, details) => log[level](details, message));
  const count = metrics.counter('tenure_inbox_facts_total', 'Facts that came over Kafka', 'outcome', counted);
  const take = takePublishedFacts(context);
  const inbox = createKafkaInbox({
    connection,
    topics,
    group: `${topics.prefix}.${name}.facts`,
    handle: async (messages, attempt) => {
      const verdicts = await take(messages, attempt);
      for (const outcome of counted) count(outcome, verdicts.filter((verdict) => verdict.outcome === outcome).length);
      return verdicts;
    },
  });
  await untilAvailable(() => inbox.start());
  let stopping: Promise<void> | undefined;
  return {
    dependency: { name: 'facts-inbox', check: () => inbox.failure?.message },
    stop: () => {
      stopping ??= inbox.stop();
      return stopping;
    },
  };
}
