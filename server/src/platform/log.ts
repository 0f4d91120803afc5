// Structured logs. Secrets are redacted here as a last defence; the first is not to pass them.
import { type DestinationStream, type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
import { presentLogIds } from './log-ids.ts';

export type Log = Logger;

export interface LogSettings {
  level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
  format: 'pretty' | 'json';
}

const redacted = ['authorization', 'accessToken', 'refreshToken', 'secret', 'password', 'token'];

/** @param destination Where the lines go; standard output unless a test wants to read them. */
export function createLog(settings: LogSettings, destination?: DestinationStream): Log {
  const options = {
    level: settings.level,
    redact: { paths: redacted.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: '[redacted]' },
    base: null,
    mixin: addIds,
    serializers: { err: describeError },
  };
  if (destination) return pino(options, destination);
  if (settings.format === 'json') return pino(options);
  // In this process rather than in a worker thread: less memory, and the last lines before an exit are kept.
  return pino(options, pretty({ sync: true, translateTime: 'SYS:HH:MM:ss.l', singleLine: true }));
}

/** What the line itself or its logger says already is left out: twice the same key is no valid JSON for many. */
function addIds(_line: object, _level: number, logger: Logger): object {
  const ids = presentLogIds();
  if (!ids) return {};
  const bound = logger.bindings();
  return Object.fromEntries(Object.entries(ids).filter(([name]) => !(name in bound)));
}

/** What helps of an error. Libraries hang whole connections on theirs, passwords included. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return {
    type: error.name,
    message: error.message,
    stack: error.stack,
    ...('code' in error && { code: error.code }),
    ...(error.cause !== undefined && { cause: describeError(error.cause) }),
  };
}
