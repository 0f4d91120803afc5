// Health and readiness, for load balancers and people. Outside /v1 and without a key.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Check, runCheck } from '../platform/checks/index.ts';

interface CheckAnswer {
  name: string;
  ok: boolean;
  reason?: string;
}

/** The bare answer of /health is the hosted API's (docs/api-contract.md#compatibility). */
export function registerHealth(app: FastifyInstance, checks: readonly Check[]): void {
  app.get('/health', (_request, reply) => reply.send({ status: 'ok' }));

  // Concurrent requests share one run: strangers may request it as often as they like.
  let running: Promise<CheckAnswer[]> | null = null;
  app.get('/ready', async (request, reply) => {
    running ??= Promise.all(checks.map((check) => answerOf(check, request))).finally(() => {
      running = null;
    });
    const answers = await running;
    const isReady = answers.every((answer) => answer.ok);
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'not_ready', checks: answers });
  });
}

async function answerOf(check: Check, request: FastifyRequest): Promise<CheckAnswer> {
  const { name } = check;
  const { status, message, cause } = await runCheck(check);
  if (status !== 'failed') return { name, ok: true };
  request.log.warn({ err: cause, part: name, reason: message }, 'not ready');
  return { name, ok: false, reason: message };
}
