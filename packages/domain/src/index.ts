export { accepted, type Decider, type Decision, fold, type Happening, rejected, type Rejection, unchanged } from './decider.ts';
