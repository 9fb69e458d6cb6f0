import { Problem } from '@tenure/runtime';
import createRouter from 'find-my-way';
import { type ApiDocument, operationsOf } from './api-document.ts';

/** Who answers a path and method. */
export interface Destination {
  readonly operationId: string;
  /** More than one where each service has its own, such as what is parked there. */
  readonly services: readonly string[];
}

export interface Routing {
  /** @throws {Problem} `not-found`, `method-not-allowed`, `bad-request` */
  find(method: string, url: string): Destination;
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
/** As the services have it: of a path, as it is sent. */
const LONGEST_PARAMETER = 4_096;

/**
 * Finds out of documents, by the name of their service, who serves what. What the first serves is its alone.
 */
export function routingOf(documents: ReadonlyMap<string, ApiDocument>): Routing {
  const destinations = new Map<string, { operationId: string; services: string[] }>();
  const router = createRouter({ maxParamLength: LONGEST_PARAMETER });
  const [own] = documents.keys();
  for (const [service, api] of documents) {
    for (const { path, method, operation } of operationsOf(api)) {
      const key = `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`;
      const known = destinations.get(key);
      if (known !== undefined) {
        if (known.services[0] !== own) known.services.push(service);
        continue;
      }
      const destination = { operationId: operation.operationId, services: [service] };
      destinations.set(key, destination);
      router.on(toRouter(method), path.replaceAll(/\{(\w+)\}/g, ':$1'), unused, destination);
    }
  }
  const at = (method: (typeof methods)[number], url: string): Destination | undefined =>
    router.find(method, url)?.store as Destination | undefined;

  return {
    find(method, url) {
      const asked = methods.find((one) => one === (method === 'HEAD' ? 'GET' : method));
      const found = asked === undefined ? undefined : at(asked, url);
      if (found !== undefined) return found;
      if (!isDecodable(url)) throw new Problem('bad-request', 'The path cannot be read');
      const allowed: string[] = methods.filter((one) => at(one, url) !== undefined);
      if (allowed.length === 0) throw new Problem('not-found', 'There is no such path');
      if (allowed.includes('GET')) allowed.push('HEAD');
      const allow = allowed.join(', ');
      throw new Problem('method-not-allowed', `Only ${allow} are possible here`, { headers: { allow } });
    },
  };
}

function toRouter(method: string): (typeof methods)[number] {
  const found = methods.find((one) => one.toLowerCase() === method);
  if (found === undefined) throw new RangeError(`${method} is no method of a route`);
  return found;
}

/** The router wants one; what is found here is called elsewhere. */
function unused(): void {
  throw new Error('routes are looked up, not called');
}

function isDecodable(url: string): boolean {
  try {
    decodeURIComponent(url);
    return true;
  } catch (error) {
    if (error instanceof URIError) return false;
    throw error;
  }
}
