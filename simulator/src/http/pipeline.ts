// The path of every API call: ledger, faults before, who calls, limits, the act, faults after, answer.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Environment } from '../store/model.ts';
import type { World } from '../world.ts';
import { applyFaults, type Delivery, deliver } from './apply-fault.ts';
import { admit, admitApp, type Caller, findCaller, refuseBlocked } from './auth.ts';
import { forLedger, type LedgerEntry } from './ledger.ts';
import type { Answer, AppOperation, Operation } from './operation.ts';
import { parseForm, parseJson } from './parse.ts';
import { bodyTooLarge, Refusal } from './refusal.ts';
import { newRequestId } from './request-id.ts';

declare module 'fastify' {
  interface FastifyRequest {
    ledgerEntry: LedgerEntry | null;
    startedAt: number;
  }
}

/** Done when a request arrives, before its body is read, so that a broken one is in the ledger too. */
export function enterLedger(
  world: World,
  environment: Environment | null,
  request: FastifyRequest,
  reply: FastifyReply,
  operation: string | null,
): void {
  const requestId = newRequestId();
  reply.header('x-pinterest-rid', requestId);
  const caller = findCaller(world, request.headers.authorization);
  const [path = ''] = request.url.split('?');
  request.startedAt = performance.now();
  request.ledgerEntry = world.ledger.open({
    at: world.clock.now().toISOString(),
    method: request.method,
    path: path.slice(0, 500),
    query: (forLedger({ ...(request.query as object) }) ?? {}) as Record<string, unknown>,
    operation,
    environment,
    accountId: caller?.account.id ?? null,
    appId: caller?.app.id ?? null,
    body: null,
    status: null,
    durationMs: null,
    faults: [],
    answer: 'pending',
    requestId,
  });
}

export function closeEntry(
  request: FastifyRequest,
  status: number | null,
  answer: LedgerEntry['answer'],
): void {
  const entry = request.ledgerEntry;
  if (entry === null || entry.answer !== 'pending') return;
  entry.status = status;
  entry.answer = answer;
  entry.durationMs = Math.round((performance.now() - request.startedAt) * 100) / 100;
}

export async function serveOperation(
  world: World,
  environment: Environment,
  operation: Operation,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const found = findCaller(world, request.headers.authorization);
  let limitHeaders: Record<string, string> = {};
  return serve(world, operation.id, found, request, reply, async () => {
    const caller = admit(world, operation, environment, found && refreshed(world, found));
    const nowMs = world.clock.nowMs();
    const limitCall = { accountId: caller.account.id, app: caller.app, category: operation.category };
    limitHeaders = world.limits.take(limitCall, world.settings().limits, nowMs);
    reply.headers(limitHeaders);
    refuseBlocked(world, operation, caller.account);
    return operation.handle({
      world,
      environment,
      ...caller,
      params: request.params,
      query: request.query,
      json: () => jsonBody(world, request),
      requestNumber: request.ledgerEntry?.requestNumber ?? 0,
    });
  });
}

export async function serveAppOperation(
  world: World,
  environment: Environment,
  operation: AppOperation,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  return serve(world, operation.id, undefined, request, reply, () => {
    const app = admitApp(world, request.headers.authorization);
    if (request.ledgerEntry !== null) request.ledgerEntry.appId = app.id;
    const noteAccount = (accountId: string) => {
      if (request.ledgerEntry !== null) request.ledgerEntry.accountId = accountId;
    };
    return operation.handle({ world, environment, app, form: () => formBody(request), noteAccount });
  });
}

async function serve(
  world: World,
  operationId: string,
  caller: Caller | undefined,
  request: FastifyRequest,
  reply: FastifyReply,
  act: () => Answer | Promise<Answer>,
): Promise<FastifyReply> {
  const entry = request.ledgerEntry;
  const call = { operation: operationId, accountId: caller?.account.id ?? null };
  const note = (when: string, kinds: readonly { kind: string }[]) =>
    entry?.faults.push(...kinds.map(({ kind }) => `${kind} ${when}`));

  const before = world.faults.strike('before', call);
  note('before', before);
  let delivery = await applyFaults(world, before, caller, null);
  if (delivery === null && world.closing.aborted) delivery = { kind: 'cut' };
  if (delivery === null) {
    const answer = await actOrRefuse(act);
    delivery = { kind: 'send', answer };
    // "After the effect" needs an effect: a refused call is not struck, nor counted.
    if (answer.status < 400) {
      const after = world.faults.strike('after', call);
      note('after', after);
      delivery = (await applyFaults(world, after, caller, answer)) ?? delivery;
    }
  }
  send(request, reply, delivery);
  return reply;
}

function send(request: FastifyRequest, reply: FastifyReply, delivery: Delivery): void {
  const outcome = deliver(reply, delivery);
  closeEntry(request, delivery.kind === 'cut' ? null : delivery.answer.status, outcome);
}

async function actOrRefuse(act: () => Answer | Promise<Answer>): Promise<Answer> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof Refusal) return refusalAnswer(error);
    throw error;
  }
}

export function refusalAnswer(refusal: Refusal): Answer {
  return { status: refusal.status, body: refusal.body, headers: refusal.headers };
}

/** A fault's wait or event may have changed them since the call arrived. */
function refreshed(world: World, caller: Caller): Caller | undefined {
  const token = world.store.rows.tokens.get(caller.token.id);
  const account = world.store.rows.accounts.get(caller.account.id);
  const app = world.store.rows.apps.get(caller.app.id);
  return token && account && app ? { token, account, app } : undefined;
}

function bytesOf(request: FastifyRequest): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}

function jsonBody(world: World, request: FastifyRequest): unknown {
  const bytes = bytesOf(request);
  if (bytes.length > world.settings().bodyBytesMax) throw bodyTooLarge();
  const body = parseJson(bytes, request.headers['content-type']);
  if (request.ledgerEntry !== null) request.ledgerEntry.body = forLedger(body);
  return body;
}

function formBody(request: FastifyRequest): Record<string, string> {
  const form = parseForm(bytesOf(request), request.headers['content-type']);
  if (request.ledgerEntry !== null) request.ledgerEntry.body = forLedger(form);
  return form;
}
