import fc from 'fast-check';

// Every property of a run starts from the seed that FC_SEED names, else each from one of its own. A failure names both
// seed and path.
const seed = process.env.FC_SEED;
if (seed !== undefined) {
  if (!Number.isInteger(Number(seed))) throw new Error(`FC_SEED is no whole number: ${seed}`);
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) });
}
