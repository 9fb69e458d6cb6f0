#!/usr/bin/env node
// Node 24 runs TypeScript as it is, but not what lies under a node_modules folder: this is for a linked workspace.
if (Number.parseInt(process.versions.node, 10) < 24) {
  console.error(`Node 24 or later is needed; this is ${process.version}. In a clone, npm run tenure brings its own.`);
  process.exitCode = 1;
} else {
  await import('../src/main.ts');
}
