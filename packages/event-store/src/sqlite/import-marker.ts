import type { DatabaseSync } from 'node:sqlite';
import type { LogIdentity } from '../port.ts';

/** Whether a migration has begun to fill the log and has not finished. */
export const isUnfinished = (db: DatabaseSync): boolean =>
  db.prepare(`select 1 from meta where name = 'unfinished'`).get() !== undefined;

/** No writer or reader opens the log from now on. */
export const markUnfinished = (db: DatabaseSync, logId: string): void => {
  db.exec('begin immediate');
  db.exec(`insert or ignore into meta (name, value) values ('unfinished', 1)`);
  db.prepare(`update meta set value = ? where name = 'log_id'`).run(logId);
  db.exec('commit');
};

/** It is a log with this identity from now on. */
export const markFinished = (db: DatabaseSync, { logId, epoch }: LogIdentity): void => {
  db.exec('begin immediate');
  db.exec(`delete from meta where name = 'unfinished'`);
  db.prepare(`update meta set value = ? where name = 'log_id'`).run(logId);
  db.prepare(`update meta set value = ? where name = 'epoch'`).run(epoch);
  db.exec('commit');
};
