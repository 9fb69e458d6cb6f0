import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noProgress } from '../terminal/progress.ts';
import type { Fact } from './group-to-fact.ts';
import { importPurchases } from './import-purchases.ts';
import { type ImportMap, importMap } from './map-schema.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tenure-import-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const german = importMap.parse({
  source: 'laden',
  format: { type: 'csv', delimiter: ';', quote: '"', encoding: 'windows-1252', header: true },
  numbers: { decimal: ',', group: '.', rounding: 'half-even' },
  orderId: '{Beleg}',
  refund: { when: { column: 'Menge', negative: true }, quantities: 'negative', originalOrderId: '{Bezug}' },
  customer: { column: 'Kunde', unknown: ['0'] },
  occurredAt: { column: 'Datum', pattern: 'dd.MM.yyyy HH:mm', zone: 'Europe/Berlin' },
  currency: { column: 'Währung' },
  shop: { constant: 'Mitte' },
  line: {
    productId: { column: 'Artikel' },
    name: { column: 'Text' },
    quantity: { column: 'Menge' },
    unitPrice: { column: 'Preis' },
    amount: 'quantity x unitPrice',
  },
} satisfies ImportMap);
const header = 'Beleg;Bezug;Kunde;Datum;Artikel;Text;Menge;Preis;Währung;Kasse';
const good = 'B1;;7;27.03.2011 12:00;A1;Bürste;2;1,50;EUR;3';

