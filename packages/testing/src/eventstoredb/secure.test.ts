import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AccessDeniedError } from '@eventstore/db-client';
import { describe, expect, it } from 'vitest';
import { collect, connect, doubleForTest, newEvent, newEvents, newStream, rejection, take } from './client-harness.ts';
import { selfSignedCertificate } from './self-signed-certificate.ts';

const users = { admin: 'changeit' };

/** A double that wants a password, and how to reach it as a user. */
const secureDouble = async (): Promise<(credentials: string) => string> => {
  const tls = selfSignedCertificate();
  const { port, directory } = await doubleForTest({ tls, users });
  const caFile = join(directory, 'ca.pem');
  writeFileSync(caFile, tls.cert);
  return (credentials) => `esdb://${credentials}127.0.0.1:${port}?tls=true&tlsCAFile=${caFile}`;
};

describe('the double with a certificate and users', () => {
  it('serves a user with the right password, by both ways to append', async () => {
    const url = await secureDouble();
    const client = connect(url('admin:changeit@'));
    const stream = newStream();
    await client.appendToStream(stream, newEvent(), { expectedRevision: 'no_stream' });
    const credentials = { username: 'admin', password: 'changeit' };
    await client.appendToStream(stream, newEvents(2), { expectedRevision: 0n, credentials });
    expect(await collect(client.readStream(stream))).toHaveLength(3);
    expect(await take(client.subscribeToStream(stream), 3)).toHaveLength(3);
  });

  it.each([
    ['a wrong password', 'admin:wrong@', 16],
    ['a user that is unknown', 'nobody:changeit@', 16],
    ['nobody at all', '', 7],
  ])('refuses %s, whatever is asked', async (_, credentials, code) => {
    const url = await secureDouble();
    const client = connect(url(credentials));
    const asked = [
      () => client.appendToStream(newStream(), newEvent()),
      () => collect(client.readStream(newStream())),
      () => collect(client.readAll({ maxCount: 1 })),
      () => client.deleteStream(newStream()),
      () => take(client.subscribeToAll(), 1),
    ];
    for (const ask of asked) {
      const refused = await rejection(ask());
      expect(refused).toBeInstanceOf(AccessDeniedError);
      expect(refused).toMatchObject({ code });
    }
  });

  it('is not spoken to without its certificate', async () => {
    const { port } = await doubleForTest({ tls: selfSignedCertificate(), users });
    const client = connect(`esdb://admin:changeit@127.0.0.1:${port}?tls=true`);
    expect(await rejection(client.appendToStream(newStream(), newEvent()))).toMatchObject({ code: 14 });
  });
});

describe('discovery', () => {
  it('finds the leader by gossip, with one seed and with several, some of them down', async () => {
    const leader = await doubleForTest();
    const follower = await doubleForTest({ leader: { address: '127.0.0.1', port: leader.port } });
    const gone = await doubleForTest();
    await gone.kill();
    const stream = newStream();
    await connect(leader.url).appendToStream(stream, newEvents(2));
    const hosts = [follower, gone].map(({ port }) => `127.0.0.1:${port}`);
    for (const url of [
      `esdb+discover://127.0.0.1:${follower.port}?tls=false`,
      `esdb://${hosts.join(',')}?tls=false`,
      `esdb+discover://127.0.0.1:${leader.port}?tls=false`,
    ])
      expect(await collect(connect(url).readStream(stream))).toHaveLength(2);
  });
});
