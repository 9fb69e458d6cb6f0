import { customerView, lifecycleReport, stage as stages } from '@tenure/contracts';
import { z } from 'zod';
import { minorUnitExponent } from '../import/decimal.ts';
import type { Client } from '../server/client.ts';
import type { Publisher } from './publisher.ts';

const page = z.looseObject({ items: z.array(customerView.loose()) });

/** What has become of the business: how many customers are in which stage, and the one who moved last. */
export async function reportLines(client: Client, publisher: Publisher, now: number): Promise<string[]> {
  const { counts = {} } = lifecycleReport.loose().parse(await client.get('/v1/analytics/lifecycle?parts=counts'));
  const [moved] = page.parse(await client.get('/v1/customers?sort=-stageSince&limit=1')).items;
  const byStage = stages.options
    .map((stage) => `${stage} ${(counts as Partial<Record<string, number>>)[stage] ?? 0}`)
    .join('  ');
  const refused = publisher.refused === 0 ? '' : `, ${publisher.refused} refused`;
  const lines = [`${day(now)}  ${publisher.accepted} facts${refused}  |  ${byStage}`];
  const key = moved?.keys.find((known) => known.key !== null);
  if (moved === undefined || key === undefined) return lines;
  const spend = moved.spend.map(({ amountMinor, currency }) => {
    const digits = minorUnitExponent(currency) ?? 2;
    return `${(amountMinor / 10 ** digits).toFixed(digits)} ${currency}`;
  });
  const facts = [
    moved.frequency === 1 ? '1 order' : `${moved.frequency} orders`,
    ...spend,
    ...(moved.tier === 'none' ? [] : [moved.tier]),
  ].join(', ');
  lines.push(
    `            ${key.key} is ${moved.stage} since ${day(Date.parse(moved.stageSince))} (${facts}):`,
    `            curl ${client.address.url}/v1/customers/by-key/${key.source}/${key.key}`,
  );
  return lines;
}

function day(instant: number): string {
  return new Date(instant).toISOString().slice(0, 10);
}
