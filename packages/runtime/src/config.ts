import { z } from 'zod';

/** Everything that is wrong with the environment, at once. */
export class ConfigError extends Error {
  readonly code = 'config';
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(`The configuration is not usable:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

/**
 * Reads a configuration from the environment. A variable set to nothing counts as not set; others than the schema's are
 * left alone.
 * @throws {ConfigError} naming every variable that is missing or wrong
 */
export function loadConfig<S extends z.ZodObject>(
  schema: S,
  env: Readonly<Record<string, string | undefined>>,
): z.output<S> {
  const given: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) {
    const value = env[name];
    if (value !== undefined && value !== '') given[name] = value;
  }
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  throw new ConfigError(
    result.error.issues.map((issue) => {
      const name = String(issue.path[0] ?? '');
      return given[name] === undefined && issue.code === 'invalid_type'
        ? `${name}: is required`
        : `${name}: ${issue.message}`;
    }),
  );
}

export interface ConfigEntry {
  readonly name: string;
  readonly description: string;
  /** As one would write it; null if there is none. */
  readonly default: string | null;
  readonly required: boolean;
  readonly secret: boolean;
}

/** What can be configured, for the generated page. @throws {Error} for a key without a description */
export function describeConfig(schema: z.ZodObject): readonly ConfigEntry[] {
  return Object.entries(schema.shape as Record<string, z.ZodType>).map(([name, key]) => {
    const meta = key.meta();
    if (meta?.description === undefined) throw new Error(`${name} has no description`);
    const fallback = defaultOf(key);
    return {
      name,
      description: meta.description,
      default: fallback === undefined ? null : String(fallback),
      required: !key.safeParse(undefined).success,
      secret: meta.secret === true,
    };
  });
}

/** What is configured, as it was written and as it may be logged: secrets are said to be set, no more. */
export function showConfig(
  schema: z.ZodObject,
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | null>> {
  return Object.fromEntries(
    describeConfig(schema).map(({ name, secret, default: fallback }) => {
      const given = env[name] === '' ? undefined : env[name];
      return [name, given === undefined ? fallback : secret ? '[set, not shown]' : given];
    }),
  );
}

function defaultOf(schema: z.ZodType): unknown {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) return schema.def.defaultValue;
  if (schema instanceof z.ZodPipe) return defaultOf(schema.def.in as z.ZodType);
  return undefined;
}
