// Structured logs. Redaction is the last line of defense: code must not log secrets.
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

/** @param to The destination of the lines. Default: standard output */
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
  // In this process rather than a worker thread, which takes less memory and does not lose the last lines before an
  // exit.
  return pino(
    options,
    pretty({ destination: asStream(standardOutput()), translateTime: 'SYS:HH:MM:ss.l', singleLine: true }),
  );
}

/** Ignores errors of a reader that is gone, such as a closed terminal, so that the process can complete its work. */
function standardOutput(): DestinationStream {
  const output = destination({ dest: 1, sync: true });
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EIO' && error.code !== 'EPIPE') throw error;
    output.write = () => true;
  });
  return output;
}

/** Wraps the output in a stream that never fails, because pino-pretty stops writing after an error. */
function asStream(output: DestinationStream): Writable {
  return new Writable({
    decodeStrings: false,
    write(line: string, _encoding, done) {
      output.write(line);
      done();
    },
  });
}

/** Adds the current ids, except those that the logger already has: many parsers reject JSON with duplicate keys. */
function addIds(_line: object, _level: number, logger: Logger): object {
  const ids = presentLogIds();
  if (!ids) return {};
  const bound = logger.bindings();
  return Object.fromEntries(Object.entries(ids).filter(([name]) => !(name in bound)));
}

/** Returns the useful fields of an error. Some libraries attach whole connections, including passwords. */
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
