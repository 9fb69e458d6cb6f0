import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type ApiKey, apiKeys } from './api-keys.ts';
import { type ClockDescription, startingAt, systemClock } from './clock.ts';
import { eventBusUrl, eventStoreUrl, readStoreUrl } from './engines/engines.ts';

const whole = (min: number, max: number): z.ZodPipe<z.ZodString, z.ZodTransform<number, string>> =>
  z.string().transform((text, context) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    context.addIssue({ code: 'custom', message: `must be a whole number from ${min} to ${max}` });
    return z.NEVER;
  });

const clock = z.string().transform((text, context): ClockDescription => {
  if (text === 'system') return systemClock;
  const instant = z.iso.datetime({ offset: true }).safeParse(text);
  if (instant.success) return startingAt(Date.parse(text));
  context.addIssue({
    code: 'custom',
    message: 'must be "system" or an RFC 3339 date-time such as 2011-03-01T00:00:00Z',
  });
  return z.NEVER;
});

const zone = z.string().refine(
  (name) => {
    try {
      return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw error;
    }
  },
  { error: 'must be an IANA time zone such as Europe/London' },
);

const keys = z.string().transform((text, context): readonly ApiKey[] => {
  const isJson = text.trimStart().startsWith('[');
  try {
    const result = apiKeys.safeParse(JSON.parse(isJson ? text : readFileSync(text, 'utf8')));
    if (result.success) return result.data;
    for (const issue of result.error.issues) {
      context.addIssue({ code: 'custom', message: `/${issue.path.join('/')}: ${issue.message}` });
    }
  } catch (error) {
    // The text itself is not repeated: it may be a key that was pasted by mistake.
    const reason = error instanceof SyntaxError ? 'is not JSON' : 'is no file that can be read';
    context.addIssue({ code: 'custom', message: `${isJson ? 'the value' : 'what it names'} ${reason}` });
  }
  return z.NEVER;
});

/** What every service can be told; a service adds its own with `baseConfig.extend({ ... })`. */
export const baseConfig = z.object({
  TENURE_PORT: whole(0, 65_535).prefault('8080').meta({ description: 'Port to listen on; 0 takes a free one' }),
  TENURE_HOST: z
    .string()
    .default('127.0.0.1')
    .meta({ description: 'Address to listen on; another than loopback needs TENURE_KEYS' }),
  TENURE_DATA: z.string().default('./data').meta({ description: 'Directory of the embedded store' }),
  TENURE_EVENT_STORE: eventStoreUrl.prefault('sqlite:').meta({
    description: 'The log: "sqlite:" in TENURE_DATA, or an esdb:// connection string of EventStoreDB',
    secret: true,
  }),
  TENURE_EVENT_BUS: eventBusUrl.prefault('embedded:').meta({
    description:
      'What brings events to the views: "embedded:", or kafka[+ssl]://[user:password@]host:port[,host:port...][/prefix of topics][?partitions=12&factPartitions=12&replicationFactor=1&minInSyncReplicas=1&retentionDays=7]',
    secret: true,
  }),
  TENURE_READ_STORE: readStoreUrl.prefault('sqlite:').meta({
    description:
      'The views: "sqlite:" in TENURE_DATA, or a mongodb:// connection string with the databases\' first name',
    secret: true,
  }),
  TENURE_KEY_STORE: readStoreUrl.optional().meta({
    description: 'The keys of personal data; if absent beside the log, with EventStoreDB beside the views',
    secret: true,
  }),
  TENURE_ZONE: zone.default('UTC').meta({ description: 'Time zone in which calendar days are taken' }),
  TENURE_CLOCK: clock
    .prefault('system')
    .meta({ description: 'An instant at which the clock starts, to run on from there; for tests, demos, old data' }),
  TENURE_ID_KEY: z
    .string()
    .regex(/^[0-9a-f]{64}$/i, 'must be 32 bytes in hex')
    .optional()
    .meta({
      description: 'Secret behind all ids, 32 bytes in hex; made and kept in the data directory if absent',
      secret: true,
    }),
  TENURE_KEYS: keys.optional().meta({
    description: 'API keys, as JSON or the name of a file with it: [{ "id", "hash": "sha256:...", "scopes": ["*"] }]',
    secret: true,
  }),
  TENURE_LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .meta({ description: 'From which level on to log' }),
  TENURE_MAX_BODY_BYTES: whole(1024, 64 * 1024 * 1024)
    .prefault(String(1024 * 1024))
    .meta({ description: 'No body may be larger, whatever its route allows; a streamed one counts by line' }),
  TENURE_MAX_CONCURRENCY: whole(1, 100_000)
    .prefault('256')
    .meta({ description: 'Requests at work at once; what comes on top is answered 503' }),
  TENURE_TIMEOUT_MS: whole(100, 10_000)
    .prefault('9000')
    .meta({ description: 'Longest that a request may take, in ms; streams excepted' }),
  TENURE_GRACE_MS: whole(0, 600_000)
    .prefault('10000')
    .meta({ description: 'How long what is at work may take to finish at shutdown, in ms' }),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
    .optional()
    .meta({ description: 'Where to send traces (OTLP over HTTP); none are made without it' }),
});
export type BaseConfig = z.infer<typeof baseConfig>;
