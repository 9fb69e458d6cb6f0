import type { IncomingMessage } from 'node:http';
import { type ApiKey, allows, createKeyring } from '../api-keys.ts';
import { Problem } from './problem.ts';

/** Decides who may call a route. Returns the actor. @throws {Problem} 401 or 403 */
export type Access = (request: Asking, scopes: readonly string[] | 'public') => string;

type Asking = Pick<IncomingMessage, 'headers' | 'method'>;

/** Named as the actor where nobody has to say who they are. */
const LOCAL_ACTOR = 'local';

/** With keys, every route that isn't public needs one that has all its scopes; without, only this machine may call. */
export function createAccess(keys: readonly ApiKey[] | undefined): Access {
  if (keys === undefined) return createLoopbackAccess();
  const find = createKeyring(keys);
  return (request, scopes) => {
    if (scopes === 'public') return 'public';
    const secret = presentedKey(request);
    const key = secret === undefined ? undefined : find(secret);
    if (key === undefined) {
      const detail = secret === undefined ? 'No API key was sent' : 'The API key is not known';
      throw new Problem('unauthenticated', detail, { headers: { 'www-authenticate': CHALLENGE } });
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

/** A person's browser asks for a password, by the second; it is the key, and the name may be anything. */
const CHALLENGE = 'Bearer, Basic realm="Tenure"';

function presentedKey({ headers, method }: Asking): string | undefined {
  const header = headers['x-api-key'];
  if (typeof header === 'string') return header;
  const [, scheme = '', credentials = ''] = /^(Bearer|Basic) +(\S+) *$/i.exec(headers.authorization ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return credentials;
  // A browser adds this to what another site's page makes it send, so it only lets read.
  if (scheme === '' || method !== 'GET') return undefined;
  const decoded = Buffer.from(credentials, 'base64').toString();
  return decoded.slice(decoded.indexOf(':') + 1);
}

/**
 * Refuses what a web page elsewhere could make a browser on this machine send: a name that was rebound to loopback, or a
 * page's form.
 */
function createLoopbackAccess(): Access {
  // Most requests have the host of the one before.
  let good: string | undefined;
  return ({ headers: { host = '', origin } }) => {
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
