// Forms of the pages: reading them, and refusing those that another site's page sends here.

import type { FastifyRequest } from 'fastify';
import { ControlError } from '../control/control-error.ts';

export function formOf(request: FastifyRequest): URLSearchParams {
  return new URLSearchParams(Buffer.isBuffer(request.body) ? request.body.toString('utf8') : '');
}

/** Browsers say where a request comes from; programs say nothing and are welcome. */
export function refuseForeignForm(request: FastifyRequest): void {
  const from = request.headers['sec-fetch-site'];
  if (from === undefined || from === 'same-origin' || from === 'none') return;
  throw new ControlError(403, 'This was sent by the page of another site.');
}
