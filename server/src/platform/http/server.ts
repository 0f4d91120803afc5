// The HTTP server: request ids, limits, the error handler and hooks. Independent of the routes.
import fastifyCors from '@fastify/cors';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  LogController,
} from 'fastify';
import type { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { Database } from '../db/index.ts';
import type { Encryption } from '../encryption.ts';
import type { Detail, RefusalDeclaration } from '../errors.ts';
import { newPrefixedId } from '../ids.ts';
import type { Log } from '../log.ts';
import type { LogIds } from '../log-ids.ts';
import { createTrust } from '../networks.ts';
import type { Caller } from '../use-case/index.ts';
import { addRoute } from './add-route.ts';
import { type AllowedMethods, recordMethods } from './allowed-methods.ts';
import { answerError } from './answer-error.ts';
import { readBodies } from './bodies/bodies.ts';
import { type BodyMemory, createBodyMemory } from './bodies/body-memory.ts';
import { cutSlowBodies } from './bodies/slow-bodies.ts';
import { passForms } from './bodies/upload.ts';
import { answerClientError } from './bodies/wire-errors.ts';
import { checkWith } from './check-request.ts';
import { clientAddress, proxyIds } from './client-address.ts';
import { methodNotAllowed, noSuchRoute } from './contract/refusals.ts';
import type { Route } from './contract/route.ts';
import { checkHosts } from './host-check.ts';
import { createIdempotency } from './idempotency/idempotency.ts';
import { createOverload, type Overload } from './limits/overload.ts';
import { createRateLimit } from './limits/rate-limit.ts';
import { type LogIdPrefixes, pathIdsOf } from './request-ids.ts';

export interface HttpOptions {
  log: Log;
  clock: Clock;
  database: Database;
  /** Encrypts stored responses. */
  encryption: Encryption;
  routes: readonly Route[];
  logIds: LogIdPrefixes;
  /** The maximum number of requests of a key per minute. */
  ratePerMinute: number;
  /** The maximum number of requests of all keys of an organization per minute. Default: five times that of a key. */
  organizationRatePerMinute?: number | undefined;
  /** The maximum number of running requests. */
  requestsMax: number;
  /** The memory for bodies that are being read, shared by the servers of a process. */
  bodyMemory?: BodyMemory;
  /** Origins whose pages may call the API. */
  corsOrigins: readonly string[];
  /** The time within which the headers must arrive, and the interval of the check. */
  headersMsMax?: number;
  checkEveryMs?: number;
  /** For tests: returns the delay of the event loop. */
  readLoopDelayMs?: () => number;
  /** Proxies whose X-Forwarded-For is believed: addresses and CIDR ranges. */
  trustedProxies?: readonly string[];
  /** Whether only this machine is served, so that requests for other host names are refused. */
  servesLoopbackOnly?: boolean;
  /** Returns the owner of an API key, or null if the key is not valid. */
  authenticate(key: string): Promise<Caller | null>;
}

/** Larger bodies are refused with 413 (docs/api-contract.md#ground-rules). */
export const bodyBytesMax = 1024 * 1024;

/** The time within which a request must arrive, including the body of an upload. */
const requestMsMax = 3_600_000;
const headerBytesMax = 16 * 1024;

/** The headers that a page of another origin may read. */
const exposedHeaders = [
  'X-Request-Id',
  'ETag',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
  'Idempotent-Replayed',
  'Retry-After',
];

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | null;
    /** The refusal of the request, for the metrics. */
    refusedAs: RefusalDeclaration | null;
    /** The ids in the path, for log lines. Null until the request is routed. */
    logIds: LogIds | null;
  }
}

export function createHttpServer(options: HttpOptions): FastifyInstance {
  const { routes, bodyMemory = createBodyMemory() } = options;
  const app = createFastify(options);
  checkHosts(app, options.servesLoopbackOnly ?? false);
  const allowedMethods = recordMethods(app);
  readBodies(app, routes, bodyMemory);
  cutSlowBodies(app, options);
  allowOrigins(app, options.corsOrigins);
  passForms(app, routes, options.clock);
  decorate(app, options.logIds, allowedMethods);
  logRequests(app, options);
  app.setValidatorCompiler(({ schema, httpPart }) => checkWith(schema as unknown as z.ZodType, httpPart));
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request, reply) => {
    answerError(noSuchRoute(trailingSlash(request.url, allowedMethods)), request, reply);
  });
  addRoutes(app, options);
  return app;
}

