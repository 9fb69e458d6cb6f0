// Builds all views anew over the store in TENURE_DATA, and says how long it took. A program: it measures from within.
import { startStandalone } from '@tenure/standalone';

const start = performance.now();
const running = await startStandalone({ env: process.env, rebuildViews: true });
const { store, views } = running.context;
const head = await store.head();
if (head !== null) await views.reached(head, new AbortController().signal);
const ms = performance.now() - start;
await running.stop();
process.stdout.write(`${JSON.stringify({ ms })}\n`);
