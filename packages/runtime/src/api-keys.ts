import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/** Below this a key could be guessed; a plain hash is enough for keys that are long and random. */
const SHORTEST_SECRET = 32;

/** One API key as it is configured: never the key itself. */
export const apiKey = z.strictObject({
  id: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'must match [A-Za-z0-9][A-Za-z0-9._-]{0,62}')
    .describe('Named as the actor in every event'),
  hash: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 lower-case hex digits')
    .describe('SHA-256 of the key'),
  scopes: z
    .array(z.string().regex(/^(\*|[a-z-]+:(\*|[a-z-]+))$/, 'must be like facts:write, facts:* or *'))
    .min(1)
    .describe('What it may do'),
});
export type ApiKey = z.infer<typeof apiKey>;

export const apiKeys = z
  .array(apiKey)
  .min(1)
  .refine((keys) => new Set(keys.map((key) => key.id)).size === keys.length, 'two keys have the same id');

/** A new random key; show it once, keep only its hash. */
export function createApiKey(): { readonly secret: string; readonly hash: string } {
  const secret = randomBytes(32).toString('base64url');
  return { secret, hash: hashApiKey(secret) };
}

/** As it stands in the configuration. */
function hashApiKey(secret: string): string {
  return `sha256:${createHash('sha256').update(secret).digest('hex')}`;
}

/** Finds the configured key that was presented, in a time that says nothing about the others. */
export function createKeyring(keys: readonly ApiKey[]): (secret: string) => ApiKey | undefined {
  const entries = keys.map((key) => ({ key, digest: Buffer.from(key.hash.slice('sha256:'.length), 'hex') }));
  return (secret) => {
    if (secret.length < SHORTEST_SECRET || secret.length > 512) return undefined;
    const digest = createHash('sha256').update(secret).digest();
    let found: ApiKey | undefined;
    for (const entry of entries) if (timingSafeEqual(entry.digest, digest)) found = entry.key;
    return found;
  };
}

/** Whether a key may do what needs `scope`: by name, by `area:*` or by `*`. */
export function allows(key: Pick<ApiKey, 'scopes'>, scope: string): boolean {
  return key.scopes.some(
    (granted) =>
      granted === '*' || granted === scope || (granted.endsWith(':*') && scope.startsWith(granted.slice(0, -1))),
  );
}
