// Looks at every answer of a test app: a code that no list explains is one that docs/errors.md does not have.
import type { FastifyInstance } from 'fastify';
import { isDetailCode } from '../src/detail-codes.ts';

interface Coded {
  error?: { details?: { code: string }[] };
  meta?: { warnings?: { code: string }[] };
}

/** Returns what throws when an answer held an unexplained code. */
export function watchCodes(http: FastifyInstance): () => void {
  const unexplained = new Set<string>();
  http.addHook('onSend', async (request, _reply, payload) => {
    if (!request.routeOptions.config.route || typeof payload !== 'string' || !payload.startsWith('{')) return;
    const { error, meta } = JSON.parse(payload) as Coded;
    for (const { code } of [...(error?.details ?? []), ...(meta?.warnings ?? [])]) {
      if (!isDetailCode(code)) unexplained.add(code);
    }
  });
  return () => {
    if (unexplained.size === 0) return;
    throw new Error(`Add to server/src/detail-codes.ts: ${[...unexplained].join(', ')}.`);
  };
}
