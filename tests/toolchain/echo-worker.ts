import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';

interface Question {
  readonly text: string;
}

// A database in the thread, because that is what the product's threads do.
const database = new DatabaseSync(':memory:');
const row = database.prepare('SELECT ? AS text').get((workerData as Question).text);
database.close();
parentPort?.postMessage({ text: row?.text, url: import.meta.url });
