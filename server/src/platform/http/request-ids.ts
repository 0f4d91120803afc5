// The ids in a request's path that its log lines have.
import type { FastifyRequest } from 'fastify';
import { isPrefixedId } from '../ids.ts';
import type { LogIds } from '../log-ids.ts';

/** A text that a caller wrote into the path is logged only if it has the form of an id. */
export function pathIdsOf(request: FastifyRequest, prefixes: LogIdPrefixes): LogIds {
  const parameters = request.params as Record<string, unknown>;
  const ids: Record<string, string> = {};
  for (const [name, prefix] of Object.entries(prefixes)) {
    const value = parameters[name];
    if (typeof value === 'string' && isPrefixedId(prefix, value)) ids[name] = value;
  }
  return ids;
}

/** Path parameters that log lines have, each with the prefix of its ids. */
export type LogIdPrefixes = Readonly<Record<string, string>>;
