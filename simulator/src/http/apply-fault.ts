// Applies the faults that matched a call: delays, substitutes the response, closes the connection.
import type { FastifyReply } from 'fastify';
import type { Clock } from '../ground/clock.ts';
import { pause } from '../ground/pause.ts';
import type { Store } from '../store/store.ts';
import type { Caller } from './auth.ts';
import type { Fault } from './faults.ts';
import type { Answer } from './operation.ts';

export interface FaultParts {
  store: Store;
  clock: Clock;
  /** Aborted when the simulator closes, which ends delays early. */
  closing: AbortSignal;
  /** Refuses new connections for a time, as a host that is down. */
  refuseConnections(milliseconds: number): void;
}

/** How the response is delivered. */
export type Delivery = { kind: 'send' | 'truncate'; answer: Answer } | { kind: 'cut' };

/** Applies faults in the order they were set. Returns the delivery they force, or null. */
export async function applyFaults(
  parts: FaultParts,
  faults: readonly Fault[],
  caller: Caller | undefined,
  answer: Answer | null,
): Promise<Delivery | null> {
  let delivery: Delivery | null = null;
  for (const fault of faults) {
    switch (fault.kind) {
      case 'delay':
        // Network behavior, so the machine's own time. The effect happens even if the client disconnects.
        await pause(fault.delayMs, parts.closing);
        break;
      case 'status':
        delivery ??= { kind: 'send', answer: gatewayAnswer(fault) };
        break;
      case 'reset':
        delivery ??= { kind: 'cut' };
        break;
      case 'refuse':
        parts.refuseConnections(fault.delayMs);
        delivery ??= { kind: 'cut' };
        break;
      case 'truncate':
        delivery ??= {
          kind: 'truncate',
          answer: answer ?? { status: 200, body: { items: [], bookmark: null } },
        };
        break;
      case 'alter':
        if (answer !== null) alter(fault, answer);
        break;
      case 'event':
        if (caller !== undefined) happen(parts, fault, caller);
        break;
    }
  }
  return delivery;
}

function gatewayAnswer(fault: Fault): Answer {
  const status = fault.status ?? 500;
  const headers = { ...fault.headers };
  if (fault.body === 'empty') return { status, headers };
  if (fault.body === 'html') {
    const text = fault.message ?? 'upstream connect error or disconnect/reset before headers';
    const body = `<html><head><title>${status}</title></head><body><h1>${status}</h1><p>${escapeText(text)}</p></body></html>`;
    return { status, body, headers: { ...headers, 'content-type': 'text/html; charset=utf-8' } };
  }
  const code = fault.code ?? (status === 429 ? 8 : status);
  const message = fault.message ?? 'Sorry! Something went wrong on our end. Please try again.';
  return { status, body: { code, message }, headers };
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

function alter(fault: Fault, answer: Answer): void {
  if (fault.status !== undefined) answer.status = fault.status;
  if (typeof answer.body !== 'object' || answer.body === null) return;
  const body: Record<string, unknown> = { ...answer.body };
  for (const name of fault.omit ?? []) delete body[name];
  if (fault.addUnknown === true) {
    body.field_of_the_future = { nested: [1, 'two', null] };
    if ('creative_type' in body) body.creative_type = 'HOLOGRAM';
  }
  answer.body = body;
}

function happen({ store, clock }: FaultParts, fault: Fault, { account }: Caller): void {
  const now = clock.now().toISOString();
  switch (fault.event) {
    case 'revokeTokens':
      for (const token of store.rows.tokens.values()) {
        if (token.accountId !== account.id) continue;
        const row = { ...token, accessRevokedAt: now, refreshRevokedAt: now };
        store.commit({ put: 'tokens', row });
      }
      return;
    case 'suspendAccount':
      store.commit({ put: 'accounts', row: { ...account, state: 'suspended' } });
      return;
    case 'deleteAccount':
      store.commit({ put: 'accounts', row: { ...account, state: 'deleted' } });
      return;
    case 'deleteBoard': {
      const board = [...store.rows.boards.values()].filter((row) => row.accountId === account.id).at(-1);
      if (board !== undefined) store.commit({ drop: 'boards', id: board.id });
      return;
    }
    case undefined:
      return;
  }
}

/** Sends the response, half of it, or a reset. Returns how much was sent. */
export function deliver(reply: FastifyReply, delivery: Delivery): 'sent' | 'truncated' | 'none' {
  if (delivery.kind === 'cut') {
    reply.hijack();
    reply.raw.socket?.resetAndDestroy();
    return 'none';
  }
  const { status, body, headers = {} } = delivery.answer;
  if (delivery.kind === 'send') {
    reply.code(status).headers(headers);
    if (body === undefined) reply.send();
    else if (typeof body === 'string') reply.send(body);
    else reply.type('application/json').send(JSON.stringify(body));
    return 'sent';
  }
  // The Content-Length is that of the whole body; half of it is sent, then the connection is closed.
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body ?? {}));
  reply.hijack();
  reply.raw.writeHead(status, {
    ...(reply.getHeaders() as Record<string, string>),
    ...headers,
    'content-type': 'application/json',
    'content-length': bytes.length,
  });
  reply.raw.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => reply.raw.socket?.destroy());
  return 'truncated';
}
