/** What one route was asked and how it answered. */
export interface Count {
  readonly requests: number;
  /** Answered 2xx. */
  readonly accepted: number;
  readonly statuses: Readonly<Record<string, number>>;
}

const LEAST_SHARE = 0.2;
/** A policy has so many fields that most of what is generated has something wrong with one of them. */
const LEAST_SHARES: Readonly<Record<string, number>> = { 'POST /v1/policies': 0.1 };

/** Routes of jobs, of which there is one at a time: refused, because another is at work, is understood. */
const ONE_AT_A_TIME = /^POST \/v1\/audit\/(rebuilds|verifications)/;

/** `GET /v1/customers/{id}` for every route of an OpenAPI document. */
export function routesOf(document: { readonly paths: Readonly<Record<string, object>> }): readonly string[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
}

/** The routes that were not asked, or took less of it than they should: each with how it answered. */
export function tooSeldomAccepted(
  routes: readonly string[],
  counts: Readonly<Record<string, Count>>,
): readonly string[] {
  return routes.flatMap((route) => {
    const count = counts[route];
    if (count === undefined || count.requests === 0) return [`${route}: never asked`];
    const understood = count.accepted + (ONE_AT_A_TIME.test(route) ? (count.statuses['409'] ?? 0) : 0);
    if (understood >= count.requests * (LEAST_SHARES[route] ?? LEAST_SHARE)) return [];
    return [`${route}: ${count.accepted} of ${count.requests} accepted, ${JSON.stringify(count.statuses)}`];
  });
}
