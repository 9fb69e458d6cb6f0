import type { RelatedEvent } from '@tenure/contracts';
import { expect, it } from 'vitest';
import { causationTree } from './causation-tree.ts';
import { mermaidOf } from './mermaid.ts';

const event = (position: string, causationId: string, overrides: Partial<RelatedEvent> = {}): RelatedEvent => ({
  eventId: `e${position}`,
  position,
  recordedAt: '2026-03-01T12:00:00.000Z',
  occurredAt: '2026-03-01T12:00:00.000Z',
  type: `Type${position}`,
  service: 'audit',
  stream: 'a-b',
  customerId: null,
  actor: 'a',
  causationId,
  correlationId: 'c',
  traceId: null,
  ...overrides,
});

const shape = (node: { readonly children: readonly { readonly position: string }[] }): unknown =>
  node.children.map((child) => [child.position, shape(child as never)]);

it('hangs each event below what caused it', () => {
  const roots = causationTree([event('1', 'r'), event('2', 'e1'), event('3', 'r'), event('4', 'e2'), event('5', 'e1')]);
  expect(roots.map(({ causationId, kind }) => [causationId, kind])).toEqual([['r', 'request']]);
  expect(roots.map(shape)).toEqual([
    [
      [
        '1',
        [
          ['2', [['4', []]]],
          ['5', []],
        ],
      ],
      ['3', []],
    ],
  ]);
});

it('has a root for each cause from outside, in order', () => {
  const roots = causationTree([event('1', 'timer:loyalty'), event('2', 'r'), event('3', 'timer:loyalty')]);
  expect(roots.map(({ causationId, kind, children }) => [causationId, kind, children.length])).toEqual([
    ['timer:loyalty', 'timer', 2],
    ['r', 'request', 1],
  ]);
});

it('never goes in circles, whatever the log says', () => {
  const roots = causationTree([
    event('1', 'e2'),
    event('2', 'e1'),
    event('3', 'e3'),
    event('4', 'e1', { eventId: 'e1' }),
  ]);
  expect(roots.map(({ causationId }) => causationId)).toEqual(['e2', 'e3']);
  expect(roots.map(shape)).toEqual([
    [
      [
        '1',
        [
          ['2', []],
          ['4', []],
        ],
      ],
    ],
    [['3', []]],
  ]);
});

it('draws labels that mean nothing to Mermaid, whatever is in them', () => {
  const events = [event('1', 'timer:"]--> x', { type: 'A"]; click b "#quot;<script>\n' })];
  const text = mermaidOf({
    correlationId: 'c',
    traceIds: [],
    events,
    roots: [...causationTree(events)],
    truncated: false,
  });
  expect(text.split('\n')).toEqual([
    'graph TD',
    '  r1(["timer:#34;#93;--#62; x"])',
    '  e2["A#34;#93;#59; click b #34;#35;quot#59;#60;script#62;#10;<br/>audit<br/>2026-03-01T12:00:00.000Z"]',
    '  r1 --> e2',
    '',
  ]);
});
