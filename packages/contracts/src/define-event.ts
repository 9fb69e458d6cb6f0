import type { z } from 'zod';

export type ServiceName = 'profile' | 'interaction' | 'complaint' | 'loyalty' | 'analytics' | 'audit';

/**
 * What an event means for a customer's story: a fact says what the world did, a commitment is a promise made, a
 * derivation is a recorded result of `derive`, knowledge (links, claims, policies) applies to all of the past.
 */
export type EventNature = 'fact' | 'commitment' | 'derivation' | 'knowledge';

/** One version of one event's schema. */
export interface EventDefinition<
  T extends string = string,
  D extends z.ZodType = z.ZodType,
  P extends z.ZodType | undefined = z.ZodType | undefined,
> {
  readonly type: T;
  /** Current version; older ones are lifted to it by `upcasters`. */
  readonly version: number;
  readonly owner: ServiceName;
  readonly nature: EventNature;
  readonly summary: string;
  readonly data: D;
  /** Schema of the personal data, sealed apart from `data`; undefined where the event holds none. */
  readonly personal: P;
  /** From version n (the key) to n + 1. */
  readonly upcasters: Readonly<Record<number, (old: OldPayload) => OldPayload>>;
}

/** A payload as some older version stored it. */
export interface OldPayload {
  readonly data: Readonly<Record<string, unknown>>;
  readonly personal?: Readonly<Record<string, unknown>> | undefined;
}

/** Declares an event; `version` 1 and no upcasters unless said otherwise. */
export function defineEvent<
  const T extends string,
  D extends z.ZodType,
  P extends z.ZodType | undefined = undefined,
>(definition: {
  type: T;
  owner: ServiceName;
  nature: EventNature;
  summary: string;
  data: D;
  personal?: P;
  version?: number;
  upcasters?: Readonly<Record<number, (old: OldPayload) => OldPayload>>;
}): EventDefinition<T, D, P> {
  return {
    type: definition.type,
    version: definition.version ?? 1,
    owner: definition.owner,
    nature: definition.nature,
    summary: definition.summary,
    data: definition.data,
    personal: definition.personal as P,
    upcasters: definition.upcasters ?? {},
  };
}

/** What code handles: type, data and personal data of a defined event. */
export type EventOf<E> =
  E extends EventDefinition<infer T, infer D, infer P>
    ? P extends z.ZodType
      ? { readonly type: T; readonly data: z.infer<D>; readonly personal?: z.infer<P> | undefined }
      : { readonly type: T; readonly data: z.infer<D>; readonly personal?: undefined }
    : never;
