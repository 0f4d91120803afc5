// The ids of a request's path that are added to its log lines.
import type { FastifyRequest } from 'fastify';
import { isPrefixedId } from '../ids.ts';
import type { LogIds } from '../log-ids.ts';

/** Returns the ids in the path. Values that are not valid ids are not logged, because callers can write anything. */
export function pathIdsOf(request: FastifyRequest, prefixes: LogIdPrefixes): LogIds {
  const parameters = request.params as Record<string, unknown>;
  const ids: Record<string, string> = {};
  for (const [name, prefix] of Object.entries(prefixes)) {
    const value = parameters[name];
    if (typeof value === 'string' && isPrefixedId(prefix, value)) ids[name] = value;
  }
  return ids;
}

/** The names of path parameters to log, each with the prefix of its ids. */
export type LogIdPrefixes = Readonly<Record<string, string>>;
