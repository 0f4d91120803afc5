// Health and readiness, for load balancers and people. Outside /v1 and without a key.
import type { FastifyInstance } from 'fastify';

export interface ReadinessCheck {
  name: string;
  /** Resolves when the part works; throws otherwise. */
  check(): Promise<void>;
}

/** The bare answer of /health is the hosted API's (api.md, section 1). */
export function registerHealth(app: FastifyInstance, checks: readonly ReadinessCheck[]): void {
  app.get('/health', (_request, reply) => reply.send({ status: 'ok' }));

  app.get('/ready', async (request, reply) => {
    const results = await Promise.all(
      checks.map(async ({ name, check }) => {
        try {
          await check();
          return { name, ok: true };
        } catch (error) {
          request.log.warn({ err: error, part: name }, 'not ready');
          return { name, ok: false };
        }
      }),
    );
    const isReady = results.every((result) => result.ok);
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'not_ready', checks: results });
  });
}
