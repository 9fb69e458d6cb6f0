import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** Recurring texts (event types, services, actors, categories) as small integers. The writer's side. */
export class TermWriter {
  readonly #ids = new Map<string, number>();
  readonly #select: StatementSync;
  readonly #insert: StatementSync;

  constructor(db: DatabaseSync) {
    this.#select = db.prepare('select id from terms where text = ?');
    this.#insert = db.prepare('insert into terms (text) values (?)');
  }

  /** The text's id, made within the open transaction if there is none. */
  intern(text: string): number {
    let id = this.find(text);
    if (id === undefined) {
      id = Number(this.#insert.run(text).lastInsertRowid);
      this.#ids.set(text, id);
    }
    return id;
  }

  find(text: string): number | undefined {
    let id = this.#ids.get(text);
    if (id === undefined) {
      id = this.#select.get(text)?.id as number | undefined;
      if (id !== undefined) this.#ids.set(text, id);
    }
    return id;
  }

  /** After a rollback: what was made in it is not there. */
  forget(): void {
    this.#ids.clear();
  }
}

/** The reader's side: ids back to texts. A term never changes, so what was read once stays right. */
export class TermReader {
  readonly #texts = new Map<number, string>();
  readonly #select: StatementSync;

  constructor(db: DatabaseSync) {
    this.#select = db.prepare('select text from terms where id = ?');
  }

  text(id: number): string {
    let text = this.#texts.get(id);
    if (text === undefined) {
      text = String(this.#select.get(id)?.text);
      this.#texts.set(id, text);
    }
    return text;
  }
}
