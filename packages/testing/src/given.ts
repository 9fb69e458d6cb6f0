export type { ExpectedOutcome, ExpectedRefusal } from '@tenure/domain/testing';
