// Distinguishes an unreachable server from a server that refuses. The driver has no common sign for the former.

const socketCodes = new Set(['ECONNABORTED', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);

/** admin_shutdown, crash_shutdown, cannot_connect_now. Class 08 is also a connection failure. */
const serverCodes = new Set(['57P01', '57P02', '57P03']);

/** Messages of pg 8.23 for errors without a code. */
const driverTexts = /^(Connection terminated|timeout exceeded|timeout expired|Query read timeout)/;

export function isConnectionFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code) return socketCodes.has(code) || serverCodes.has(code) || code.startsWith('08');
  return driverTexts.test(error.message);
}
