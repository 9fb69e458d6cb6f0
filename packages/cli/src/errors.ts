/** What a person did wrong: another argument, file or map mends it. Exit code 2. */
export class UsageError extends Error {
  readonly code = 'usage';
  readonly exitCode = 2;
  override readonly name = 'UsageError';
}

/** What went wrong although the command was right. Exit code 1. */
export class CommandFailedError extends Error {
  readonly code = 'command-failed';
  readonly exitCode = 1;
  override readonly name = 'CommandFailedError';
}
