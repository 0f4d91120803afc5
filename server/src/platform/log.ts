// Structured logs. Secrets are redacted here as a last defence; the first is not to pass them.
import { Writable } from 'node:stream';
import { type DestinationStream, destination, type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
import { presentLogIds } from './log-ids.ts';

export type Log = Logger;

export interface LogSettings {
  level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
  format: 'pretty' | 'json';
}

const redacted = ['authorization', 'accessToken', 'refreshToken', 'secret', 'password', 'token'];

/** @param to Where the lines go; standard output unless a test wants to read them. */
export function createLog(settings: LogSettings, to?: DestinationStream): Log {
  const options = {
    level: settings.level,
    redact: { paths: redacted.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: '[redacted]' },
    base: null,
    mixin: addIds,
    serializers: { err: describeError },
  };
  if (to) return pino(options, to);
  if (settings.format === 'json') return pino(options, standardOutput());
  // In this process rather than in a worker thread: less memory, and the last lines before an exit are kept.
  return pino(
    options,
    pretty({ destination: asStream(standardOutput()), translateTime: 'SYS:HH:MM:ss.l', singleLine: true }),
  );
}

/** When its reader is gone, a closed terminal for example, lines are lost; work under way is not. */
function standardOutput(): DestinationStream {
  const output = destination({ dest: 1, sync: true });
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EIO' && error.code !== 'EPIPE') throw error;
    output.write = () => true;
  });
  return output;
}

/** pino-pretty gives up a stream that has failed once; this one does not fail. */
function asStream(output: DestinationStream): Writable {
  return new Writable({
    decodeStrings: false,
    write(line: string, _encoding, done) {
      output.write(line);
      done();
    },
  });
}

/** Leaves out ids that the line or its logger already has: many parsers reject JSON with a key twice. */
function addIds(_line: object, _level: number, logger: Logger): object {
  const ids = presentLogIds();
  if (!ids) return {};
  const bound = logger.bindings();
  return Object.fromEntries(Object.entries(ids).filter(([name]) => !(name in bound)));
}

/** The useful fields of an error. Some libraries attach whole connections, passwords included. */
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
