import { connect } from 'node:net';

const ANSWER_MS = 2_000;
const OP_MSG = 2013;

/** Asks a server for `hello`, without a driver: whether it answers, and as one that takes writes. */
export function takesWrites(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host, port });
  const chunks: Buffer[] = [];
  socket.setTimeout(ANSWER_MS, () => socket.destroy());
  socket.once('connect', () => socket.write(hello()));
  socket.on('data', (chunk) => {
    chunks.push(chunk);
    const reply = Buffer.concat(chunks);
    if (reply.length < 4 || reply.length < reply.readInt32LE(0)) return;
    resolve(reply.includes(PRIMARY));
    socket.destroy();
  });
  // A refused connection is an answer, and is followed by 'close'.
  socket.on('error', () => resolve(false));
  socket.once('close', () => resolve(false));
  return promise;
}

/** The element `isWritablePrimary: true` in BSON. */
const PRIMARY = Buffer.from('\x08isWritablePrimary\x00\x01', 'latin1');

/** The message `{ hello: 1, $db: "admin" }`. */
function hello(): Buffer {
  const elements = Buffer.from('\x10hello\0\x01\0\0\0\x02$db\0\x06\0\0\0admin\0\0', 'latin1');
  const head = Buffer.alloc(25);
  head.writeInt32LE(head.length + elements.length, 0);
  head.writeInt32LE(1, 4);
  head.writeInt32LE(OP_MSG, 12);
  // No flags, one section of kind 0, and the length of its document.
  head.writeInt32LE(4 + elements.length, 21);
  return Buffer.concat([head, elements]);
}
