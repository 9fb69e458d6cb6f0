import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** Starts a thread from the `.ts` file beside this module; answers what it posted. */
export async function askWorker(text: string): Promise<unknown> {
  const worker = new Worker(new URL('./echo-worker.ts', import.meta.url), { workerData: { text } });
  try {
    const [answer] = await once(worker, 'message');
    return answer;
  } finally {
    await worker.terminate();
  }
}
