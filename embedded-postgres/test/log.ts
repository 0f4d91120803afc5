// Logs for tests: one discards its lines, one writes them as JSON.
import type { Log } from '../src/log.ts';

export const silentLog: Log = createLog(() => undefined);

export function createLog(write: (line: string) => void): Log {
  const level = (name: string) => (fields: object | string, message?: string) =>
    write(
      `${JSON.stringify(typeof fields === 'string' ? { level: name, msg: fields } : { level: name, ...fields, msg: message })}\n`,
    );
  return { debug: level('debug'), info: level('info'), warn: level('warn'), error: level('error') };
}
