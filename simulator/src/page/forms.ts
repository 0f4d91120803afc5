// Reads the forms of the pages, and refuses forms that a page of another site submits.
import type { FastifyRequest } from 'fastify';
import { ControlError } from '../ground/control-error.ts';

export function formOf(request: FastifyRequest): URLSearchParams {
  return new URLSearchParams(Buffer.isBuffer(request.body) ? request.body.toString('utf8') : '');
}

/** Throws when a browser says that another site sent the request. Programs send no such header and are allowed. */
export function refuseForeignForm(request: FastifyRequest): void {
  const from = request.headers['sec-fetch-site'];
  if (from === undefined || from === 'same-origin' || from === 'none') return;
  throw new ControlError(403, 'Requests from pages of other sites are not allowed.');
}
