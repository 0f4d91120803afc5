// Adds a declared route to the server: authentication, rate limit, validation, idempotency and the response.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type Clock, toUnixSeconds } from '../clock.ts';
import type { Database } from '../db/index.ts';
import type { Log } from '../log.ts';
import { runWithLogIds } from '../log-ids.ts';
import { type Caller, type Commit, callerMay, type Result, unauthorized } from '../use-case/index.ts';
import { isUpload } from './bodies/upload.ts';
import { checkQueryIsText, removeEmptyParameters, removeNulls, withoutNul } from './check-request.ts';
import { failure, success, successSchema } from './contract/envelope.ts';
import { sendEventStream, wantsEventStream } from './contract/event-stream.ts';
import {
  forbidden,
  organizationRateLimitExceeded,
  rateLimitExceeded,
  statusOf,
} from './contract/refusals.ts';
import { type Route, scopesOf } from './contract/route.ts';
import { hashRequest, type Idempotency, idempotencyKeyOf } from './idempotency/idempotency.ts';
import type { Overload } from './limits/overload.ts';
import type { RateLimit, RateLimitState, Requester } from './limits/rate-limit.ts';
import { toAnswerJsonSchema } from './openapi/openapi.ts';

export interface RouteParts {
  clock: Clock;
  database: Database;
  idempotency: Idempotency;
  rateLimit: RateLimit;
  overload: Overload;
  /** Aborted when the server stops. */
  stopping: AbortSignal;
  /** Returns the owner of an API key, or null if the key is not valid. */
  authenticate(key: string): Promise<Caller | null>;
}

/** The schema for a route without a query or a body. Strict, because a misspelled field must not be ignored. */
const nothing = z.strictObject({});

/** Adds a route. Requests are checked in this order: key, rate limit, scope, body; then the handler runs. */
export function addRoute(app: FastifyInstance, route: Route, parts: RouteParts): void {
  app.route({
    method: route.method,
    url: route.path,
    config: { route },
    ...(route.bodyBytesMax !== undefined && { bodyLimit: route.bodyBytesMax }),
    schema: {
      ...(route.params && { params: route.params }),
      querystring: route.query ?? nothing,
      ...(route.method !== 'GET' && { body: route.body ?? nothing.nullish() }),
      response: { [route.status]: toAnswerJsonSchema(successSchema(route.data)) },
    },
    // Runs before the body is read: a request without a valid key costs little and reveals nothing.
    onRequest: async (request, reply) => {
      parts.overload.enter(request, reply);
      const key = bearerKey(request.headers.authorization);
      const caller = key === null ? null : await parts.authenticate(key);
      if (caller === null) throw unauthorized();
      tellRate(reply, await parts.rateLimit.take(requesterOf(caller)), parts.clock);
      const missing = scopesOf(route).filter((scope) => !callerMay(caller, scope));
      if (missing.length > 0) {
        const details = missing.map((scope) => ({ message: `The key needs the scope "${scope}".` }));
        throw forbidden(details.map((detail) => ({ path: '', code: 'scope_missing', ...detail })));
      }
      request.caller = caller;
      // An invalid key is refused before a large body is sent.
      idempotencyKeyOf(request);
    },
    preValidation: async (request) => {
      request.params = withoutNul(request.params as Record<string, string>);
      const query = request.query as Record<string, unknown>;
      if (route.method !== 'DELETE') removeEmptyParameters(query, route.query);
      checkQueryIsText(query);
      if (route.method === 'POST' && route.body) removeNulls(request.body, route.body);
    },
    handler: (request, reply) => {
      const { caller } = request;
      if (caller === null) throw unauthorized();
      if (route.stream && wantsEventStream(request.headers.accept)) {
        return answerStream(parts, { request, reply, caller, stream: route.stream });
      }
      const ids = { requestId: request.id, ...request.logIds };
      const handle = (commit: Commit) =>
        runWithLogIds(ids, () => {
          const tools = {
            clock: parts.clock,
            log: request.log as Log,
            signal: abortedWhenGone(reply),
            commit,
          };
          return route.handle({
            context: { ...caller, ...tools },
            params: request.params,
            query: request.query,
            ...bodyOrUpload(request.body),
            ifMatch: request.headers['if-match'],
          });
        });
      const idempotencyKey = idempotencyKeyOf(request);
      if (idempotencyKey !== null) {
        return answerOnce(parts.idempotency, { request, reply, route, caller, idempotencyKey, handle });
      }
      return answer(
        reply,
        route,
        handle((work) => parts.database.transaction(work)),
      );
    },
  });
}

