import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from '../errors.ts';
import { loadMap, mapNames } from './load-map.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tenure-map-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function fault(change: (map: Record<string, unknown>) => void): string {
  const map = structuredClone(loadMap('online-retail')) as Record<string, unknown>;
  change(map);
  const file = join(folder, 'map.json');
  writeFileSync(file, JSON.stringify(map));
  try {
    loadMap(file);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return '';
}

describe('maps', () => {
  it('that come with the program are valid', () => {
    expect(mapNames()).toEqual(['cdnow', 'online-retail']);
    for (const name of mapNames()) expect(loadMap(name).source).toBe(name);
  });

  it('are found by name or file, else the names are told', () => {
    expect(() => loadMap('nosuch')).toThrow('name one of cdnow, online-retail, or a file that ends in .json');
    expect(() => loadMap(join(folder, 'nosuch.json'))).toThrow(/cannot be read: ENOENT/);
  });

  it('tell everything that is wrong with them at once', () => {
    const message = fault((map) => {
      delete map.orderId;
      map.occurredAt = { column: 'InvoiceDate', pattern: 'yyyy-MM-dd', zone: 'Europe/Londn' };
      map.typo = 1;
    });
    expect(message).toContain('orderId');
    expect(message).toContain('must be an IANA time zone such as Europe/London');
    expect(message).toContain('"typo"');
  });

  it.each<[string, (map: Record<string, unknown>) => void]>([
    [
      'is needed, since the pattern has no time of day',
      (map) => {
        map.occurredAt = { column: 'd', pattern: 'yyyyMMdd', zone: 'UTC' };
      },
    ],
    [
      'contradicts the pattern, which has a time of day',
      (map) => {
        map.occurredAt = { column: 'd', pattern: 'yyyyMMdd HH', time: '12:00', zone: 'UTC' };
      },
    ],
    [
      'is needed, since the pattern has no offset',
      (map) => {
        map.occurredAt = { column: 'd', pattern: 'yyyyMMdd HH' };
      },
    ],
    [
      'has no month',
      (map) => {
        map.occurredAt = { column: 'd', pattern: 'yyyy-mm-dd', zone: 'UTC' };
      },
    ],
    [
      'must be a text with columns in braces',
      (map) => {
        map.orderId = 'InvoiceNo';
      },
    ],
    [
      'is no regular expression',
      (map) => {
        map.customer = { column: 'CustomerID', remove: '(' };
      },
    ],
    [
      'is needed for the amount',
      (map) => {
        map.line = { productId: { constant: 'x' }, quantity: { column: 'q' }, amount: 'quantity x unitPrice' };
      },
    ],
    [
      'must be an encoding such as utf-8',
      (map) => {
        map.format = { type: 'csv', delimiter: ',', quote: null, encoding: 'utf-9', header: true };
      },
    ],
    [
      'are needed, since there is no header',
      (map) => {
        map.format = { type: 'csv', delimiter: ',', quote: null, encoding: 'utf-8', header: false };
      },
    ],
  ])('refuse: %s', (expected, change) => {
    expect(fault(change)).toContain(expected);
  });
});
