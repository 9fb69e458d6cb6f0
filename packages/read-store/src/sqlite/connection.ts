import { DatabaseSync, type StatementSync } from 'node:sqlite';

/** Statements that one connection keeps prepared. */
const MAX_STATEMENTS = 200;

/** A connection with its prepared statements. */
export class Connection {
  readonly db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(file: string, options: { readonly readOnly: boolean; readonly cacheMiB: number }) {
    this.db = new DatabaseSync(file, {
      readOnly: options.readOnly,
      timeout: 5_000,
      enableDoubleQuotedStringLiterals: false,
    });
    this.db.exec(`pragma cache_size = -${options.cacheMiB * 1024}; pragma temp_store = memory`);
  }

  /** Prepares a statement, or takes it from those prepared before. */
  prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.db.prepare(sql);
      if (this.#statements.size >= MAX_STATEMENTS) {
        const [oldest] = this.#statements.keys();
        if (oldest !== undefined) this.#statements.delete(oldest);
      }
    } else {
      this.#statements.delete(sql);
    }
    this.#statements.set(sql, statement);
    return statement;
  }

  /** Runs `work` in a transaction, rolled back if it throws. */
  transaction<T>(kind: 'immediate' | 'deferred', work: () => T): T {
    this.db.exec(`begin ${kind}`);
    try {
      const result = work();
      this.db.exec('commit');
      return result;
    } catch (error) {
      if (this.db.isTransaction) this.db.exec('rollback');
      throw error;
    }
  }

  close(): void {
    this.#statements.clear();
    if (this.db.isOpen) this.db.close();
  }
}
