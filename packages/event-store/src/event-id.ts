import { hash } from 'node:crypto';

/**
 * The id of a command's nth event (from 0): 32 hex digits that a retry of the command gives again, by which the store
 * and the deciders recognise it.
 */
export const eventId = (commandId: string, index: number): string =>
  hash('sha256', `${index}:${commandId}`).slice(0, 32);
