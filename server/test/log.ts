// Collects log lines for tests.
import type { DestinationStream } from 'pino';

export type LogLine = Record<string, unknown> & { level: number; msg: string };

export const errorLevel = 50;

export function collectLog(lines: LogLine[]): DestinationStream {
  return { write: (line) => void lines.push(JSON.parse(line) as LogLine) };
}
