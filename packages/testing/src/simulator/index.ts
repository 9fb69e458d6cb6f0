export { randomOf, type Random } from '../simulation/random.ts';
export { Trace } from './trace.ts';
export { type Passage, Turnstile, type Waiting } from './turnstile.ts';
export { VirtualMachine } from './virtual-machine.ts';
