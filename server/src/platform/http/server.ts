// The HTTP server: request ids, envelopes, checks, one error handler. Knows routes, not what they are about.
import { isUtf8 } from 'node:buffer';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import type { z } from 'zod';
import type { Database } from '../db/index.ts';
import { Outage, Refusal } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Log } from '../log.ts';
import { type Caller, callerMay } from './caller.ts';
import { failure, success, successSchema } from './envelope.ts';
import { toAnswerJsonSchema } from './openapi.ts';
import {
  badRequest,
  bodyTooLarge,
  bug,
  forbidden,
  invalidBody,
  invalidQuery,
  malformedJson,
  noSuchRoute,
  notJson,
  outage,
  statusOf,
  unauthorized,
} from './refusals.ts';
import type { Route } from './route.ts';
import { toDetails } from './validation.ts';

export interface HttpOptions {
  log: Log;
  database: Database;
  routes: readonly Route[];
  /** Finds out who holds a key; null when nobody does. */
  authenticate(key: string): Promise<Caller | null>;
}

/** api.md, section 1: larger bodies are refused with 413. */
const bodyBytesMax = 1024 * 1024;

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | null;
  }
}

export function createHttpServer({ log, database, routes, authenticate }: HttpOptions): FastifyInstance {
  const app = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    requestIdHeader: false,
    genReqId: () => newId('req'),
    bodyLimit: bodyBytesMax,
    // A client that sends its request a byte at a time is cut off.
    requestTimeout: 60_000,
    routerOptions: { maxParamLength: 200 },
    forceCloseConnections: 'idle',
    frameworkErrors: (error, request, reply) => {
      answerError(error, request, reply as FastifyReply);
    },
  });

  readJsonOnly(app);
  app.decorateRequest('caller', null);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  app.addHook('onResponse', async (request, reply) => {
    request.log.info(
      {
        method: request.method,
        path: request.routeOptions.url ?? null,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
        keyId: request.caller?.keyId,
      },
      'request',
    );
  });
  app.setValidatorCompiler(({ schema, httpPart }) => checkWith(schema as unknown as z.ZodType, httpPart));
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request, reply) => answerError(noSuchRoute(), request, reply));
  for (const route of routes) addRoute(app, route, { database, authenticate });
  return app;
}

function addRoute(
  app: FastifyInstance,
  route: Route,
  { database, authenticate }: Pick<HttpOptions, 'database' | 'authenticate'>,
): void {
  app.route({
    method: route.method,
    url: route.path,
    ...(route.bodyBytesMax !== undefined && { bodyLimit: route.bodyBytesMax }),
    schema: {
      ...(route.params && { params: route.params }),
      ...(route.query && { querystring: route.query }),
      ...(route.body && { body: route.body }),
      response: { [route.status]: toAnswerJsonSchema(successSchema(route.data)) },
    },
    // Before the body is read: who has no key learns nothing, and costs nothing.
    onRequest: async (request) => {
      const key = bearerKey(request.headers.authorization);
      const caller = key === null ? null : await authenticate(key);
      if (caller === null) throw unauthorized();
      if (!callerMay(caller, route.scope)) {
        throw forbidden([
          { path: '', code: 'scope_missing', message: `The key needs the scope "${route.scope}".` },
        ]);
      }
      request.caller = caller;
    },
    handler: async (request, reply) => {
      if (request.caller === null) throw unauthorized();
      const { data, warnings, etag } = await route.handle({
        caller: request.caller,
        params: request.params,
        query: request.query,
        body: request.body,
        commit: (work) => database.transaction(work),
        ifMatch: request.headers['if-match'],
        log: request.log as Log,
        signal: abortedWhenGone(reply),
      });
      if (etag !== undefined) reply.header('etag', etag);
      return reply.code(route.status).send(success(data, request.id, warnings));
    },
  });
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

/** Only JSON comes in; an empty body is no body, and the route's schema says whether it needs one. */
function readJsonOnly(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    if (body.length === 0) return done(null, undefined);
    // Bytes that are no text would be replaced in silence, and the caller's words changed.
    if (!isUtf8(body)) return done(malformedJson([{ path: '', code: 'not_utf8', message: 'Send UTF-8.' }]));
    return parse(request, body.toString('utf8'), (error, value) => {
      done(
        error ? malformedJson([{ path: '', code: 'malformed', message: `${error.message}.` }]) : null,
        value,
      );
    });
  });
}

function checkWith(schema: z.ZodType, httpPart: string | undefined) {
  return (value: unknown) => {
    const result = schema.safeParse(value, { reportInput: true });
    if (result.success) return { value: result.data };
    const details = toDetails(result.error.issues, schema);
    return { error: httpPart === 'querystring' ? invalidQuery(details) : invalidBody(details) };
  };
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const refusal = toRefusal(error, request);
  reply.header('x-request-id', request.id);
  reply.code(statusOf[refusal.declaration.code]).send(failure(refusal, request.id));
}

/** Codes of Fastify's own errors that a caller can cause. */
const fastifyErrors: Record<string, () => Refusal> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: notJson,
  FST_ERR_CTP_BODY_TOO_LARGE: bodyTooLarge,
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: badRequest,
  FST_ERR_BAD_URL: noSuchRoute,
  FST_ERR_MAX_PARAM_LENGTH: noSuchRoute,
  FST_ERR_ASYNC_CONSTRAINT: noSuchRoute,
};

function toRefusal(error: unknown, request: FastifyRequest): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof Outage) {
    request.log.warn({ err: error }, 'outage');
    return outage([{ path: '', code: 'unavailable', message: error.message }]);
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const known = fastifyErrors[code];
  if (known) return known();
  request.log.error({ err: error }, 'bug');
  return bug();
}
