// The HTTP server: request ids, envelopes, checks, one error handler. Knows routes, not what they are about.
import fastifyCors from '@fastify/cors';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { z } from 'zod';
import { type Clock, toUnixSeconds } from '../clock.ts';
import type { Database } from '../db/index.ts';
import type { Encryption } from '../encryption.ts';
import type { RefusalDeclaration } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Log } from '../log.ts';
import { withLogIds } from '../log-ids.ts';
import { answerError } from './answer-error.ts';
import { readBodies } from './bodies.ts';
import { type Caller, callerMay } from './caller.ts';
import { failure, success, successSchema } from './envelope.ts';
import { sendEventStream, wantsEventStream } from './event-stream.ts';
import { createIdempotency, hashRequest, type Idempotency, idempotencyKeyOf } from './idempotency.ts';
import { toAnswerJsonSchema } from './openapi.ts';
import { createOverload, type Overload } from './overload.ts';
import { createRateLimit, type RateLimit, type RateLimitState } from './rate-limit.ts';
import {
  forbidden,
  invalidBody,
  invalidQuery,
  noSuchRoute,
  rateLimitExceeded,
  statusOf,
  unauthorized,
} from './refusals.ts';
import { idsOf } from './request-ids.ts';
import type { Commit, Route, RouteResult } from './route.ts';
import { cutSlowBodies } from './slow-bodies.ts';
import { isUpload, passForms } from './upload.ts';
import { toDetails } from './validation.ts';
import { answerClientError } from './wire-errors.ts';

export interface HttpOptions {
  log: Log;
  clock: Clock;
  database: Database;
  /** For the answers that are kept. */
  encryption: Encryption;
  routes: readonly Route[];
  /** How many requests a key may make in a minute. */
  ratePerMinute: number;
  /** How many requests may be under way at a time. */
  requestsMax: number;
  /** Origins whose pages may call the API. None: no page of another origin. */
  corsOrigins: readonly string[];
  /** How long a client may take for its headers, and how often that is looked at. */
  headersMsMax?: number;
  checkEveryMs?: number;
  /** For tests: how late the event loop is. */
  readLoopDelayMs?: () => number;
  /** Finds out who holds a key; null when nobody does. */
  authenticate(key: string): Promise<Caller | null>;
}

/** api.md, section 1: larger bodies are refused with 413. */
export const bodyBytesMax = 1024 * 1024;

/** For the whole request, an upload's body included. */
const requestMsMax = 3_600_000;
const headerBytesMax = 16 * 1024;

/** What a page on another origin may read of an answer. */
const exposedHeaders = [
  'X-Request-Id',
  'ETag',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
  'Idempotent-Replayed',
  'Retry-After',
];

/** What a route takes that declares no query or no body: a misspelt one must not be ignored. */
const nothing = z.strictObject({});

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | null;
    /** What the request was refused as; for the metrics. */
    refusedAs: RefusalDeclaration | null;
  }
}

export function createHttpServer(options: HttpOptions): FastifyInstance {
  const { log, routes, corsOrigins, headersMsMax = 15_000, checkEveryMs = 5_000 } = options;
  const app = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    requestIdHeader: false,
    genReqId: () => newId('req'),
    bodyLimit: bodyBytesMax,
    // A client that sends its request a byte at a time is cut off; see slow-bodies.ts for the bodies.
    requestTimeout: requestMsMax,
    http: {
      headersTimeout: headersMsMax,
      connectionsCheckingInterval: checkEveryMs,
      maxHeaderSize: headerBytesMax,
    },
    clientErrorHandler: (error, socket) => answerClientError(error, socket, log),
    // Longer than the minute that load balancers keep theirs, or they would now and then use one that is closing.
    keepAliveTimeout: 72_000,
    routerOptions: { maxParamLength: 200 },
    forceCloseConnections: 'idle',
    frameworkErrors: (error, request, reply) => {
      answerError(error, request, reply as FastifyReply);
    },
  });

  readBodies(app, routes);
  cutSlowBodies(app, options);
  if (corsOrigins.length > 0) {
    const origin = corsOrigins.includes('*') ? '*' : [...corsOrigins];
    app.register(fastifyCors, {
      origin,
      exposedHeaders,
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      maxAge: 600,
      strictPreflight: false,
    });
  }
  passForms(app, routes, options.clock);
  app.decorateRequest('caller', null);
  app.decorateRequest('refusedAs', null);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    // Here rather than in the handler: the body of a request that leads nowhere is not read.
    if (request.is404) throw noSuchRoute();
  });
  // Looking for secrets in it was a sixth of the memory that a request takes; each of its fields is known to hold none.
  const requestLines = log.child({}, { redact: [] });
  app.addHook('onResponse', async (request, reply) => {
    requestLines.info(
      {
        requestId: request.id,
        method: request.method,
        path: request.routeOptions.url ?? null,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
        keyId: request.caller?.keyId,
        ...idsOf(request),
      },
      'request',
    );
  });
  app.setValidatorCompiler(({ schema, httpPart }) => checkWith(schema as unknown as z.ZodType, httpPart));
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request, reply) => answerError(noSuchRoute(), request, reply));
  const idempotency = createIdempotency(options);
  app.addHook('onClose', () => idempotency.close());
  const rateLimit = createRateLimit({ ...options, perMinute: options.ratePerMinute });
  const overload = createOverload(options);
  app.addHook('onClose', async () => overload.close());
  const stopping = new AbortController();
  // Streams would go on for ever; whoever reads one resumes it elsewhere.
  app.addHook('preClose', async () => stopping.abort());
  const parts = { ...options, idempotency, rateLimit, overload, stopping: stopping.signal };
  for (const route of routes) addRoute(app, route, parts);
  return app;
}

