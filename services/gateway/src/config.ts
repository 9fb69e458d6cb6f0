import { baseConfig } from '@tenure/runtime';
import { z } from 'zod';

/** A service that the gateway stands before. */
export interface UpstreamAddress {
  readonly name: string;
  /** Scheme, host and port, nothing after them. */
  readonly origin: string;
}

/** Under which the gateway's own paths are known. */
export const OWN_NAME = 'gateway';

const upstreams = z.string().transform((text, context): readonly UpstreamAddress[] => {
  const found: UpstreamAddress[] = [];
  for (const entry of text.split(',')) {
    const [, name = '', address = ''] = /^\s*([a-z][a-z0-9-]*)=(\S+)\s*$/.exec(entry) ?? [];
    const url = URL.canParse(address) ? new URL(address) : undefined;
    if (url === undefined || !isOrigin(url)) {
      const message = `"${entry}" is none of the form name=http://host:port`;
      context.addIssue({ code: 'custom', message });
    } else if (name === OWN_NAME) {
      context.addIssue({ code: 'custom', message: `"${name}" is the name of the gateway itself` });
    } else if (found.some((one) => one.name === name)) {
      context.addIssue({ code: 'custom', message: `"${name}" is there twice` });
    } else {
      found.push({ name, origin: url.origin });
    }
  }
  return found;
});

function isOrigin(url: URL): boolean {
  return /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`;
}

/** What the gateway can be told. */
export const gatewayConfig = baseConfig
  .extend({
    TENURE_UPSTREAMS: upstreams.meta({
      description: 'Services to stand before, divided by commas: profile=http://profile:8080,...',
    }),
    TENURE_UPSTREAM_KEY: z.string().optional().meta({
      description:
        'API key of the scope docs:read, to learn which paths the services have; needed where they ask for keys',
      secret: true,
    }),
  })
  .superRefine(({ TENURE_HOST, TENURE_KEYS }, context) => {
    if (TENURE_KEYS !== undefined || isLoopback(TENURE_HOST)) return;
    const message = `without TENURE_KEYS only loopback is listened on (127.0.0.1, ::1 or localhost), not ${TENURE_HOST}`;
    context.addIssue({ code: 'custom', path: ['TENURE_HOST'], message });
  });
export type GatewayConfig = z.infer<typeof gatewayConfig>;

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
