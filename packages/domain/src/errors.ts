/** Raised by `evolve` for an event that cannot follow the state: the log was not written by this decider. */
export class ImpossibleEventError extends Error {
  readonly code = 'impossible-event';

  constructor(type: string, status: string, why: string) {
    super(`${type} cannot follow status ${status}: ${why}`);
  }
}

/** Raised by `decide` for a command that was sent to the stream of something else. */
export class MisroutedCommandError extends Error {
  readonly code = 'misrouted-command';
}
