import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import * as contracts from '../index.ts';
import { listQuery } from './common.ts';
import { customerBody } from './customers.ts';
import { type FactType, factBodies, factLine, isFactType } from './facts.ts';
import { purchaseBody, refundBody } from './purchases.ts';

const customer = { source: 'web-shop', key: '17850' };
const occurredAt = '2010-12-01T08:26:00+00:00';
const line = { lineId: '1', productId: '85123A', name: 'HOLDER', quantity: 6, unitPrice: '2.55', amountMinor: 1530 };
const purchase = { source: 'web-shop', orderId: '536365', occurredAt, customer, currency: 'GBP', lines: [line] };
const examples: Record<FactType, Record<string, unknown>> = {
  purchase,
  refund: {
    source: 'web-shop',
    refundId: 'C1',
    occurredAt,
    customer: null,
    currency: 'GBP',
    lines: [{ lineId: '1', productId: '85123A', quantity: 1, amountMinor: 255 }],
  },
  contact: {
    source: 'desk',
    contactId: '1',
    occurredAt,
    customer,
    channel: 'live-chat',
    direction: 'in',
    kind: 'inquiry',
  },
  'follow-up': {
    source: 'desk',
    followUpId: '1',
    occurredAt,
    customer,
    channel: 'phone',
    dueAt: '2010-12-05T08:00:00Z',
  },
  survey: { source: 'polls', invitationId: '1', kind: 'nps', customer, channel: 'email', sentAt: occurredAt },
  'survey-response': { source: 'polls', invitationId: '1', answeredAt: occurredAt, score: 9 },
  complaint: {
    source: 'desk',
    complaintId: '1',
    occurredAt,
    customer,
    channel: 'form',
    severity: 'low',
    content: 'late',
  },
};
const types = Object.keys(factBodies) as FactType[];

/** Pointers of what is wrong. */
function faultsOf(schema: z.ZodType, value: unknown): readonly string[] {
  return schema.safeParse(value).error?.issues.map(({ path }) => `/${path.join('/')}`) ?? [];
}

describe('facts', () => {
  it.each(types)('%s is taken alone and as a line of a batch, with instants in UTC', (type) => {
    const body = factBodies[type].parse(examples[type]);
    expect(JSON.stringify(body)).toContain('2010-12-01T08:26:00.000Z');
    expect(factLine.parse({ type, ...examples[type] })).toEqual({ type, ...body });
  });

  it.each(types)('%s with an unknown field, or a missing one, is refused', (type) => {
    const example = examples[type];
    expect(factBodies[type].safeParse({ ...example, extra: 1 }).success).toBe(false);
    expect(factLine.safeParse({ type, ...example, extra: 1 }).success).toBe(false);
    for (const field of Object.keys(example)) {
      const { [field]: _, ...rest } = example;
      expect(factBodies[type].safeParse(rest).success, field).toBe(false);
    }
  });

  it('of an unknown type are none', () => {
    expect(isFactType('purchase')).toBe(true);
    expect(isFactType('constructor')).toBe(false);
    expect(faultsOf(factLine, { type: 'visit' })).toEqual(['/type']);
  });

  it('I22: amounts are whole numbers of minor units, never floats, and fields at fault are named', () => {
    const faults = (change: object) => faultsOf(purchaseBody, { ...purchase, lines: [{ ...line, ...change }] });
    expect(faults({ amountMinor: -1530, quantity: -6 })).toEqual([]);
    expect(faults({ amountMinor: 15.3 })).toEqual(['/lines/0/amountMinor']);
    expect(faults({ amountMinor: '1530' })).toEqual(['/lines/0/amountMinor']);
    expect(faults({ amountMinor: 1e15 })).toEqual(['/lines/0/amountMinor']);
    expect(faults({ quantity: 0 })).toEqual(['/lines/0/quantity']);
    expect(faults({ unitPrice: '2,55' })).toEqual(['/lines/0/unitPrice']);
    expect(faultsOf(purchaseBody, { ...purchase, currency: 'gbp' })).toEqual(['/currency']);
    const refund = examples.refund;
    expect(faultsOf(refundBody, { ...refund, lines: [{ ...line, amountMinor: -1 }] })).toContain(
      '/lines/0/amountMinor',
    );
  });
});

describe('a list', () => {
  it('takes its numbers as text, within bounds', () => {
    expect(listQuery.parse({ limit: '500', sort: '-spend,attributes.city.value' })).toMatchObject({ limit: 500 });
    for (const limit of ['0', '501', '1.5', '', '1e2', ' 1', 'x'])
      expect(faultsOf(listQuery, { limit })).toEqual(['/limit']);
    for (const sort of ['', '-', 'a,,b', 'a b', '$where']) expect(faultsOf(listQuery, { sort })).toEqual(['/sort']);
  });
});

describe('a customer', () => {
  it('has attributes under names that are fields, each with source and instant', () => {
    const city = { value: 'London', source: 'web', observedAt: occurredAt };
    const body = { customer, kind: 'person', attributes: { city } };
    expect(faultsOf(customerBody, body)).toEqual([]);
    expect(faultsOf(customerBody, { ...body, attributes: { city: 'London' } })).toEqual(['/attributes/city']);
    expect(faultsOf(customerBody, { ...body, attributes: { 'a.b': city } })).toEqual(['/attributes/a.b']);
    const poisoned = JSON.parse(`{ "__proto__": ${JSON.stringify(city)} }`);
    expect(customerBody.parse({ ...body, attributes: poisoned }).attributes).toEqual({});
  });
});

describe('what documents are made of', () => {
  const exported: readonly [string, unknown][] = Object.entries(contracts);
  const schemas = exported.filter((entry): entry is [string, z.ZodType] => entry[1] instanceof z.ZodType);

  it.each(schemas)('%s can be published as JSON Schema, as input and as output', (_, schema) => {
    expect(z.toJSONSchema(schema, { io: 'input' })).toBeTypeOf('object');
    expect(z.toJSONSchema(schema, { io: 'output' })).toBeTypeOf('object');
  });

  it('named parts have a description', () => {
    const named = schemas.map(([, schema]) => schema.meta()).filter((meta) => meta?.id !== undefined);
    expect(named.length).toBeGreaterThan(30);
    for (const meta of named) expect(meta?.description, meta?.id).toBeTypeOf('string');
  });
});
