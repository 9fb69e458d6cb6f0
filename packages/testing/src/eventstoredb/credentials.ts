import type { Metadata } from './grpc.ts';
import { accessDenied, unauthenticated } from './status-errors.ts';

/** @throws {StatusError} for a wrong user or password, and for a call without any */
export function checkCredentials(metadata: Metadata, users: Readonly<Record<string, string>> | undefined): void {
  if (!users) return;
  const [header] = metadata.get('authorization');
  if (header === undefined) throw accessDenied();
  const [scheme, encoded = ''] = String(header).split(' ');
  const [user = '', password] = Buffer.from(encoded, 'base64').toString('utf8').split(/:(.*)/s);
  if (scheme !== 'Basic' || !Object.hasOwn(users, user) || users[user] !== password) throw unauthenticated();
}
