// While examples are collected (scripts/examples.ts), each test app records its successful exchanges, one line each.
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { expect } from 'vitest';

export interface Exchange {
  testFile: string;
  /** The position among the responses of the file. */
  number: number;
  operationId: string;
  body?: unknown;
  answer: unknown;
}

let number = 0;

/** Has no effect unless PINTAIL_RECORD_EXAMPLES names a folder. */
export function recordExamples(http: FastifyInstance): void {
  const folder = process.env.PINTAIL_RECORD_EXAMPLES;
  if (!folder) return;
  // Stores the body as sent: validation replaces it.
  http.addHook('preValidation', async (request) => {
    const isJson = request.headers['content-type']?.startsWith('application/json');
    Object.assign(request, { sentBody: isJson ? request.body : undefined });
  });
  http.addHook('onSend', async (request, reply, payload) => {
    const { route } = request.routeOptions.config;
    if (!route || reply.statusCode !== route.status || typeof payload !== 'string') return;
    number += 1;
    const exchange: Exchange = {
      testFile: expect.getState().testPath ?? '',
      number,
      operationId: route.operationId,
      body: (request as { sentBody?: unknown }).sentBody ?? undefined,
      answer: JSON.parse(payload),
    };
    appendFileSync(join(folder, `${process.pid}.jsonl`), `${JSON.stringify(exchange)}\n`);
  });
}
