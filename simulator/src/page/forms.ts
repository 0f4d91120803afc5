// Reads the forms of the pages, and refuses forms that a page of another site submits.
import type { FastifyRequest } from 'fastify';
import { ControlError } from '../ground/control-error.ts';

export function formOf(request: FastifyRequest): URLSearchParams {
  return new URLSearchParams(Buffer.isBuffer(request.body) ? request.body.toString('utf8') : '');
}

/**
 * Throws when a browser says that another site sent the request. Browsers send Sec-Fetch-Site only to https and localhost, and
 * Origin with every POST to another site. Programs send neither and are allowed.
 */
export function refuseForeignForm(request: FastifyRequest): void {
  const { origin, host } = request.headers;
  const from = request.headers['sec-fetch-site'];
  const isOwnOrigin = origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
  if (isOwnOrigin && (from === undefined || from === 'same-origin' || from === 'none')) return;
  throw new ControlError(403, 'Requests from pages of other sites are not allowed.');
}

/**
 * Throws for a request to another host than this machine or the address of the simulator. A page can make a name of its own
 * lead here (DNS rebinding), and then it is not a page of another site.
 * @param ownUrl Where the simulator listens
 */
export function refuseForeignHost(request: FastifyRequest, ownUrl: string): void {
  const { host } = request.headers;
  if (host === undefined) return;
  const name = host.replace(/:\d{1,5}$/, '').toLowerCase();
  const isLoopback = name === 'localhost' || name === '[::1]' || /^127(\.\d{1,3}){3}$/.test(name);
  if (isLoopback || (ownUrl !== '' && new URL(ownUrl).hostname === name)) return;
  throw new ControlError(
    403,
    `The simulator answers only on this machine, not as ${JSON.stringify(name.slice(0, 100))}.`,
  );
}
