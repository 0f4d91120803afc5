// Checks every response of a test app: each code must be listed in docs/errors.md, and each refusal must be declared by
// its operation and so be in the OpenAPI document.
import type { FastifyInstance } from 'fastify';
import { errorDetailCodes, isDetailCode } from '../src/detail-codes.ts';
import type { Route } from '../src/platform/http/contract/index.ts';
import { refusalsOf } from '../src/platform/http/index.ts';

interface Body {
  data?: unknown;
  error?: { reason: string; details?: { code: string }[] };
  meta?: { warnings?: { code: string }[] };
}

/** Returns a function that throws if a response had an unlisted code or an undeclared refusal. */
export function watchCodes(http: FastifyInstance): () => void {
  const unexplained = new Set<string>();
  const undeclared = new Set<string>();
  http.addHook('onSend', async (request, _reply, payload) => {
    const { route } = request.routeOptions.config;
    if (!route || typeof payload !== 'string' || !payload.startsWith('{')) return;
    const { data, error, meta } = JSON.parse(payload) as Body;
    for (const { code } of error?.details ?? []) {
      if (!errorDetailCodes.includes(code)) unexplained.add(code);
    }
    const codes = [...(error?.details ?? []), ...(meta?.warnings ?? []), ...codedIn(data)];
    for (const { code } of codes) if (!isExplained(code, route)) unexplained.add(code);
    if (error && !reasonsOf(route).has(error.reason)) undeclared.add(`${route.operationId}: ${error.reason}`);
  });
  return () => {
    const problems = [
      ...[...unexplained].map((code) => `No list explains "${code}": add it to server/src/detail-codes.ts.`),
      ...[...undeclared].map((refusal) => `Not among the refusals of the route: ${refusal}.`),
    ];
    if (problems.length > 0) throw new Error(problems.join('\n'));
  };
}

const reasonsOf = (route: Route) => new Set(refusalsOf(route).map(({ declaration }) => declaration.reason));

/** The code of a refusal in a list is its reason, when the refusal concerns no single field. */
const isExplained = (code: string, route: Route) => isDetailCode(code) || reasonsOf(route).has(code);

/** Returns everything in a response that has a code and a message: failures of posts, entries of batches, findings. */
function codedIn(value: unknown): { code: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  const inside = Object.values(value).flatMap(codedIn);
  const isCoded = 'code' in value && typeof value.code === 'string' && 'message' in value;
  return isCoded ? [{ code: value.code as string }, ...inside] : inside;
}
