import type { MessageSink } from './grpc.ts';

/** Sends a message and waits while the client has more than it can take. Rejects nobody: see `cancelled`. */
export async function send<Response>(call: MessageSink<Response>, message: Response): Promise<void> {
  if (call.cancelled || call.write(message)) return;
  await new Promise<void>((resolve) => {
    const events = ['drain', 'cancelled', 'close', 'error'];
    const done = (): void => {
      for (const event of events) call.off(event, done);
      resolve();
    };
    for (const event of events) call.on(event, done);
  });
}
