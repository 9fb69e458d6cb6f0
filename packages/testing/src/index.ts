export { type ExpectedOutcome, type ExpectedRefusal, givenFor, UnexpectedDecisionError } from './given.ts';
