// The text that a person at a terminal reads when a command fails: the message, and the stack only for bugs.
import { EmbeddedPostgresProblem } from '@pintail/embedded-postgres';
import { ConfigError } from '../config.ts';
import { SetupProblem } from '../platform/db/index.ts';
import { Outage, Refusal } from '../platform/errors.ts';

/** A problem that the person at the terminal can fix: the message is enough. */
export class CommandProblem extends Error {
  override readonly name = 'CommandProblem';
}

export function explainFailure(error: unknown): string {
  if (
    error instanceof ConfigError ||
    error instanceof SetupProblem ||
    error instanceof EmbeddedPostgresProblem ||
    error instanceof CommandProblem ||
    error instanceof Outage
  )
    return error.message;
  if (error instanceof Refusal) {
    return [error.message, ...error.details.map((detail) => `  ${detail.message}`)].join('\n');
  }
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    const port = 'port' in error ? String(error.port) : 'that it needs';
    return `Port ${port} is taken by another program. Is Pintail running already? Otherwise set PORT or SIMULATOR_PORT to a free one.`;
  }
  if (code === 'EACCES' && 'syscall' in error && error.syscall === 'listen') {
    return 'This user may not listen on that port. Use a port above 1023.';
  }
  return error.stack ?? error.message;
}
