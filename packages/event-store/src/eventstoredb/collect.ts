import type { StreamingRead } from '@eventstore/db-client';
import { NoAnswerError } from './failures.ts';

/**
 * All that a read gives, which has to be bounded by its count.
 * @throws {NoAnswerError} when nothing comes for a time, or the signal aborts
 */
export const collect = <T>(read: StreamingRead<T>, timeoutMs: number, givenUp: AbortSignal): Promise<T[]> =>
  new Promise((resolve, reject) => {
    const items: T[] = [];
    const settle = (): void => {
      clearTimeout(timer);
      givenUp.removeEventListener('abort', onGivenUp);
    };
    const fail = (error: Error): void => {
      settle();
      reject(error);
    };
    const giveUp = (why: string): void => {
      fail(new NoAnswerError(why));
      // Of no interest any more, whatever becomes of it.
      read.cancel().catch(() => undefined);
    };
    const onGivenUp = (): void => giveUp('the connection was given up during a read');
    const timer = setTimeout(() => giveUp(`no answer to a read within ${timeoutMs} ms`), timeoutMs);
    givenUp.addEventListener('abort', onGivenUp);
    // Stays after the end: an error that nobody listens to would end the process.
    read.on('error', fail);
    read.on('data', (item: T) => {
      items.push(item);
      timer.refresh();
    });
    read.on('end', () => {
      settle();
      resolve(items);
    });
    if (givenUp.aborted) onGivenUp();
  });
