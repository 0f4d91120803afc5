// One call to Pinterest: builds the request, sends it once, reads the response leniently, decides the outcome, and writes one
// log line. Tokens and bodies do not leave this file.
import type { z } from 'zod';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { Answer, Call } from './answers.ts';
import type { Failure } from './failure.ts';
import { failureFor } from './failure.ts';
import { hideSecrets } from './hide-secrets.ts';
import { toJsonBody } from './json-body.ts';
import { type Verdict, verdictOf } from './outcomes.ts';
import { parseJson } from './parse-json.ts';
import { parseRateHeaders } from './rate-headers.ts';
import type { Exchange, Outgoing, Transport } from './transport.ts';
import type { OnCall } from './watch-calls.ts';

export interface Question<T> {
  /** The name of the operation, for the log. */
  operation: string;
  method: Outgoing['method'];
  /** Below the API's address, ids already checked: `/boards/123`. */
  path: string;
  query?: Record<string, string | number | boolean | null | undefined>;
  authorization: { token: string } | { appId: string; appSecret: string };
  /** The JSON may contain files as `Base64`. */
  body?: { json: unknown } | { form: Record<string, string> };
  /** The schema of a successful response; null when there is no body (204). */
  expects: z.ZodType<T> | null;
  /** Whether sending it again is harmless, so that a call with a lost answer may be repeated. Default: reads only. */
  isRepeatable?: boolean;
  /** Secrets besides the authorization, which Pinterest's message might repeat. */
  secrets?: string[];
}

/** The result of a call, before the caller interprets it. */
export interface Reply<T> {
  verdict: Verdict;
  /** Set when the verdict is `created` and a schema was given. */
  value: T | undefined;
  call: Call;
}

export interface Caller {
  ask<T>(question: Question<T>): Promise<Reply<T>>;
  /** The same as an `Answer`, for callers that only need the value or the failure. */
  answer<T>(question: Question<T>): Promise<Answer<T>>;
  /** The failure of a call that is refused before anything is sent. */
  refuse(problem: string): { failure: Failure; call: Call };
}

export interface CallerParts {
  apiUrl: string;
  /** The address of /oauth/token, when it is not below the API's address. */
  tokenUrl?: string | undefined;
  transport: Transport;
  clock: Clock;
  log: Log;
  timeoutMs?: number | undefined;
  onCall?: OnCall | undefined;
  secrets?: readonly string[] | undefined;
}

/** The one operation that may live at another address. */
const tokenPath = '/oauth/token';
const readTimeoutMs = 15_000;
const writeTimeoutMs = 30_000;
/** An image of 20 MB needs more than 30 s on a slow line, and a timeout would cause a lost answer. */
const slowestUploadBytesPerS = 256 * 1024;

export function createCaller(parts: CallerParts): Caller {
  const base = parts.apiUrl.replace(/\/+$/, '');
  const tokenUrl = parts.tokenUrl ?? base + tokenPath;
  const { clock, log, transport } = parts;

  async function ask<T>(question: Question<T>): Promise<Reply<T>> {
    const secrets = [...secretsOf(question), ...(parts.secrets ?? [])];
    const token = 'token' in question.authorization ? question.authorization.token : null;
    // A token with other characters cannot be sent in a header.
    if (token !== null && !/^[\x21-\x7e]+$/.test(token)) {
      const failure = failureFor('token_invalid', { retryable: true, repeatsMax: 1 });
      return { verdict: { kind: 'postponed', failure }, value: undefined, call: unsent(clock) };
    }
    const outgoing = toOutgoing(question, addressOf(question), parts.timeoutMs);
    const exchange = await transport.exchange(outgoing);
    const reply = hear(question, exchange, secrets);
    writeLine(log, question, exchange, reply);
    parts.onCall?.(question.operation, reply.verdict.kind, reply.call);
    return reply;
  }

  function addressOf(question: Question<unknown>): URL {
    const url = new URL(question.path === tokenPath ? tokenUrl : base + question.path);
    for (const [name, value] of Object.entries(question.query ?? {})) {
      if (value !== null && value !== undefined) url.searchParams.set(name, String(value));
    }
    return url;
  }

  return {
    ask,
    async answer<T>(question: Question<T>): Promise<Answer<T>> {
      const { verdict, value, call } = await ask(question);
      if (verdict.kind !== 'created') {
        const isRepeatable = question.isRepeatable ?? question.method === 'GET';
        return { kind: 'failed', failure: asAnswer(verdict, isRepeatable), call };
      }
      // The verdict is `created` only when the expected value could be read; without a schema T is null.
      return { kind: 'ok', value: (question.expects === null ? null : value) as T, call };
    },
    refuse(problem) {
      const message = `Pinterest would not accept this, so it was not sent: ${problem}.`;
      return { failure: { ...failureFor('invalid_request'), message }, call: unsent(clock) };
    },
  };
}

