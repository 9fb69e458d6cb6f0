import type { LoyaltyProgramme } from '@tenure/contracts';

export const noTier = 'none';

/** Points for an amount: so many for each whole unit, nothing for what is below one or in a currency without a rate. */
export function pointsFor(programme: LoyaltyProgramme | undefined, currency: string, amountMinor: number): number {
  const rates: Readonly<Record<string, { readonly points: number; readonly amountMinor: number } | undefined>> =
    programme?.points.perUnit ?? {};
  const rate = rates[currency];
  if (rate === undefined || amountMinor <= 0) return 0;
  return Math.floor(amountMinor / rate.amountMinor) * rate.points;
}

/** The highest tier that so many net points reach. */
export function tierFor(programme: LoyaltyProgramme, netPoints: number): string {
  let reached = noTier;
  for (const { tier, fromPoints } of programme.tiers) if (netPoints >= fromPoints) reached = tier;
  return reached;
}

/** Rank of a tier within a programme, -1 for none; a tier that the programme no longer has ranks as none. */
export function rankOf(programme: LoyaltyProgramme, tier: string): number {
  return programme.tiers.findIndex((candidate) => candidate.tier === tier);
}
