import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { dayNumber, instantOf } from './calendar.ts';
import { parseCsv } from './csv.ts';
import { parseHundredths, parseInteger } from './money.ts';
import { readCdnow } from './read-cdnow.ts';
import { readOnlineRetail } from './read-online-retail.ts';

const folder = mkdtempSync(join(tmpdir(), 'oracle-'));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, content: string | Buffer): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

const RETAIL = `InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
100,A,"A ""red"" mug, large",2,2011-07-01 10:01:00,2.55,17850.0,United Kingdom
C7,B,,-3,2011-01-05 09:00:00,.5,,France
100,A,,-1,2011-07-01 10:00:00,0.0,17850.0,United Kingdom
`.replace(',.5,', ',0.5,');

describe('the files', () => {
  it('Online Retail: an invoice is all its rows, at the earliest, in London', () => {
    const facts = readOnlineRetail(write('retail.csv.gz', gzipSync(RETAIL)));
    expect(facts).toEqual([
      {
        kind: 'purchase',
        source: 'online-retail',
        id: '100',
        occurredAt: Date.parse('2011-07-01T09:00:00Z'),
        customer: '17850',
        currency: 'GBP',
        lines: [
          { lineId: '1', productId: 'A', name: 'A "red" mug, large', quantity: 2, unitPrice: '2.55', amountMinor: 510 },
          { lineId: '2', productId: 'A', quantity: -1, unitPrice: '0.0', amountMinor: 0 },
        ],
      },
      {
        kind: 'refund',
        source: 'online-retail',
        id: 'C7',
        original: null,
        occurredAt: Date.parse('2011-01-05T09:00:00Z'),
        customer: null,
        currency: 'GBP',
        lines: [{ lineId: '1', productId: 'B', quantity: 3, unitPrice: '0.5', amountMinor: 150 }],
      },
    ]);
    expect(readOnlineRetail(write('retail.csv', RETAIL))).toEqual(facts);
  });

  it('Online Retail: refuses what it does not understand', () => {
    const broken = (from: string, to: string) => () => readOnlineRetail(write('bad.csv', RETAIL.replace(from, to)));
    expect(broken('StockCode', 'Sku')).toThrow('other columns');
    expect(broken('0.5,,', '0.5,17850.0,')).not.toThrow();
    expect(broken('0.0,17850.0', '0.0,17851.0')).toThrow('several customers');
    expect(broken('-3,', '3,')).toThrow('a bad row');
  });

  it('CDNOW: one purchase a row, at noon UTC, the nth of its customer and day', () => {
    const file = write('cdnow.txt', ' 00004 0001 19970101  2   29.33\r\n 00004 0001 19970101  1    0.00\r\n');
    expect(readCdnow(file).map(({ id, customer, occurredAt }) => [id, customer, occurredAt])).toEqual([
      ['00004-19970101-1', '00004', Date.parse('1997-01-01T12:00Z')],
      ['00004-19970101-2', '00004', Date.parse('1997-01-01T12:00Z')],
    ]);
    expect(readCdnow(file)[0]).toMatchObject({ currency: 'USD', lines: [{ quantity: 2, amountMinor: 2933 }] });
  });
});

describe('their parts', () => {
  it('reads comma-separated rows', () => {
    expect(parseCsv('a,"b\n,""c"""\r\n,\n"",d')).toEqual([
      ['a', 'b\n,"c"'],
      ['', ''],
      ['', 'd'],
    ]);
  });

  it('reads amounts exactly or not at all', () => {
    expect(['2.55', '2.5', '4', '-0.07', '1234567.89'].map(parseHundredths)).toEqual([255, 250, 400, -7, 123456789]);
    for (const bad of ['', '1.234', '1,5', '1e3', '.']) expect(() => parseHundredths(bad)).toThrow();
    for (const bad of ['', '1.0', ' 1', '1e3']) expect(() => parseInteger(bad)).toThrow();
  });

  it('reads a wall clock, forward where it does not exist, by the first offset where it is ambiguous', () => {
    const read = (local: string, zone: string) => new Date(instantOf(Date.parse(`${local}Z`), zone)).toISOString();
    expect(read('2011-01-15T12:00', 'Europe/London')).toBe('2011-01-15T12:00:00.000Z');
    expect(read('2011-07-15T12:00', 'Europe/London')).toBe('2011-07-15T11:00:00.000Z');
    expect(read('2011-03-27T01:30', 'Europe/London')).toBe('2011-03-27T01:30:00.000Z');
    expect(read('2011-10-30T01:30', 'Europe/London')).toBe('2011-10-30T00:30:00.000Z');
    expect(read('2011-10-30T02:00', 'Europe/London')).toBe('2011-10-30T02:00:00.000Z');
    expect(read('2011-03-27T02:30', 'Europe/Berlin')).toBe('2011-03-27T01:30:00.000Z');
  });

  it('knows the day of an instant in a zone', () => {
    const day = (instant: string, zone: string) => dayNumber(Date.parse(instant), zone);
    expect(day('1970-01-02T00:00Z', 'UTC')).toBe(1);
    expect(day('1970-01-01T23:59Z', 'UTC')).toBe(0);
    expect(day('1970-01-01T16:00Z', 'Asia/Shanghai')).toBe(1);
    expect(day('1969-12-31T23:59:59.999Z', 'UTC')).toBe(-1);
  });
});