function toOutgoing(question: Question<unknown>, url: URL, timeoutMs: number | undefined): Outgoing {
  const headers: Record<string, string> = {
    accept: 'application/json',
    authorization: toAuthorization(question.authorization),
    'user-agent': 'pintail',
  };
  let body: string | Uint8Array | null = null;
  if (question.body && 'json' in question.body) {
    headers['content-type'] = 'application/json';
    body = toJsonBody(question.body.json);
  } else if (question.body) {
    headers['content-type'] = 'application/x-www-form-urlencoded';
    body = new URLSearchParams(question.body.form).toString();
  }
  const ownTimeoutMs = question.method === 'GET' ? readTimeoutMs : writeTimeoutMs;
  const uploadMs = Math.floor((body?.length ?? 0) / slowestUploadBytesPerS) * 1000;
  return { method: question.method, url, headers, body, timeoutMs: timeoutMs ?? ownTimeoutMs + uploadMs };
}

function toAuthorization(authorization: Question<unknown>['authorization']): string {
  if ('token' in authorization) return `Bearer ${authorization.token}`;
  const pair = Buffer.from(`${authorization.appId}:${authorization.appSecret}`).toString('base64');
  return `Basic ${pair}`;
}

function secretsOf(question: Question<unknown>): string[] {
  const { authorization } = question;
  const own = 'token' in authorization ? [authorization.token] : [authorization.appSecret];
  return [...own, ...(question.secrets ?? [])];
}

function hear<T>(question: Question<T>, exchange: Exchange, secrets: string[]): Reply<T> {
  const json = exchange.reach === 'answered_whole' ? parseJson(exchange.body) : undefined;
  const object = isObject(json) ? json : null;
  const code = typeof object?.code === 'number' ? object.code : null;
  const said = [object?.message, object?.message_detail]
    .filter((words) => typeof words === 'string')
    .join(' ');
  const message = said === '' ? null : hideSecrets(said, secrets);
  const rate = parseRateHeaders(exchange.headers, exchange.endedAt);
  const read = question.expects?.safeParse(json);

  const call: Call = {
    status: exchange.status,
    pinterestCode: code,
    message,
    requestId: header(exchange, 'x-pinterest-rid', secrets),
    durationMs: exchange.endedAt.getTime() - exchange.startedAt.getTime(),
    rateLimit: rate.rateLimit,
    servedAt: toDate(exchange.headers.date),
    startedAt: exchange.startedAt,
  };
  const verdict = verdictOf({
    reach: exchange.reach,
    status: exchange.status,
    code,
    message,
    readable: object !== null,
    usable: read?.success ?? true,
    retryAfterMs: rate.retryAfterMs,
    resetMs: rate.resetMs,
  });
  return { verdict, value: verdict.kind === 'created' ? read?.data : undefined, call };
}

/**
 * A lost answer of a create must be resolved; a read is simply repeated, because it creates nothing. A refusal stays a
 * refusal.
 */
function asAnswer(verdict: Exclude<Verdict, { kind: 'created' }>, isRepeatable: boolean): Failure {
  if (verdict.kind !== 'lost' || !isRepeatable) return verdict.failure;
  return { ...verdict.failure, retryable: true, repeatsMax: null, remediation: 'Try again in a moment.' };
}

/** One line per call with its outcome: ids and Pinterest's message without secrets, never a body or a header. */
function writeLine(log: Log, question: Question<unknown>, exchange: Exchange, reply: Reply<unknown>): void {
  const { verdict, call } = reply;
  const line = {
    operation: question.operation,
    method: question.method,
    path: question.path,
    status: call.status,
    pinterestCode: call.pinterestCode,
    requestId: call.requestId,
    durationMs: call.durationMs,
    reach: exchange.reach,
  };
  if (verdict.kind === 'created') {
    log.debug(line, 'pinterest answered');
    return;
  }
  const { reason } = verdict.failure;
  const more = { cause: exchange.cause, outcome: verdict.kind, reason, said: call.message };
  // A refusal is about what was asked; the rest is about Pinterest, the network or the account.
  log[verdict.kind === 'refused' ? 'info' : 'warn']({ ...line, ...more }, 'pinterest call failed');
}

function toDate(text: string | undefined): Date | null {
  const at = new Date(text ?? '');
  return Number.isNaN(at.getTime()) ? null : at;
}

function header(exchange: Exchange, name: string, secrets: string[]): string | null {
  const value = exchange.headers[name];
  const first = Array.isArray(value) ? value[0] : value;
  return first === undefined ? null : hideSecrets(first, secrets).slice(0, 100);
}

function unsent(clock: Clock): Call {
  return {
    status: null,
    pinterestCode: null,
    message: null,
    requestId: null,
    durationMs: 0,
    rateLimit: null,
    startedAt: clock.now(),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
