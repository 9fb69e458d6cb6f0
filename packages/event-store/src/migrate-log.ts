import { assertKeysMoved, assertKeysOf, type KeyCount, moveKeys } from '@tenure/key-store';
import { compareLogs, type LogComparison } from './compare-logs.ts';
import { ForeignTargetError, MigrationIncompleteError } from './errors.ts';
import type { MigrationSource, MigrationTarget } from './migration.ts';
import type { LogIdentity, Position } from './port.ts';

/** What a migration is at: finding out what is in the target already, copying, or comparing all of both logs. */
export type MigrationPhase = 'resuming' | 'copying' | 'checking';

export interface MigrationOptions {
  readonly source: MigrationSource;
  readonly target: MigrationTarget;
  readonly now?: () => number;
  readonly onProgress?: (phase: MigrationPhase, done: number, total: number) => void;
}

export interface MigrationReport {
  /** Of the target: the source's log in a higher epoch. */
  readonly identity: LogIdentity;
  /** How many events both logs have. */
  readonly events: number;
  /** How many of them were not in the target before. */
  readonly copied: number;
  readonly keys: KeyCount;
}

const PAGE = 500;

/**
 * Moves a log with its keys to another engine. It can be cut off at any point: another time it goes on behind what is in
 * the target, and changes nothing of that. The target becomes a log that services may use when all of it was compared.
 * @throws {ForeignTargetError} when the target has what the source has not; nothing was written then
 * @throws {KeyConflictError} the same, of keys
 * @throws {MigrationIncompleteError} when the logs are not the same at the end
 */
export const migrateLog = async (options: MigrationOptions): Promise<MigrationReport> => {
  const { source, target, now = Date.now, onProgress = () => undefined } = options;
  const total = await source.count();
  const compare = (phase: MigrationPhase): Promise<LogComparison> =>
    compareLogs({ source, target, onCompared: (done) => onProgress(phase, done, total) });
  const keys = { from: source.keys, to: target.keys };

  const before = await compare('resuming');
  assertPrefix(before, source, target);
  await assertKeysOf(keys);
  const { logId } = source.identity;
  if (before.source === undefined && isMovedTo(target, source.identity)) {
    // A key that was destroyed since is destroyed there, too.
    await moveKeys(keys);
    const identity = { logId, epoch: target.epoch };
    return { identity, events: before.events, copied: 0, keys: await assertKeysMoved(keys) };
  }

  await target.begin(logId);
  // Keys first, durably: a sealed event whose key was lost on the way could never be read again.
  await moveKeys(keys);
  await copyEvents(options, before, (done) => onProgress('copying', done, total));
  const after = await compare('checking');
  if (after.source || after.target) throw new MigrationIncompleteError(after.events, after.source === undefined);
  const moved = await assertKeysMoved(keys);
  const identity = { logId, epoch: nextEpoch(source.identity.epoch, target.epoch, now) };
  await target.finish(identity);
  return { identity, events: after.events, copied: after.events - before.events, keys: moved };
};

const assertPrefix = (
  { events, target: extra }: LogComparison,
  source: MigrationSource,
  target: MigrationTarget,
): void => {
  if (extra)
    throw new ForeignTargetError(
      `behind ${events} events that are the same comes event ${extra.id} (${extra.stream}, revision ${extra.revision}), which the source does not have there`,
    );
  if (events > 0 && target.logId !== source.identity.logId)
    throw new ForeignTargetError(`its events are the same, but it is log ${target.logId ?? 'of no name'}`);
};

/** Whether an earlier migration has come to its end. */
const isMovedTo = (target: MigrationTarget, { logId, epoch }: LogIdentity): boolean =>
  target.isFinished && target.logId === logId && target.epoch > epoch;

const copyEvents = async (
  { source, target }: MigrationOptions,
  { events, position }: LogComparison,
  onCopied: (events: number) => void,
): Promise<void> => {
  let done = events;
  for (let after: Position | undefined = position; ; ) {
    const page = await source.readAllSealed({ limit: PAGE, ...(after === undefined ? {} : { after }) });
    const last = page.at(-1);
    if (!last) return;
    await target.append(page);
    after = last.position;
    done += page.length;
    onCopied(done);
    if (page.length < PAGE) return;
  }
};

/**
 * The second of the migration, as for a restored log, so that a log that is moved twice begins two epochs; one more than
 * any that is there if that is later.
 */
const nextEpoch = (source: number, target: number, now: () => number): number =>
  Math.max(source + 1, target + 1, Math.floor(now() / 1000));
