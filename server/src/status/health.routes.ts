// Health and readiness, for load balancers and people. Outside /v1 and without a key.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { NotReady, type ReadinessCheck } from '../features/system/readiness.ts';

interface CheckResult {
  name: string;
  ok: boolean;
  reason?: string;
}

/** The bare answer of /health is the hosted API's (docs/api-contract.md#compatibility). */
export function registerHealth(app: FastifyInstance, checks: readonly ReadinessCheck[]): void {
  app.get('/health', (_request, reply) => reply.send({ status: 'ok' }));

  // Many who ask at once are answered by one look: asking is free for strangers.
  let looking: Promise<CheckResult[]> | null = null;
  app.get('/ready', async (request, reply) => {
    looking ??= Promise.all(checks.map((check) => examine(check, request))).finally(() => {
      looking = null;
    });
    const results = await looking;
    const isReady = results.every((result) => result.ok);
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'not_ready', checks: results });
  });
}

async function examine(
  { name, check, reason }: ReadinessCheck,
  request: FastifyRequest,
): Promise<CheckResult> {
  try {
    await check();
    return { name, ok: true };
  } catch (error) {
    request.log.warn({ err: error, part: name }, 'not ready');
    return { name, ok: false, reason: error instanceof NotReady ? error.message : reason };
  }
}
