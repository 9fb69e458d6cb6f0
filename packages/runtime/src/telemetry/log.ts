import { type DestinationStream, pino } from 'pino';

/** What is logged: a message and fields that hold no personal data; bodies, headers and URLs with keys never are. */
export type Log = Pick<ReturnType<typeof pino>, 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'isLevelEnabled'>;

export interface LogOptions {
  readonly level: string;
  readonly service: string;
  /** Absent: standard output. */
  readonly destination?: DestinationStream;
}

/** Fields that hold, or may hold, what belongs to a person; they are taken away wherever somebody logs them. */
const personal = ['personal', 'body', 'headers', 'key', 'query', 'params', 'url', 'authorization'];

/** A logger that writes JSON lines. Errors are reduced to what says nothing of the data they arose on. */
export function createLog(options: LogOptions): Log {
  return pino(
    {
      level: options.level,
      base: { service: options.service },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: personal.flatMap((name) => [name, `*.${name}`]), remove: true },
      serializers: { err: describeError },
    },
    options.destination ?? pino.destination({ sync: false }),
  );
}

interface LoggedError {
  readonly name: string;
  readonly code?: string;
  readonly message: string;
  readonly stack?: string;
  readonly cause?: LoggedError;
}

/** Name, code, message and stack; no other properties, as those may carry the data at fault. */
function describeError(error: unknown): LoggedError {
  if (!(error instanceof Error)) return { name: typeof error, message: 'not an error' };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return {
    name: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code }),
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}
