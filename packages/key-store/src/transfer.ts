import { KeyConflictError, KeyMissingError } from './errors.ts';
import type { KeyOwner } from './port.ts';

/** A key as it moves from one store to another. */
export interface KeyRecord {
  /** 32 lower-case hex digits. */
  readonly keyId: string;
  readonly owner: KeyOwner;
  /** 32 bytes; absent once destroyed. */
  readonly key?: Buffer;
}

/** All keys of a store, to be moved. For while nobody else makes or destroys any. */
export interface KeyTransfer {
  /** In the order of their ids, those destroyed too; `after` is exclusive. Fewer than `limit` are the last ones. */
  list(options: { readonly after?: string; readonly limit: number }): Promise<readonly KeyRecord[]>;
  /**
   * Takes keys over, with their ids. One that is there already stays as it is, one that is destroyed on either side is
   * destroyed here. Durable when it resolves.
   * @throws {KeyConflictError} for an id, or an owner, that has another key here
   */
  add(records: readonly KeyRecord[]): Promise<void>;
  close(): Promise<void>;
}

export interface KeyCount {
  readonly keys: number;
  /** How many of them are destroyed. */
  readonly destroyed: number;
}

interface Transfers {
  readonly from: KeyTransfer;
  readonly to: KeyTransfer;
}

const PAGE = 1_000;

/** @throws {KeyConflictError} when `to` has a key that is not one of `from` */
export async function assertKeysOf({ from, to }: Transfers): Promise<void> {
  for await (const [source, target] of pairs(from, to)) assertSame(source, target);
}

/** Moves all keys. Those destroyed go first, so that no owner has two keys on the way. @throws {KeyConflictError} */
export async function moveKeys({ from, to }: Transfers): Promise<void> {
  for await (const page of pages(from)) await to.add(page.filter(({ key }) => key === undefined));
  for await (const page of pages(from)) await to.add(page.filter(({ key }) => key !== undefined));
}

/**
 * Compares all keys. A key that is destroyed in `to` alone counts as moved: it was destroyed later.
 * @throws {KeyConflictError} @throws {KeyMissingError}
 */
export async function assertKeysMoved({ from, to }: Transfers): Promise<KeyCount> {
  let [keys, destroyed] = [0, 0];
  for await (const [source, target] of pairs(from, to)) {
    assertSame(source, target);
    if (source && (!target || (target.key && !source.key))) throw new KeyMissingError(source.keyId);
    keys++;
    if (!target?.key) destroyed++;
  }
  return { keys, destroyed };
}

function assertSame(source: KeyRecord | undefined, target: KeyRecord | undefined): void {
  if (!target) return;
  if (source?.owner !== target.owner) throw new KeyConflictError(target.keyId);
  if (source.key && target.key && !source.key.equals(target.key)) throw new KeyConflictError(target.keyId);
}

async function* pages(keys: KeyTransfer): AsyncGenerator<readonly KeyRecord[]> {
  for (let after: string | undefined; ; ) {
    const page = await keys.list({ limit: PAGE, ...(after === undefined ? {} : { after }) });
    if (page.length > 0) yield page;
    if (page.length < PAGE) return;
    after = page.at(-1)?.keyId;
  }
}

async function* all(keys: KeyTransfer): AsyncGenerator<KeyRecord, undefined> {
  for await (const page of pages(keys)) yield* page;
}

/** What both have by id, undefined where one has it not. */
async function* pairs(
  from: KeyTransfer,
  to: KeyTransfer,
): AsyncGenerator<readonly [KeyRecord | undefined, KeyRecord | undefined]> {
  const [sources, targets] = [all(from), all(to)];
  let [source, target] = [(await sources.next()).value, (await targets.next()).value];
  while (source || target) {
    const first = !target || (source && source.keyId <= target.keyId) ? source : target;
    const isSource = source?.keyId === first?.keyId;
    const isTarget = target?.keyId === first?.keyId;
    yield [isSource ? source : undefined, isTarget ? target : undefined];
    if (isSource) source = (await sources.next()).value;
    if (isTarget) target = (await targets.next()).value;
  }
}