interface RouteParts extends HttpOptions {
  idempotency: Idempotency;
  rateLimit: RateLimit;
  overload: Overload;
  /** Aborted when the server stops. */
  stopping: AbortSignal;
}

function addRoute(app: FastifyInstance, route: Route, parts: RouteParts): void {
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
    // Before the body is read: who has no key learns nothing, and costs nothing.
    onRequest: async (request, reply) => {
      parts.overload.enter(request, reply);
      const key = bearerKey(request.headers.authorization);
      const caller = key === null ? null : await parts.authenticate(key);
      if (caller === null) throw unauthorized();
      tellRate(reply, await parts.rateLimit.take(caller.keyId), parts.clock);
      if (route.scope !== null && !callerMay(caller, route.scope)) {
        throw forbidden([
          { path: '', code: 'scope_missing', message: `The key needs the scope "${route.scope}".` },
        ]);
      }
      request.caller = caller;
      // A key that is none is told before a large body is sent.
      idempotencyKeyOf(request);
    },
    preValidation: async (request) => {
      request.params = withoutNul(request.params as Record<string, string>);
      checkQueryIsText(request.query as Record<string, unknown>);
    },
    onSend: async (request) => parts.overload.leave(request),
    handler: (request, reply) => {
      const { caller } = request;
      if (caller === null) throw unauthorized();
      if (route.stream && wantsEventStream(request.headers.accept)) {
        return answerStream(parts, { request, reply, caller, stream: route.stream });
      }
      const ids = { requestId: request.id, ...idsOf(request) };
      const handle = (commit: Commit) =>
        withLogIds(ids, () =>
          route.handle({
            caller,
            params: request.params,
            query: request.query,
            ...bodyOrUpload(request.body),
            commit,
            ifMatch: request.headers['if-match'],
            log: request.log as Log,
            signal: abortedWhenGone(reply),
          }),
        );
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
): FastifyReply {
  const lastEventId = request.headers['last-event-id']?.toString();
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
  if (!state.isExceeded) return;
  const waitMs = state.resetsAt.getTime() - clock.now().getTime();
  reply.header('retry-after', Math.max(1, Math.ceil(waitMs / 1000)));
  throw rateLimitExceeded();
}

/** Nothing that is looked for has a NUL in it, and PostgreSQL would fail on one. */
function checkQueryIsText(query: Record<string, unknown>): void {
  const bad = Object.entries(query).filter(([, value]) => String(value).includes('\0'));
  if (bad.length === 0) return;
  const message = 'Holds a character that is no text (a NUL).';
  throw invalidQuery(bad.map(([path]) => ({ path, code: 'bad_character', message })));
}

/** PostgreSQL holds no NUL. An id with one is the id of nothing, and no query need fail to find that out. */
function withoutNul(params: Record<string, string>): Record<string, string> {
  const entries = Object.entries(params).map(([name, value]) => [name, value.replaceAll('\0', '\ufffd')]);
  return Object.fromEntries(entries) as Record<string, string>;
}

async function answer(reply: FastifyReply, route: Route, handled: Promise<RouteResult<unknown>>) {
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
  handle(commit: Commit): Promise<RouteResult<unknown>>;
}

/** The same as `answer`, but the bytes that go out are kept, or are those of the first time. */
async function answerOnce(idempotency: Idempotency, keyed: KeyedRequest) {
  const { request, reply, route, caller, idempotencyKey, handle } = keyed;
  const { id: requestId } = request;
  const { isReplayed, ...found } = await idempotency.run({
    claim: { keyId: caller.keyId, idempotencyKey, requestHash: hashRequest(request), requestId },
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
    request.log.info({ firstRequestId: found.requestId }, 'an idempotent request was repeated');
    // The id in the body: it is the first request that the log can explain.
    reply.header('idempotent-replayed', 'true').header('x-request-id', found.requestId);
  }
  if (found.etag !== null) reply.header('etag', found.etag);
  return reply.code(found.status).type('application/json; charset=utf-8').send(found.body);
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

/** A form is read by the handler, which also has it checked. */
function bodyOrUpload(body: unknown) {
  return isUpload(body) ? { body: undefined, upload: body } : { body, upload: undefined };
}

function checkWith(schema: z.ZodType, httpPart: string | undefined) {
  return (value: unknown) => {
    if (isUpload(value)) return { value };
    const result = schema.safeParse(value, { reportInput: true });
    if (result.success) return { value: result.data };
    const inQuery = httpPart === 'querystring';
    const details = toDetails(result.error.issues, schema, inQuery ? 'parameter' : 'field');
    return { error: inQuery ? invalidQuery(details) : invalidBody(details) };
  };
}
