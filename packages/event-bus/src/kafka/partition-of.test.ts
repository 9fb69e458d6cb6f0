import { randomBytes } from 'node:crypto';
import { Partitioners } from 'kafkajs';
import { expect, it } from 'vitest';
import { partitionOf } from './partition-of.ts';

it('gives keys the partitions that Kafka’s own clients give them', () => {
  const partitionMetadata = Array.from({ length: 7 }, (_, partitionId) => ({
    partitionErrorCode: 0,
    partitionId,
    leader: 0,
    replicas: [],
    isr: [],
  }));
  const theirs = Partitioners.DefaultPartitioner();
  const keys = [
    '',
    'a',
    'ab',
    'abc',
    'abcd',
    'policies-0',
    '顾客',
    ...Array.from({ length: 500 }, () => randomBytes(16).toString('hex')),
  ];
  for (const key of keys) {
    const expected = theirs({ topic: 't', partitionMetadata, message: { key: Buffer.from(key), value: null } });
    expect([key, partitionOf(key, 7)]).toEqual([key, expected]);
  }
});
