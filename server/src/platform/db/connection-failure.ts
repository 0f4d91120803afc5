// Distinguishes "the database is unavailable" from "the statement is wrong". The driver has no common code for the
// former: it may be a socket error, a shutdown error of the server, or an error of the driver itself, recognized by its
// text.
import { Outage } from '../errors.ts';

const socketCodes = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT', // the Unix socket does not exist
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/** admin_shutdown, crash_shutdown, cannot_connect_now, too_many_connections. Class 08: connection exceptions. */
const serverCodes = new Set(['57P01', '57P02', '57P03', '53300']);

/** Messages of pg 8.23 for errors without a code. */
const driverTexts =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Client has encountered a connection error|Client was closed and is not queryable|Cannot use a pool after calling end)/;

export function isConnectionFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code) return socketCodes.has(code) || serverCodes.has(code) || code.startsWith('08');
  return driverTexts.test(error.message);
}

/** Returns the error to throw instead of `error`: an Outage if the database is unavailable, otherwise the error itself. */
export function asOutage(error: unknown): unknown {
  return isConnectionFailure(error) ? new Outage('The database', error) : error;
}
