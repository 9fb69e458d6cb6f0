import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { eventCatalogue, personalFields } from './catalogue.ts';
import type { EventDefinition } from './define-event.ts';
import { eventRegistry } from './registry.ts';

const definitions: readonly EventDefinition[] = Object.values(eventRegistry);

describe('the catalogue of events', () => {
  const { events, schemas } = eventCatalogue();

  it('describes every event, with its owner', () => {
    expect(events.map(({ type, version, owner }) => ({ type, version, owner }))).toEqual(
      definitions.map(({ type, version, owner }) => ({ type, version, owner })),
    );
    for (const { summary, data } of events) {
      expect(summary.length).toBeGreaterThan(10);
      expect(data).toMatchObject({ type: 'object', additionalProperties: false });
    }
    expect(schemas).toHaveProperty('Currency');
  });

  it('names the personal fields by the schema', () => {
    expect(personalFields(eventRegistry.ContactRecorded)).toEqual(['/subject', '/text']);
    expect(personalFields(eventRegistry.StageChanged)).toEqual([]);
    expect(events.find(({ type }) => type === 'CustomerRegistered')?.personalFields).toEqual(['/key']);
  });

  it.each(definitions)('$type keeps its personal fields out of its data', (definition) => {
    const data = definition.data instanceof z.ZodObject ? Object.keys(definition.data.shape) : [];
    const personal = personalFields(definition).map((pointer) => pointer.slice(1));
    expect(personal.filter((field) => data.includes(field))).toEqual([]);
  });
});
