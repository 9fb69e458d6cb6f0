export { type ExpectedOutcome, type ExpectedRefusal, givenFor, UnexpectedDecisionError } from '@tenure/domain/testing';
