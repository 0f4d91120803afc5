// Finds the methods that a path supports, so that a wrong method is refused with 405 instead of 404.
import type { FastifyInstance } from 'fastify';

/** Returns the methods with which a path can be requested, sorted; none for an unknown path. */
export type AllowedMethods = (path: string) => string[];

/** Records all routes of a server. Call it before the first route is added. */
export function recordMethods(app: FastifyInstance): AllowedMethods {
  const methodsOf = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    // The plugin for CORS answers OPTIONS for every path.
    if (url === '*') return;
    const methods = methodsOf.get(url) ?? new Set();
    for (const name of [method].flat()) methods.add(name);
    methodsOf.set(url, methods);
  });
  return (path) => {
    const segments = path.split('/');
    const matching = [...methodsOf].filter(([url]) => matches(url.split('/'), segments));
    return [...new Set(matching.flatMap(([, methods]) => [...methods]))].sort();
  };
}

/** Whether a path matches a route: a parameter matches one segment that is not empty, and `*` matches the rest. */
function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  const rest = pattern.indexOf('*');
  if (rest === -1 && pattern.length !== segments.length) return false;
  return pattern.slice(0, rest === -1 ? undefined : rest).every((part, index) => {
    const segment = segments[index];
    return part.startsWith(':') ? Boolean(segment) : part === segment;
  });
}
