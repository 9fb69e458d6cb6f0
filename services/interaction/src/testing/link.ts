import { profileDecider } from '@tenure/domain';
import { step } from '@tenure/runtime';
import type { TestServer } from '@tenure/runtime/testing';

interface Key {
  readonly source: string;
  readonly key: string;
}

/** Says that two known keys are one customer, as the profile service would. */
export async function link({ context }: TestServer, one: Key, other: Key): Promise<void> {
  const [left, right] = [one, other].map(({ source, key }) => context.ids.customerId(source, key));
  if (left === undefined || right === undefined) throw new Error('two keys make two ids');
  const linked = (id: string, otherCustomerId: string) =>
    step({
      stream: `profile-${id}`,
      decider: profileDecider,
      command: { type: 'LinkKey', otherCustomerId, occurredAt: context.clock.now() },
    });
  const result = await context.commands.handle({
    service: 'profile',
    origin: { actor: 'test', requestId: 'test', correlationId: 'test', traceparent: undefined },
    commandId: context.ids.factCommandId('link', left, right, ''),
    steps: [linked(left, right), linked(right, left)],
  });
  if (result.status !== 'accepted') throw new Error(JSON.stringify(result));
}