function createFastify({ log, headersMsMax = 15_000, checkEveryMs = 5_000 }: HttpOptions): FastifyInstance {
  return Fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    requestIdHeader: false,
    genReqId: () => newPrefixedId('req'),
    bodyLimit: bodyBytesMax,
    // Disconnects clients that send their request too slowly. slow-bodies.ts has a shorter limit for most bodies.
    requestTimeout: requestMsMax,
    http: {
      // Checked by host-check.ts, with a response that says so.
      requireHostHeader: false,
      headersTimeout: headersMsMax,
      connectionsCheckingInterval: checkEveryMs,
      maxHeaderSize: headerBytesMax,
    },
    clientErrorHandler: (error, socket) => answerClientError(error, socket, log),
    // Longer than the usual 60 s of load balancers, which otherwise might use a connection that is being closed.
    keepAliveTimeout: 72_000,
    routerOptions: { maxParamLength: 200 },
    forceCloseConnections: 'idle',
    frameworkErrors: (error, request, reply) => {
      answerError(error, request, reply as FastifyReply);
    },
  });
}

function allowOrigins(app: FastifyInstance, corsOrigins: readonly string[]): void {
  if (corsOrigins.length === 0) return;
  app.register(fastifyCors, {
    origin: corsOrigins.includes('*') ? '*' : [...corsOrigins],
    exposedHeaders,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    maxAge: 600,
    strictPreflight: false,
  });
}

function decorate(app: FastifyInstance, logIds: LogIdPrefixes, allowedMethods: AllowedMethods): void {
  app.decorateRequest('caller', null);
  app.decorateRequest('refusedAs', null);
  app.decorateRequest('logIds', null);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    request.logIds = pathIdsOf(request, logIds);
    // Thrown here rather than in the handler, so that the body of a request to an unknown path is not read.
    const hasEmptyId = Object.entries(request.params ?? {}).some(
      ([name, value]) => name !== '*' && value === '',
    );
    if (hasEmptyId) return reply.callNotFound();
    if (!request.is404) return;
    const methods = allowedMethods(request.url.split('?', 1)[0] ?? '');
    if (methods.length === 0) throw noSuchRoute(trailingSlash(request.url, allowedMethods));
    reply.header('allow', methods.join(', '));
    throw methodNotAllowed();
  });
}

/** Returns a detail for a path that exists without the slash at its end. */
function trailingSlash(url: string, allowedMethods: AllowedMethods): Detail[] {
  const path = url.split('?', 1)[0] ?? '';
  const shorter = path.replace(/\/+$/, '');
  if (shorter === path || allowedMethods(shorter).length === 0) return [];
  const message = 'The path ends with a slash. It exists without the slash.';
  return [{ path: '', code: 'trailing_slash', message }];
}

function logRequests(app: FastifyInstance, { log, trustedProxies = [] }: HttpOptions): void {
  const isTrusted = createTrust(trustedProxies);
  // No redaction: it takes a sixth of the memory of a request, and none of these fields can contain a secret.
  const requestLines = log.child({}, { redact: [] });
  app.addHook('onResponse', async (request, reply) => {
    requestLines.info(
      {
        requestId: request.id,
        method: request.method,
        path: request.routeOptions.url ?? null,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
        actorId: request.caller?.actor.id,
        client: clientAddress(request.raw, isTrusted),
        ...proxyIds(request.raw),
        ...request.logIds,
      },
      'request',
    );
  });
}

/** Supervisors and scrapers need them most under load. Concurrent requests for them share one run. */
const statusPaths = new Set(['/health', '/ready', '/metrics']);

/** Refuses requests for paths that need no key while too many are running. */
function limitPublicPaths(app: FastifyInstance, overload: Overload): void {
  app.addHook('onRequest', async (request, reply) => {
    const { url, config } = request.routeOptions;
    if (config.route === undefined && !statusPaths.has(url ?? '')) overload.enterPublic(request, reply);
  });
  app.addHook('onSend', async (request) => overload.leave(request));
}

function addRoutes(app: FastifyInstance, options: HttpOptions): void {
  const idempotency = createIdempotency(options);
  app.addHook('onClose', () => idempotency.close());
  const { ratePerMinute, organizationRatePerMinute = 5 * ratePerMinute } = options;
  const rateLimit = createRateLimit({
    ...options,
    perMinute: ratePerMinute,
    perMinuteOfOrganization: organizationRatePerMinute,
  });
  const overload = createOverload(options);
  app.addHook('onClose', async () => overload.close());
  limitPublicPaths(app, overload);
  const stopping = new AbortController();
  // Event streams never end unless the server ends them. Their clients resume at another process.
  app.addHook('preClose', async () => stopping.abort());
  const parts = { ...options, idempotency, rateLimit, overload, stopping: stopping.signal };
  for (const route of options.routes) addRoute(app, route, parts);
}
