import type { CustomerRef, FactType } from '@tenure/contracts';
import type { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { CommandOrigin, CommandRequest, Registration } from '../commands/command-request.ts';
import { Problem } from '../http/problem.ts';
import { parsePart } from '../http/validate.ts';
import type { Ids } from '../ids.ts';

/** What comes with a fact beside its body. */
export interface FactOrigin {
  readonly origin: CommandOrigin;
  /** The import session that it belongs to. */
  readonly session?: string | undefined;
}

/** A fact on its way into the log. */
export interface IntendedFact {
  /** Names the fact in answers and paths. */
  readonly id: string;
  readonly request: CommandRequest;
}

/** One type of fact, as batches take it: checked by its schema, then made into a command. */
export interface Fact {
  readonly type: FactType;
  /** @throws {Problem} for a body that is not valid */
  accept(body: unknown, from: FactOrigin): IntendedFact;
}

/** The same for a route, which has the body checked already. */
export interface FactOf<S extends z.ZodType> extends Fact {
  readonly schema: S;
  /** @throws {Problem} `in-the-future` */
  command(body: z.output<S>, from: FactOrigin): IntendedFact;
}

/** Says how a type of fact becomes a command; its service answers a route with it, and gives it to batches. */
export function defineFact<S extends z.ZodType>(fact: Omit<FactOf<S>, 'accept'>): FactOf<S> {
  const { schema, command } = fact;
  return { ...fact, accept: (body, from) => command(parsePart('body', schema, body), from) };
}

const aheadMs = 24 * 60 * 60 * 1000;

/**
 * When a fact happened, in ms since 1970 UTC. A publisher's clock may go ahead of ours, but not by more than 24 h.
 * @param pointer where in the body it stands
 * @throws {Problem} `in-the-future`
 */
export function factInstant(instant: string, clock: Clock, pointer = '/occurredAt'): number {
  const at = Date.parse(instant);
  if (at <= clock.now() + aheadMs) return at;
  const detail = 'is more than 24 h in the future';
  throw new Problem('in-the-future', `${pointer.slice(1)} ${detail}`, { errors: [{ pointer, detail }] });
}

/** The customer whom a fact names: their id, and what registers them if nobody knows them yet. */
export interface NamedCustomer {
  readonly customerId: string | null;
  readonly register: Registration | undefined;
}

const nobody: NamedCustomer = { customerId: null, register: undefined };

export function namedCustomer(ids: Ids, customer: CustomerRef | null, occurredAt: number): NamedCustomer {
  if (customer === null) return nobody;
  const { source, key } = customer;
  const customerId = ids.customerId(source, key);
  return { customerId, register: { customerId, source, key, occurredAt } };
}
