import { readFileSync } from 'node:fs';
import type { Purchase } from './facts.ts';
import { parseHundredths, parseInteger } from './money.ts';

/** The purchases of the CDNOW sample, in file order: at 12:00 UTC of their day, one line each, in USD. */
export function readCdnow(file: string, source = 'cdnow'): Purchase[] {
  const ordinals = new Map<string, number>();
  const rows = readFileSync(file, 'utf8').split(/\r?\n/);
  return rows
    .filter((row) => row.trim() !== '')
    .map((row): Purchase => {
      const match = /^\s*(\d+)\s+(\d+)\s+((\d{4})(\d\d)(\d\d))\s+(\d+)\s+(\S+)\s*$/.exec(row);
      if (match === null) throw new Error(`not a purchase: "${row}"`);
      const [, customer = '', , date = '', year, month, day, discs = '', value = ''] = match;
      const nth = (ordinals.get(customer + date) ?? 0) + 1;
      ordinals.set(customer + date, nth);
      return {
        kind: 'purchase',
        source,
        id: `${customer}-${date}-${nth}`,
        occurredAt: Date.parse(`${year}-${month}-${day}T12:00:00Z`),
        customer,
        currency: 'USD',
        lines: [{ lineId: '1', productId: 'cd', quantity: parseInteger(discs), amountMinor: parseHundredths(value) }],
      };
    });
}
