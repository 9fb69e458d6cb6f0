import type { IncomingHttpHeaders } from 'node:http';
import { type ApiKey, allows, createKeyring } from '../api-keys.ts';
import { Problem } from './problem.ts';

/** Decides who may call a route. Returns the actor. @throws {Problem} 401 or 403 */
export type Access = (headers: IncomingHttpHeaders, scopes: readonly string[] | 'public') => string;

/** Named as the actor where nobody has to say who they are. */
const LOCAL_ACTOR = 'local';

/** With keys, every route that isn't public needs one that has all its scopes; without, only this machine may call. */
export function createAccess(keys: readonly ApiKey[] | undefined): Access {
  if (keys === undefined) return createLoopbackAccess();
  const find = createKeyring(keys);
  return (headers, scopes) => {
    if (scopes === 'public') return 'public';
    const secret = presentedKey(headers);
    const key = secret === undefined ? undefined : find(secret);
    if (key === undefined) {
      const detail = secret === undefined ? 'No API key was sent' : 'The API key is not known';
      throw new Problem('unauthenticated', detail, { headers: { 'www-authenticate': 'Bearer' } });
    }
    const missing = scopes.filter((scope) => !allows(key, scope));
    if (missing.length > 0) throw new Problem('forbidden', `The API key lacks the scope ${missing.join(' ')}`);
    return key.id;
  };
}

/** Addresses that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function presentedKey(headers: IncomingHttpHeaders): string | undefined {
  const header = headers['x-api-key'];
  if (typeof header === 'string') return header;
  return /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
}

/**
 * Refuses what a web page elsewhere could make a browser on this machine send: a name that was rebound to loopback, or a
 * page's form.
 */
function createLoopbackAccess(): Access {
  // Most requests have the host of the one before.
  let good: string | undefined;
  return ({ host = '', origin }) => {
    if (host !== good) {
      if (!isLoopback(hostname(host))) {
        throw new Problem('wrong-host', 'Without API keys the Host must be localhost or a loopback address');
      }
      good = host;
    }
    if (origin !== undefined && !isLoopback(originHost(origin))) {
      throw new Problem('wrong-host', 'Without API keys no page of another origin may call');
    }
    return LOCAL_ACTOR;
  };
}

/** `localhost:8080` and `[::1]:8080` without the port. */
function hostname(host: string): string {
  const bracketed = /^\[([0-9a-f:]+)\](:\d+)?$/i.exec(host)?.[1];
  return (bracketed ?? host.replace(/:\d+$/, '')).toLowerCase();
}

function originHost(origin: string): string {
  return URL.canParse(origin) ? hostname(new URL(origin).host) : '';
}
