import { GenericContainer, getContainerRuntimeClient, Wait } from 'testcontainers';
import { loopbackPort } from './loopback-port.ts';
import { takesWrites } from './mongodb-hello.ts';
import type { MongoDBOptions, OwnServer } from './mongodb-server.ts';

const IMAGE = 'mongo:8.0.15';
const PORT = 27017;
const START_MS = 60_000;
const POLL_MS = 100;

/** MongoDB in a container, as a replica set of one node, on a port of this machine that stays when it is restarted. */
export async function startMongoContainer(options: MongoDBOptions): Promise<OwnServer> {
  const port = options.port ?? (await loopbackPort());
  const container = await new GenericContainer(IMAGE)
    .withCommand(['--replSet', 'tenure', '--bind_ip_all'])
    .withExposedPorts({ container: PORT, host: port })
    .withWaitStrategy(Wait.forListeningPorts())
    .start();
  const host = container.getHost();
  const engine = (await getContainerRuntimeClient()).container.getById(container.getId());
  let removed = false;
  const server: OwnServer = {
    url: `mongodb://${host}:${port}/?directConnection=true`,
    pid: undefined,
    async kill() {
      await engine.kill({ signal: 'SIGKILL' });
      await engine.wait();
    },
    async start() {
      await engine.start();
      await ready(host, port);
    },
    async stop() {
      if (removed) return;
      removed = true;
      await container.stop({ timeout: 0 });
    },
  };
  try {
    // A member under the name by which the container knows itself: clients connect directly and don't look for it.
    const initiate = `rs.initiate({ _id: 'tenure', members: [{ _id: 0, host: '127.0.0.1:${PORT}' }] })`;
    const { exitCode, output } = await container.exec(['mongosh', '--quiet', '--eval', initiate]);
    if (exitCode !== 0) throw new Error(`rs.initiate ended with ${exitCode}: ${output}`);
    await ready(host, port);
  } catch (reason) {
    await server.stop();
    throw reason;
  }
  return server;
}

async function ready(host: string, port: number): Promise<void> {
  const deadline = performance.now() + START_MS;
  while (!(await takesWrites(host, port))) {
    if (performance.now() > deadline) throw new Error(`MongoDB in a container was not ready in ${START_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
