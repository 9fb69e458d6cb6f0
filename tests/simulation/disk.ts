import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Random } from '@tenure/testing/simulator';

/** A disk in memory where there is one: runs are many, and nobody misses it when the power fails. */
const fast = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/**
 * The files of a process, with what a machine does to them that loses its power: what was synced is there, of the rest
 * some earlier state is. The log and its keys are synced by each commit; views now and then, each file by itself.
 */
export class Disk implements Disposable {
  readonly directory = mkdtempSync(join(fast, 'tenure-simulation-'));
  readonly #synced = mkdtempSync(join(fast, 'tenure-synced-'));

  /** What the views are now reaches the disk. Not while one of them is being written. */
  sync(): void {
    for (const name of readdirSync(this.#synced)) rmSync(join(this.#synced, name));
    for (const name of views(this.directory)) copyFileSync(join(this.directory, name), join(this.#synced, name));
  }

  /**
   * Nobody has the files open. Says which of them were set back.
   * @param share of the files that are
   */
  cutPower(random: Random, share: number): readonly string[] {
    const databases = views(this.#synced).filter((name) => name.endsWith('.db'));
    const lost = databases.filter((name) => random.chance(share) && existsSync(join(this.directory, name)));
    for (const name of lost) {
      for (const suffix of ['', '-wal', '-shm']) rmSync(join(this.directory, name + suffix), { force: true });
      for (const suffix of ['', '-wal']) {
        const synced = join(this.#synced, name + suffix);
        if (existsSync(synced)) copyFileSync(synced, join(this.directory, name + suffix));
      }
    }
    return lost;
  }

  /** Somebody removes all views; what outlives their versions stays. Nobody has the files open. */
  removeViews(): void {
    for (const name of views(this.directory)) {
      if (!name.startsWith('views-state-')) rmSync(join(this.directory, name));
    }
  }

  [Symbol.dispose](): void {
    for (const directory of [this.directory, this.#synced]) rmSync(directory, { recursive: true, force: true });
  }
}

function views(directory: string): readonly string[] {
  return readdirSync(directory)
    .filter((name) => name.startsWith('views'))
    .sort();
}