async function run(rows: readonly string[], map = german) {
  const file = join(folder, 'verkauf.csv');
  writeFileSync(file, Buffer.from(`${[header, ...rows].join('\r\n')}\r\n`, 'latin1'));
  const facts: Fact[] = [];
  const onFact = (fact: Fact) => facts.push(fact);
  const parkedPath = undefined;
  const summary = await importPurchases({
    file,
    map,
    source: undefined,
    parkedPath,
    progress: noProgress,
    connect: undefined,
    onFact,
  });
  const { parked } = summary;
  const parkedRows = parked.file === null ? [] : readFileSync(parked.file, 'utf8').trim().split('\n');
  return { summary, facts, parked: parkedRows.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('a map of semicolons, decimal commas, German dates and yen', () => {
  it('makes exact facts of rows', async () => {
    const { facts, summary } = await run([
      'B1;;7;27.03.2011 02:30;A1;"Bürste; groß";2;1.234,565;EUR;3',
      'B2;;0;30.10.2011 02:30;A2;;1;1.500;JPY;3',
      'B1;;7;27.03.2011 04:00;A1;"Bürste; groß";2;1.234,565;EUR;3',
      'B3;B1;7;31.10.2011 09:00;A1;;-1;1234,565;EUR;3',
    ]);
    const line = { productId: 'A1', name: 'Bürste; groß', quantity: 2, unitPrice: '1234.565', amountMinor: 246_913 };
    expect(facts).toEqual([
      {
        type: 'purchase',
        source: 'laden',
        orderId: 'B1',
        occurredAt: '2011-03-27T01:30:00.000Z',
        customer: { source: 'laden', key: '7' },
        currency: 'EUR',
        shop: 'Mitte',
        lines: [
          { lineId: '1', ...line },
          { lineId: '2', ...line },
        ],
      },
      {
        type: 'purchase',
        source: 'laden',
        orderId: 'B2',
        occurredAt: '2011-10-30T00:30:00.000Z',
        customer: null,
        currency: 'JPY',
        shop: 'Mitte',
        lines: [{ lineId: '1', productId: 'A2', quantity: 1, unitPrice: '1500', amountMinor: 1500 }],
      },
      {
        type: 'refund',
        source: 'laden',
        refundId: 'B3',
        originalOrderId: 'B1',
        occurredAt: '2011-10-31T08:00:00.000Z',
        customer: { source: 'laden', key: '7' },
        currency: 'EUR',
        // Half to even: 1,234.565 is 1,234.56.
        lines: [{ lineId: '1', productId: 'A1', quantity: 1, amountMinor: 123_456 }],
      },
    ]);
    expect(summary).toMatchObject({
      rows: 4,
      orders: 2,
      refunds: 1,
      lines: 3,
      refundLines: 1,
      anonymousLines: 1,
      currencies: [
        { currency: 'EUR', grossMinor: 493_826, refundedMinor: 123_456, netMinor: 370_370 },
        { currency: 'JPY', grossMinor: 1500, refundedMinor: 0, netMinor: 1500 },
      ],
      parked: { rows: 0, file: null },
      unmappedColumns: ['Kasse'],
    });
  });

  it('reads a compressed file as it is', async () => {
    const plain = await run([good]);
    const file = join(folder, 'verkauf.csv');
    writeFileSync(file, gzipSync(readFileSync(file)));
    const facts: Fact[] = [];
    const onFact = (fact: Fact) => facts.push(fact);
    const options = {
      file,
      map: german,
      source: 'anders',
      parkedPath: undefined,
      progress: noProgress,
      connect: undefined,
    };
    await importPurchases({ ...options, onFact });
    expect(facts).toEqual([{ ...plain.facts[0], source: 'anders', customer: { source: 'anders', key: '7' } }]);
    writeFileSync(file, readFileSync(file).subarray(0, -10));
    await expect(importPurchases(options)).rejects.toThrow('cannot be read to its end: unexpected end of file');
  });
});

describe('bad rows', () => {
  it.each([
    ['no order id', ';;7;27.03.2011 12:00;A1;x;2;1,50;EUR;3', 'has no order id'],
    ['too few cells', 'B2;;7;27.03.2011 12:00', 'has 4 cells, not 10'],
    ['too many cells', 'B2;;7;27.03.2011 12:00;A1;x;y;2;1,50;EUR;3', 'has 11 cells, not 10'],
    ['a stray quote', 'B2;;7;27.03.2011 12:00;A1;6" Nagel;2;1,50;EUR;3', 'has a quote in the wrong place'],
    [
      'a day that no calendar has',
      'B2;;7;30.02.2011 12:00;A1;x;2;1,50;EUR;3',
      'Datum "30.02.2011 12:00" is no dd.MM.yyyy HH:mm',
    ],
    ['a quantity that is none', 'B2;;7;27.03.2011 12:00;A1;x;zwei;1,50;EUR;3', 'does not say whether it is a refund'],
    ['half a piece', 'B2;;7;27.03.2011 12:00;A1;x;0,5;1,50;EUR;3', 'the quantity 0.5 is not a whole number'],
    ['nothing bought', 'B2;;7;27.03.2011 12:00;A1;x;0;1,50;EUR;3', 'quantity must not be 0'],
    ['a price that is none', 'B2;;7;27.03.2011 12:00;A1;x;2;1.5;EUR;3', 'Preis "1.5" is no number'],
    ['an unknown currency', 'B2;;7;27.03.2011 12:00;A1;x;2;1,50;Euro;3', '"Euro" is no ISO 4217 currency code'],
    ['no product', 'B2;;7;27.03.2011 12:00;;x;2;1,50;EUR;3', 'productId must not be empty'],
    ['a refund of nothing', 'B2;;7;27.03.2011 12:00;A1;x;-2;0;EUR;3', 'amountMinor must be at least 1'],
    [
      'a control character in a key',
      'B2;;\u00077;27.03.2011 12:00;A1;x;2;1,50;EUR;3',
      'customer.key must not hold control characters',
    ],
    ['several faults', 'B2;;7;x;A1;x;2;y;EUR;3', 'Datum "x" is no dd.MM.yyyy HH:mm; Preis "y" is no number'],
  ])('%s: it is parked with line and reason, the others are read', async (_what, row, reason) => {
    const { facts, parked, summary } = await run([good, row, good.replace('B1', 'B9')]);
    expect(facts.map((fact) => fact.type === 'purchase' && fact.orderId)).toEqual(['B1', 'B9']);
    expect(parked).toEqual([expect.objectContaining({ line: 3, reason })]);
    expect(summary.parked).toMatchObject({ rows: 1, reasons: [{ reason, rows: 1 }] });
    expect(summary.parked.file).toBe(join(folder, 'verkauf.csv.parked.ndjson'));
  });

  it('park their whole order, and say which row is at fault', async () => {
    const { facts, parked } = await run([
      'B2;;7;27.03.2011 12:00;A1;x;2;1,50;EUR;3',
      good,
      'B2;;7;27.03.2011 12:00;A1;x;2;umsonst;EUR;3',
    ]);
    expect(facts).toHaveLength(1);
    const row = { Beleg: 'B2', Bezug: '', Kunde: '7', Datum: '27.03.2011 12:00', Artikel: 'A1', Text: 'x', Menge: '2' };
    const rest = { Währung: 'EUR', Kasse: '3' };
    expect(parked).toEqual([
      {
        line: 2,
        order: 'B2',
        reason: 'belongs to an order with a bad row, line 4',
        row: { ...row, Preis: '1,50', ...rest },
      },
      { line: 4, order: 'B2', reason: 'Preis "umsonst" is no number', row: { ...row, Preis: 'umsonst', ...rest } },
    ]);
  });

  it('park purchase and refund of an id when nobody can tell which of them they belong to', async () => {
    const { facts, parked } = await run([good, good.replace(';2;', ';-2;'), good.replace(';2;', ';?;')]);
    expect(facts).toEqual([]);
    expect(parked.map(({ line, reason }) => [line, reason])).toEqual([
      [2, 'belongs to an order with a bad row, line 4'],
      [3, 'belongs to an order with a bad row, line 4'],
      [4, 'does not say whether it is a refund'],
    ]);
  });

  it('are those that contradict their order', async () => {
    const { facts, parked } = await run([good, good.replace(';7;', ';8;').replace('EUR', 'USD')]);
    expect(facts).toEqual([]);
    expect(parked[1]).toMatchObject({ line: 3, reason: 'differs from line 2 of its order in customerKey, currency' });
  });

  it('are those of an order that is too long', async () => {
    const { facts, parked } = await run([...Array.from({ length: 2001 }, () => good), good.replace('B1', 'B2')]);
    expect(facts).toHaveLength(1);
    expect(parked).toHaveLength(2001);
    expect(parked.at(-1)).toMatchObject({ line: 2002, reason: 'belongs to an order of more than 2000 lines' });
  });

  it('are those that are not of the encoding, where the map looks', async () => {
    const map = { ...german, format: { ...german.format, encoding: 'utf-8' } };
    await expect(run([good], map)).rejects.toThrow('does not have: "Währung"');
    const ascii = { ...map, currency: { constant: 'EUR' } };
    const { facts, parked } = await run([good, good.replace('B1', 'B2').replace('ü', 'ue')], ascii);
    expect(facts).toHaveLength(1);
    expect(parked).toMatchObject([{ line: 2, reason: 'holds characters that are not of the encoding' }]);
  });

  it('leave no file when there are none, and none of an earlier run', async () => {
    await run([';;;;;;;;;']);
    const file = join(folder, 'verkauf.csv.parked.ndjson');
    expect(existsSync(file)).toBe(true);
    await run([good]);
    expect(existsSync(file)).toBe(false);
  });
});

describe('wrong use', () => {
  it('a map for another file is told which columns are missing', async () => {
    await expect(run([good], { ...german, shop: { column: 'Filiale' } })).rejects.toThrow(
      /names columns that the file does not have: "Filiale". The file has "Beleg", /,
    );
  });

  it('an empty file, a folder and no file at all are told as such', async () => {
    const options = { map: german, source: undefined, parkedPath: undefined, progress: noProgress, connect: undefined };
    const empty = join(folder, 'empty.csv');
    writeFileSync(empty, '');
    await expect(importPurchases({ ...options, file: empty })).rejects.toThrow('is empty');
    await expect(importPurchases({ ...options, file: folder })).rejects.toThrow('is no file');
    await expect(importPurchases({ ...options, file: join(folder, 'nosuch') })).rejects.toThrow('cannot be read');
  });
});
