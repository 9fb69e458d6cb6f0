import type { Route } from './route.ts';

/** A route that leaves open who may call it, what it takes, or what it may cost. The service does not start with it. */
export class RouteDeclarationError extends Error {
  readonly code = 'route-declaration';
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(`These routes cannot be served:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.name = 'RouteDeclarationError';
    this.faults = faults;
  }
}

/** Denies by default. @throws {RouteDeclarationError} naming every fault of every route */
export function checkRoutes(routes: readonly Route[]): void {
  const faults: string[] = [];
  const seen = new Set<string>();
  const operations = new Set<string>();
  for (const route of routes) {
    const name = `${route.method} ${route.path}`;
    const fault = (text: string): number => faults.push(`${name}: ${text}`);
    if (seen.has(name)) fault('is declared twice');
    seen.add(name);
    if (operations.has(route.operationId)) fault(`operationId ${route.operationId} is taken`);
    operations.add(route.operationId);
    // A route may come from code that no compiler has checked, hence the doubts about what the types promise.
    const loose: Partial<Route> = route;
    if (loose.scopes === undefined || loose.scopes.length === 0) fault('declares no scopes');
    if (loose.limits === undefined) fault('declares no limits');
    else {
      const { bodyBytes, timeoutMs } = loose.limits;
      if (!(bodyBytes >= 0)) fault('declares no limit of its body');
      if (timeoutMs !== 'stream' && !(timeoutMs > 0)) fault('declares no limit of its time');
      if ((route.body !== undefined || route.bodyStream !== undefined) && bodyBytes === 0)
        fault('has a body of 0 bytes');
    }
    if (loose.responses === undefined || Object.keys(loose.responses).length === 0) fault('declares no responses');
    for (const [status, response] of Object.entries(loose.responses ?? {})) {
      if (response.schema === undefined) fault(`declares no schema of its answer ${status}`);
    }
    const named = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    if (named.length > 0 && route.params === undefined) fault('declares no schema of its path parameters');
  }
  if (faults.length > 0) throw new RouteDeclarationError(faults);
}
