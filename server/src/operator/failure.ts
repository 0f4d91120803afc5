// The text that a failed command prints: the message, and the stack only for bugs.
import { EmbeddedPostgresProblem } from '@pintail/embedded-postgres';
import { ConfigError } from '../config.ts';
import { SetupProblem } from '../platform/db/index.ts';
import { Outage, Refusal } from '../platform/errors.ts';

/** A problem that the person at the terminal can fix. Printed without a stack. */
export class CommandProblem extends Error {
  override readonly name = 'CommandProblem';
}

/** Returns the text to print for an error. */
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
    const port = 'port' in error ? `Port ${error.port}` : 'A port';
    return `${port} is in use by another program. If Pintail is not running already, set PORT or SIMULATOR_PORT to a free port.`;
  }
  if (code === 'EACCES' && 'syscall' in error && error.syscall === 'listen') {
    return 'Permission denied to listen on that port. Use a port above 1023.';
  }
  return error.stack ?? error.message;
}
