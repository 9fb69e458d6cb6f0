import { type EventStoreDBDouble, openEventStoreDBDouble } from './double.ts';
import type { FailureControls } from './failures.ts';
import type { Failure, FromServer, ToServer } from './protocol.ts';

/** The double as a process of its own: options and failures come over IPC. It ends with its parent. */
let double: EventStoreDBDouble | undefined;

const tell = (message: FromServer): void => {
  process.send?.(message);
};

const apply = (failures: FailureControls, failure: Failure): Promise<void> => {
  switch (failure.name) {
    case 'dropAnswers':
      return failures.dropAnswers(...failure.args);
    case 'breakAppends':
      return failures.breakAppends(...failure.args);
    case 'breakReads':
      return failures.breakReads(...failure.args);
    case 'delayAnswers':
      return failures.delayAnswers(...failure.args);
    case 'refuse':
      return failures.refuse(...failure.args);
    case 'heal':
      return failures.heal();
  }
};

const receive = async (message: ToServer): Promise<void> => {
  if (message.kind === 'start') {
    double = await openEventStoreDBDouble(message.options);
    tell({ kind: 'serving', port: double.port });
  } else if (double) {
    await apply(double.failures, message.failure);
    tell({ kind: 'done', id: message.id });
  }
};

process.on('message', (message: ToServer) => {
  receive(message).catch((error: unknown) => {
    tell({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) });
    process.exitCode = 1;
    process.disconnect();
  });
});
process.on('disconnect', () => process.exit());
// The parent may have gone before this line, when nobody heard of it.
if (!process.connected) process.exit();
process.on('SIGTERM', async () => {
  await double?.close();
  process.exit();
});
