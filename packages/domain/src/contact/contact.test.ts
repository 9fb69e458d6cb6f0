import type { EventOfType } from '@tenure/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Happening } from '../decider.ts';
import { givenFor, runCommands } from '../testing/given.ts';
import { contactDecider, type RecordContact } from './contact.ts';

const given = givenFor(contactDecider);
const ann = 'a'.repeat(32);
const noon = Date.UTC(2011, 0, 18, 12);

const content = {
  source: 'call-centre',
  contactId: 'c-1',
  channel: 'phone',
  direction: 'in',
  kind: 'inquiry',
} as const;
const personal = { subject: 'Opening hours', text: 'When do you open?' };
const record: RecordContact = {
  type: 'RecordContact',
  content,
  personal,
  contentHash: 'one',
  customerId: ann,
  occurredAt: noon,
};
const recorded: Happening<EventOfType<'ContactRecorded'>> = {
  type: 'ContactRecorded',
  data: { ...content, contentHash: 'one' },
  personal,
  customerId: ann,
  occurredAt: noon,
};
const conflict: Happening<EventOfType<'FactConflictDetected'>> = {
  type: 'FactConflictDetected',
  data: { kind: 'contact', source: 'call-centre', id: 'c-1', contentHash: 'two' },
  personal: { submitted: { ...content, ...personal, customerId: ann, occurredAt: '2011-01-18T12:00:00.000Z' } },
  customerId: ann,
  occurredAt: noon,
};

test('a contact is recorded, its words as personal data', () => given([]).when(record).then([recorded]));

test('one with nobody known is recorded', () =>
  given([])
    .when({ ...record, customerId: null })
    .then([{ ...recorded, customerId: null }]));

test('the same again is unchanged', () => given([recorded]).when(record).then('unchanged'));

test('other content is a conflict, seen once', () => {
  const other = { ...record, contentHash: 'two' };
  given([recorded])
    .when(other)
    .then({ code: 'conflict', events: [conflict] });
  given([recorded, conflict]).when(other).then({ code: 'conflict' });
});

test('a command for another contact is a fault of the caller', () =>
  expect(() => given([recorded]).when({ ...record, content: { ...content, contactId: 'c-2' } })).toThrow(/another/));

test('what cannot be', () => {
  expect(() => given([recorded, recorded])).toThrow(/cannot follow/);
  expect(() => given([conflict])).toThrow(/cannot follow/);
});

const settings = { numRuns: 200 };
const commands = fc
  .record({ contentHash: fc.constantFrom('h1', 'h2', 'h3'), customerId: fc.constantFrom(null, ann) })
  .map((variant): RecordContact => ({ ...record, ...variant }));

test('I1: decide never emits an event that evolve rejects', () => {
  const property = fc.property(fc.array(commands, { maxLength: 10, size: 'max' }), (list) => {
    const { events } = runCommands(contactDecider, list);
    const contents = new Set(list.map(({ contentHash }) => contentHash));
    // The first stands, every other content is seen once.
    expect(events.filter(({ type }) => type === 'ContactRecorded').length).toBe(Math.min(1, list.length));
    expect(events.length).toBe(contents.size);
  });
  fc.assert(property, settings);
});
