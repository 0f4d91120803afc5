// GET /metrics. Metrics contain no tenant, but the load of an installation is not public. With METRICS_TOKEN, callers
// need the token. Without it, only callers on this machine are served, and nobody where a proxy on this machine may stand
// before the server: where it has a public URL or listens on other addresses. Others get 404.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { noSuchRoute, type SystemPaths } from '../platform/http/contract/index.ts';

import type { Metrics } from '../platform/metrics.ts';

export const metricsPaths: SystemPaths = {
  '/metrics': {
    operationId: 'getMetrics',
    summary: 'Metrics of this process, for Prometheus',
    description:
      'If METRICS_TOKEN is set, the token is required as `Authorization: Bearer`. Otherwise only callers on this machine are served, and nobody if PUBLIC_URL or HOST name another address.',
    responses: {
      200: { description: 'Metrics in the text format of Prometheus.', type: 'text/plain' },
      404: { description: 'The caller may not see metrics.' },
    },
  },
};

export function registerMetrics(
  app: FastifyInstance,
  { metrics, token, isLocal }: { metrics: Metrics; token: string | undefined; isLocal: boolean },
): void {
  app.get('/metrics', async (request, reply) => {
    const isAllowed = token === undefined ? isLocal && isFromHere(request) : hasToken(request, token);
    if (!isAllowed) throw noSuchRoute();
    const { contentType, text } = await metrics.read();
    return reply.type(contentType).send(text);
  });
}

const forwardingHeaders = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];

/** Returns true for callers on this machine, except requests that a local proxy forwarded, recognized by their headers. */
function isFromHere(request: FastifyRequest): boolean {
  const address = request.socket.remoteAddress ?? '';
  const isLoopback = address === '::1' || /^(::ffff:)?127\./.test(address);
  return isLoopback && !forwardingHeaders.some((name) => name in request.headers);
}

function hasToken(request: FastifyRequest, token: string): boolean {
  const sent = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
  // Hashed, because the comparison requires equal lengths. Its duration then reveals nothing.
  return timingSafeEqual(digest(sent), digest(token));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
