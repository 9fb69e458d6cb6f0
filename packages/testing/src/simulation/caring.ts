import { type Channel, channel as channels } from '@tenure/contracts';
import { type Business, type Customer, dayMs, hourMs, mood, nextId } from './business.ts';
import type { Purchase } from './buying.ts';

const desk = 'service-desk';
const departments = ['support', 'logistics', 'quality', 'sales'];

/** The channel that a customer takes now: most often their own. */
function channelOf({ random, channel }: Customer): Channel {
  return random.chance(0.6) ? channel : random.pick(channels.options);
}

/** A customer asks something, and most often is answered. */
export function ask(business: Business, customer: Customer, kind: 'inquiry' | 'after-sales' | 'suggestion'): void {
  const { random } = customer;
  const contactId = nextId(customer, 'c');
  const channel = channelOf(customer);
  const common = { type: 'contact', source: desk, customer: customer.key, channel, kind } as const;
  const text = { inquiry: 'Do you have it in green?', 'after-sales': 'Where is my order?', suggestion: 'Open later.' };
  business.send({
    kind: 'fact',
    line: { ...common, contactId, occurredAt: business.instant, direction: 'in', text: text[kind] },
  });
  if (!random.chance(0.9)) return;
  business.atWorkAfter(random.exponential(4 * hourMs), () => {
    const department = random.pick(departments);
    const answer = { contactId: nextId(customer, 'c'), occurredAt: business.instant, inReplyTo: contactId };
    business.send({ kind: 'fact', line: { ...common, ...answer, direction: 'out', department } });
  });
}

/** A customer is asked how satisfied they are; less than half say. */
export function survey(business: Business, customer: Customer, purchase: Purchase): void {
  const { random } = customer;
  const invitationId = nextId(customer, 's');
  const kind = random.weighted([
    ['csat', 5],
    ['nps', 3],
    ['ces', 2],
  ] as const);
  const productId = purchase.lines[0]?.productId;
  business.send({
    kind: 'fact',
    line: {
      type: 'survey',
      source: 'survey-tool',
      invitationId,
      kind,
      customer: customer.key,
      channel: random.pick(['email', 'sms', 'web', 'phone']),
      department: random.pick(departments),
      ...(productId === undefined ? {} : { productId }),
      sentAt: business.instant,
    },
  });
  if (!random.chance(0.4)) return;
  business.at(business.now + random.exponential(1.5 * dayMs), () => {
    const feeling = mood(customer);
    const score = {
      csat: 1 + Math.round(4 * feeling),
      nps: Math.round(10 * feeling),
      ces: 1 + Math.round(6 * feeling),
    };
    const answer = { invitationId, answeredAt: business.instant, score: score[kind] };
    const comment = feeling < 0.3 ? { comment: 'I expected better.' } : {};
    business.send({ kind: 'fact', line: { type: 'survey-response', source: 'survey-tool', ...answer, ...comment } });
  });
}

/** A visit is planned, and done, moved and done, or missed: then nothing more is sent. */
export function planFollowUp(business: Business, customer: Customer): void {
  const { random } = customer;
  const id = nextId(customer, 'f');
  const due = (days: number) => new Date(business.now + days * dayMs).toISOString();
  business.send({
    kind: 'fact',
    line: {
      type: 'follow-up',
      source: desk,
      followUpId: id,
      occurredAt: business.instant,
      customer: customer.key,
      channel: random.pick(['phone', 'face-to-face', 'email']),
      dueAt: due(10),
      department: 'sales',
      purpose: 'Are you content with what you bought?',
    },
  });
  const done = () => {
    const satisfaction = 1 + Math.round(4 * mood(customer));
    const body = { occurredAt: business.instant, outcome: 'spoken to', satisfaction };
    business.send({ kind: 'action', of: 'follow-up', action: 'done', source: desk, id, body });
  };
  const course = random.weighted([
    ['done', 70],
    ['moved', 12],
    ['missed', 18],
  ] as const);
  if (course === 'done') business.atWorkAfter(random.uniform() * 8 * dayMs, done);
  if (course === 'moved') {
    business.atWorkAfter(random.uniform() * 8 * dayMs, () => {
      const body = { occurredAt: business.instant, dueAt: due(7) };
      business.send({ kind: 'action', of: 'follow-up', action: 'move', source: desk, id, body });
      business.atWorkAfter(random.uniform() * 5 * dayMs, done);
    });
  }
}
