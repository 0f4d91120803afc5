// The path of every API call: ledger, faults before, authentication, limits, operation, faults after, response.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { bodyTooLarge, Refusal } from '../ground/refusal.ts';
import { newRequestId } from '../ground/request-id.ts';
import type { Environment } from '../store/model.ts';
import { applyFaults, type Delivery, deliver, type FaultParts } from './apply-fault.ts';
import { admit, admitApp, type Caller, findCaller, refuseBlocked } from './auth.ts';
import type { FaultBook } from './faults.ts';
import { forLedger, type Ledger, type LedgerEntry } from './ledger.ts';
import type { Limits } from './limits.ts';
import type { Answer, ApiParts, AppOperation, Operation } from './operation.ts';
import { parseForm, parseJson } from './parse.ts';

export interface PipelineParts extends ApiParts, FaultParts {
  ledger: Ledger;
  faults: FaultBook;
  limits: Limits;
}

declare module 'fastify' {
  interface FastifyRequest {
    ledgerEntry: LedgerEntry | null;
    startedAt: number;
  }
}

/** Called when a request arrives, before its body is read, so that an invalid request is in the ledger too. */
export function enterLedger(
  parts: PipelineParts,
  environment: Environment | null,
  request: FastifyRequest,
  reply: FastifyReply,
  operation: string | null,
): void {
  const requestId = newRequestId();
  reply.header('x-pinterest-rid', requestId);
  const caller = findCaller(parts, request.headers.authorization);
  const [path = ''] = request.url.split('?');
  request.startedAt = performance.now();
  request.ledgerEntry = parts.ledger.open({
    at: parts.clock.now().toISOString(),
    method: request.method,
    path: path.slice(0, 500),
    query: (forLedger({ ...(request.query as object) }) ?? {}) as Record<string, unknown>,
    operation,
    environment,
    accountId: caller?.account.id ?? null,
    appId: caller?.app.id ?? null,
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
  parts: PipelineParts,
  environment: Environment,
  operation: Operation,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const arrived = findCaller(parts, request.headers.authorization);
  let limitHeaders: Record<string, string> = {};
  return serve(parts, operation.id, arrived, request, reply, async () => {
    const caller = admit(parts, operation, environment, arrived && refreshed(parts, arrived));
    const nowMs = parts.clock.nowMs();
    const limitCall = { accountId: caller.account.id, app: caller.app, category: operation.category };
    limitHeaders = parts.limits.take(limitCall, parts.settings().limits, nowMs);
    reply.headers(limitHeaders);
    refuseBlocked(parts, operation, caller.account);
    return operation.handle({
      ...parts,
      environment,
      ...caller,
      params: request.params,
      query: request.query,
      json: () => jsonBody(parts, request),
      requestNumber: request.ledgerEntry?.requestNumber ?? 0,
    });
  });
}

export async function serveAppOperation(
  parts: PipelineParts,
  environment: Environment,
  operation: AppOperation,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  return serve(parts, operation.id, undefined, request, reply, () => {
    const app = admitApp(parts, request.headers.authorization);
    if (request.ledgerEntry !== null) request.ledgerEntry.appId = app.id;
    const noteAccount = (accountId: string) => {
      if (request.ledgerEntry !== null) request.ledgerEntry.accountId = accountId;
    };
    return operation.handle({ ...parts, environment, app, form: () => formBody(request), noteAccount });
  });
}

async function serve(
  parts: PipelineParts,
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

  const before = parts.faults.strike('before', call);
  note('before', before);
  let delivery = await applyFaults(parts, before, caller, null);
  if (delivery === null && parts.closing.aborted) delivery = { kind: 'cut' };
  if (delivery === null) {
    const answer = await actOrRefuse(act);
    delivery = { kind: 'send', answer };
    // "After the effect" needs an effect: a refused call does not match, and is not counted.
    if (answer.status < 400) {
      const after = parts.faults.strike('after', call);
      note('after', after);
      delivery = (await applyFaults(parts, after, caller, answer)) ?? delivery;
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

/** Reads the caller again: a fault may have changed it since the call arrived. */
function refreshed(parts: PipelineParts, caller: Caller): Caller | undefined {
  const token = parts.store.rows.tokens.get(caller.token.id);
  const account = parts.store.rows.accounts.get(caller.account.id);
  const app = parts.store.rows.apps.get(caller.app.id);
  return token && account && app ? { token, account, app } : undefined;
}

function bytesOf(request: FastifyRequest): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}

function jsonBody(parts: PipelineParts, request: FastifyRequest): unknown {
  const bytes = bytesOf(request);
  if (bytes.length > parts.settings().bodyBytesMax) throw bodyTooLarge();
  const body = parseJson(bytes, request.headers['content-type']);
  if (request.ledgerEntry !== null) request.ledgerEntry.body = forLedger(body);
  return body;
}

function formBody(request: FastifyRequest): Record<string, string> {
  const form = parseForm(bytesOf(request), request.headers['content-type']);
  if (request.ledgerEntry !== null) request.ledgerEntry.body = forLedger(form);
  return form;
}