function answerStream(
  { clock, authenticate, stopping }: RouteParts,
  {
    request,
    reply,
    caller,
    stream,
  }: { request: FastifyRequest; reply: FastifyReply; caller: Caller; stream: NonNullable<Route['stream']> },
): Promise<FastifyReply> {
  const lastEventId = request.headers['last-event-id']?.toString() || undefined;
  const input = { caller, params: request.params, query: request.query, lastEventId };
  return sendEventStream(reply, (signal) => stream.open({ ...input, signal }), {
    clock,
    stopping,
    isStillAllowed: async () => {
      const key = bearerKey(request.headers.authorization);
      return key !== null && (await authenticate(key)) !== null;
    },
  });
}

function tellRate(reply: FastifyReply, state: RateLimitState, clock: Clock): void {
  reply.headers({
    'x-ratelimit-limit': state.limit,
    'x-ratelimit-remaining': state.remaining,
    'x-ratelimit-reset': toUnixSeconds(state.resetsAt),
  });
  if (state.exceeded === null) return;
  const waitMs = state.resetsAt.getTime() - clock.now().getTime();
  reply.header('retry-after', Math.max(1, Math.ceil(waitMs / 1000)));
  throw state.exceeded === 'key' ? rateLimitExceeded() : organizationRateLimitExceeded();
}

async function answer(reply: FastifyReply, route: Route, handled: Promise<Result<unknown>>) {
  const { data, warnings, etag } = await handled;
  if (etag !== undefined) reply.header('etag', etag);
  return reply.code(route.status).send(success(data, reply.request.id, warnings));
}

interface KeyedRequest {
  request: FastifyRequest;
  reply: FastifyReply;
  route: Route;
  caller: Caller;
  idempotencyKey: string;
  handle(commit: Commit): Promise<Result<unknown>>;
}

/** Answers a request that has an idempotency key, and stores the response. A repeated request gets the stored one. */
async function answerOnce(idempotency: Idempotency, keyed: KeyedRequest) {
  const { request, reply, route, caller, idempotencyKey, handle } = keyed;
  const { id: requestId } = request;
  const { isReplayed, ...answer } = await idempotency.run({
    claim: { keyId: actorIdOf(caller), idempotencyKey, requestHash: hashRequest(request), requestId },
    work: handle,
    toAnswer({ data, warnings, etag }) {
      const text = reply.code(route.status).serialize(success(data, requestId, warnings));
      return { status: route.status, etag: etag ?? null, body: Buffer.from(text as string) };
    },
    toRefusedAnswer(refusal) {
      const status = statusOf[refusal.declaration.code];
      if (status >= 500) return null;
      return { status, etag: null, body: Buffer.from(JSON.stringify(failure(refusal, requestId))) };
    },
  });
  if (isReplayed) {
    request.log.info({ firstRequestId: answer.requestId }, 'an idempotent request was repeated');
    // The same id as in the stored body. The log of that request has the details.
    reply.header('idempotent-replayed', 'true').header('x-request-id', answer.requestId);
  }
  if (answer.etag !== null) reply.header('etag', answer.etag);
  return reply.code(answer.status).type('application/json; charset=utf-8').send(answer.body);
}

/** Rate limits and stored responses belong to the key or person that makes the request. */
function actorIdOf({ actor }: Caller): string {
  if (actor.id === null) throw new Error('the actor of a request has an id');
  return actor.id;
}

function requesterOf(caller: Caller): Requester {
  return { keyId: actorIdOf(caller), organizationId: caller.organizationId };
}

function bearerKey(header: string | undefined): string | null {
  const match = /^Bearer +(\S{1,200}) *$/i.exec(header ?? '');
  return match?.[1] ?? null;
}

function abortedWhenGone(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}

/** The handler reads a form itself, which also validates it. */
function bodyOrUpload(body: unknown) {
  return isUpload(body) ? { body: undefined, upload: body } : { body, upload: undefined };
}
