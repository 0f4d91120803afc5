// Health and readiness, for load balancers and people. Outside /v1, without a key.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type Check, runCheck } from '../platform/checks/index.ts';
import type { SystemPaths } from '../platform/http/contract/index.ts';

const Health = z
  .object({ status: z.literal('ok').meta({ description: 'The process responds.' }) })
  .meta({ id: 'Health' });

const CheckAnswer = z.object({
  name: z.string().meta({ description: 'The part that was checked.', example: 'database' }),
  ok: z.boolean().meta({ description: 'Whether the check passed.' }),
  reason: z.string().optional().meta({ description: 'Why the check failed.' }),
  warning: z.string().optional().meta({
    description:
      'The check passed, and something needs attention: the clock was set back, the disk is nearly full.',
  }),
});
type CheckAnswer = z.output<typeof CheckAnswer>;

const Readiness = z
  .object({
    status: z.enum(['ready', 'not_ready']).meta({ description: '`ready` when every check passed.' }),
    checks: z.array(CheckAnswer).meta({ description: 'All checks, in a fixed order.' }),
  })
  .meta({ id: 'Readiness' });

export const healthPaths: SystemPaths = {
  '/health': {
    operationId: 'getHealth',
    summary: 'Check that the process responds',
    description:
      'Checks nothing else. For load balancers, and for supervisors that restart a process that hangs.',
    responses: { 200: { description: 'The process responds.', type: 'application/json', schema: Health } },
  },
  '/ready': {
    operationId: 'getReadiness',
    summary: 'Check that the process can do its work',
    description: 'Checks the database, the storage and the other parts that this process needs.',
    responses: {
      200: { description: 'Every check passed.', type: 'application/json', schema: Readiness },
      503: { description: 'A check failed; `reason` says why.', type: 'application/json', schema: Readiness },
    },
  },
};

/** The response of /health has no envelope, as in the hosted API (docs/api-contract.md#compatibility). */
export function registerHealth(app: FastifyInstance, checks: readonly Check[]): void {
  app.get('/health', (_request, reply) => reply.send({ status: 'ok' }));

  // Concurrent requests share one run, because anyone can send any number of them.
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
  if (status === 'ok') return { name, ok: true };
  if (status === 'warning') return { name, ok: true, warning: message };
  request.log.warn({ err: cause, part: name, reason: message }, 'not ready');
  return { name, ok: false, reason: message };
}
