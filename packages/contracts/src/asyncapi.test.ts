import specs from '@asyncapi/specs';
import { Ajv } from 'ajv';
import ajvFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { asyncApiDocument } from './asyncapi.ts';
import { eventCatalogue, publishedFactSchema } from './catalogue.ts';
import { eventRegistry } from './registry.ts';

// The published schema refers to draft 7 by its id, and bindings of brokers use formats that say nothing here.
const ajv = new Ajv({ strict: false, allErrors: true });
ajvFormats.default(ajv);
const asyncApiSchema: object = specs.schemasWithoutId['3.0.0'];
const isAsyncApi = ajv.compile(asyncApiSchema);

const document = asyncApiDocument({ version: '0.1.0' });
const { channels, operations, components }: Shape = JSON.parse(JSON.stringify(document));

describe('the AsyncAPI document', () => {
  it('is valid AsyncAPI 3.0', () => {
    expect(isAsyncApi(document), JSON.stringify(isAsyncApi.errors?.slice(0, 3))).toBe(true);
  });

  it('would be refused with a wrong part, so that being valid means something', () => {
    expect(isAsyncApi({ ...document, channels: { events: { address: 1 } } })).toBe(false);
  });

  it('holds a message for every event, sent by its owner', () => {
    expect(Object.keys(components.messages)).toEqual([...Object.keys(eventRegistry), 'Fact', 'RejectedFact']);
    expect(Object.keys(channels.events.messages)).toEqual(Object.keys(eventRegistry));
    for (const { type, owner } of Object.values(eventRegistry)) {
      expect(operations[`${owner}Events`]?.messages).toContainEqual({ $ref: `#/channels/events/messages/${type}` });
    }
  });

  it('has no reference that leads nowhere', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(references.length).toBeGreaterThan(100);
    for (const reference of new Set(references)) {
      const target = reference.split('/').reduce<unknown>(step, document);
      expect(target, reference).toBeDefined();
    }
  });

  it('describes a message that is sent, and refuses another', () => {
    const validate = ajv.compile({ ...components.messages.PurchaseClaimed?.payload, components });
    const event = {
      specversion: '1.0',
      id: '0'.repeat(32),
      source: '/services/interaction',
      type: 'tenure.PurchaseClaimed',
      subject: '1'.repeat(32),
      time: '2011-01-18T13:15:00.000Z',
      datacontenttype: 'application/json',
      dataversion: 1,
      stream: `profile-${'1'.repeat(32)}`,
      revision: 2,
      data: { source: 'web-shop', orderId: '541431', purchaseStream: `purchase-${'2'.repeat(32)}` },
    };
    expect(validate(event), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...event, data: { source: 'web-shop' } })).toBe(false);
    expect(validate({ ...event, type: 'tenure.PurchaseRecorded' })).toBe(false);
  });
});

it('describes a fact that is published, and refuses another', () => {
  const validate = ajv.compile({ ...components.schemas.Fact, components });
  const fact = {
    type: 'survey-response',
    source: 'survey-tool',
    invitationId: 'i-1',
    answeredAt: '2026-02-21T09:00:00Z',
    score: 9,
  };
  expect(validate(fact), JSON.stringify(validate.errors)).toBe(true);
  expect(validate({ ...fact, type: 'nonsense' })).toBe(false);
  expect(validate({ ...fact, score: 'nine' })).toBe(false);
});

it('has one meaning for each named schema', () => {
  const named = publishedFactSchema().schemas;
  const shared = Object.keys(named).filter((name) => name in eventCatalogue().schemas);
  for (const name of shared) expect(named[name], name).toEqual(eventCatalogue().schemas[name]);
});

interface Shape {
  channels: { events: { messages: Record<string, unknown> } };
  operations: Record<string, { messages: unknown[] }>;
  components: { messages: Record<string, { payload: object }>; schemas: Record<string, object> };
}

function step(node: unknown, key: string): unknown {
  return (node as Record<string, unknown> | undefined)?.[key];
}
