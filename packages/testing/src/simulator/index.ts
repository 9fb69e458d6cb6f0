export { type Random, randomOf } from '../simulation/random.ts';
export { leastFailing } from './least-failing.ts';
export { Trace } from './trace.ts';
export { type Passage, Turnstile, type Waiting } from './turnstile.ts';
export { VirtualMachine } from './virtual-machine.ts';
