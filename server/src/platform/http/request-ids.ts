// Which account and post a request is about, for its log lines.
import type { FastifyRequest } from 'fastify';
import { isId } from '../ids.ts';
import type { LogIds } from '../log-ids.ts';

/** From the path. What a caller wrote there is logged only if it looks like an id of ours. */
export function idsOf(request: FastifyRequest): LogIds {
  const { accountId, postId } = (request.params ?? {}) as Record<string, unknown>;
  return {
    ...(typeof accountId === 'string' && isId('acc', accountId) && { accountId }),
    ...(typeof postId === 'string' && isId('post', postId) && { postId }),
  };
}
