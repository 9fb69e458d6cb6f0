// Prints an .env for docker-compose.yml, with secrets made now: `node infra/make-env.mjs > .env`. Needs no package.
import { createHash, randomBytes } from 'node:crypto';

const key = () => {
  const secret = randomBytes(32).toString('base64url');
  return { secret, hash: `sha256:${createHash('sha256').update(secret).digest('hex')}` };
};
const client = key();
const gateway = key();
const keys = [
  { id: 'client', hash: client.hash, scopes: ['*'] },
  { id: 'gateway', hash: gateway.hash, scopes: ['docs:read'] },
];

process.stdout.write(`# Behind all ids: keep it as long as the data, and as secret.
TENURE_ID_KEY=${randomBytes(32).toString('hex')}
# Who may call, by the hashes of their keys.
TENURE_KEYS='${JSON.stringify(keys)}'
# The gateway's own key, with which it learns what the services serve.
TENURE_UPSTREAM_KEY=${gateway.secret}
# A key for you, which nothing reads from here: curl -H "Authorization: Bearer ..." http://localhost:8080/openapi.json
CLIENT_KEY=${client.secret}
`);
