// Distinguishes "the database cannot do it now" from "the statement is wrong". The driver has no common code for a lost
// connection: it may be a socket error, a shutdown error of the server, or an error of the driver itself, recognized by its
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

/** The database closes the connection, or accepts none: admin_shutdown, crash_shutdown, cannot_connect_now, … */
const connectionCodes = new Set(['57P01', '57P02', '57P03', '57P04', '57P05', '25P03', '53300']);

/** Another transaction was in the way. Nothing was written, and the same transaction can run again at once. */
const repeatableCodes = new Map([
  ['40001', 'had a conflict between two transactions'], // serialization_failure
  ['40P01', 'had a deadlock between two transactions'], // deadlock_detected
]);

/** Conditions of the server that pass, with what the Outage says. */
const passingCodes = new Map([
  ...repeatableCodes,
  ['25006', 'accepts no writes: it is a standby, or read-only'], // read_only_sql_transaction
  ['55P03', 'could not get a lock in time'], // lock_not_available
  ['57014', 'took too long'], // query_canceled, which is also the statement timeout
  ['53100', 'has no space left on its disk'], // disk_full
  ['53200', 'is out of memory'], // out_of_memory
]);

/** insufficient_resources, and errors of the disk or the operating system. Corrupted data (XX001, XX002) does not pass. */
const passingClasses = new Map([
  ['53', 'is short of resources'],
  ['58', 'has a problem with its disk or its operating system'],
]);

/** Messages of pg 8.23 for errors without a code. */
const driverTexts =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Client has encountered a connection error|Client was closed and is not queryable|Cannot use a pool after calling end)/;

export function isConnectionFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = codeOf(error);
  if (code) return socketCodes.has(code) || connectionCodes.has(code) || code.startsWith('08');
  return driverTexts.test(error.message);
}

/** Whether a transaction failed only because of another one, so that it can run again at once. */
export function isRepeatable(error: unknown): boolean {
  return error instanceof Outage && repeatableCodes.has(codeOf(error.cause));
}

/**
 * Whether the server accepts no writes. After a failover the address may lead to the new primary, but only for new
 * connections.
 */
export function isReadOnly(error: unknown): boolean {
  return codeOf(error) === '25006';
}

/** Returns the error to throw instead of `error`: an Outage if the database cannot do it now, otherwise the error itself. */
export function asOutage(error: unknown): unknown {
  if (isConnectionFailure(error)) return new Outage('The database', error);
  const code = codeOf(error);
  const what = passingCodes.get(code) ?? passingClasses.get(code.length === 5 ? code.slice(0, 2) : '');
  return what === undefined ? error : new Outage('The database', error, what);
}

/** Returns the code of an error of the driver, of PostgreSQL or of a socket; empty if it has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
