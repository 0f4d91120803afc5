// Reading what comes in: JSON everywhere, and on a route that says so other media types. Everything else is 415.
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Refusal } from '../errors.ts';
import { malformedJson, unsupportedMediaType } from './refusals.ts';
import type { Route } from './route.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** SHA-256 of the body's bytes, where an Idempotency-Key came with it. */
    bodyHash: Buffer | null;
  }
  interface FastifyContextConfig {
    /** Absent where no route of ours answers. */
    route?: Route;
  }
}

export function readBodies(app: FastifyInstance, routes: readonly Route[]): void {
  app.decorateRequest('bodyHash', null);
  app.removeAllContentTypeParsers();
  readJson(app);
  const others = new Set(routes.flatMap((route) => Object.keys(route.otherBodies ?? {})));
  for (const mediaType of others) readOther(app, mediaType);
}

/** An empty body is no body; the route's schema says whether it needs one. */
function readJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    remember(request, body);
    if (body.length === 0) return done(null, undefined);
    // Bytes that are no text would be replaced in silence, and the caller's words changed.
    if (!isUtf8(body)) return done(malformedJson([{ path: '', code: 'not_utf8', message: 'Send UTF-8.' }]));
    const text = body.toString('utf8');
    return parse(request, text, (error, value) => {
      done(
        error ? malformedJson([{ path: '', code: 'malformed', message: whyMalformed(text) }]) : null,
        value,
      );
    });
  });
}

/** Fastify's parser does not say where the text ends to be JSON; the platform's own does. */
function whyMalformed(text: string): string {
  try {
    // Spreadsheets and editors of some systems begin a file with this mark, which Fastify passes over.
    JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    if (error instanceof SyntaxError) return `${error.message}.`;
  }
  return 'Leave out the fields "__proto__" and "constructor", which are not data.';
}

/** Fastify knows parsers by media type for all routes together; which of them take it is asked here. */
function readOther(app: FastifyInstance, mediaType: string): void {
  app.addContentTypeParser(
    mediaType,
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => {
      const { route } = request.routeOptions.config;
      const parse = route?.otherBodies?.[mediaType];
      if (!parse) throw notTaken(route);
      remember(request, body);
      return parse(body);
    },
  );
}

function remember(request: FastifyRequest, body: Buffer): void {
  if (request.headers['idempotency-key'] === undefined) return;
  request.bodyHash = createHash('sha256').update(body).digest();
}

/** The refusal of a media type, naming those that would do. */
export function notTaken(route: Route | undefined): Refusal {
  const types = [
    'application/json',
    ...Object.keys(route?.otherBodies ?? {}),
    ...(route?.upload ? ['multipart/form-data'] : []),
  ];
  return unsupportedMediaType([
    { path: '', code: 'unsupported_media_type', message: `Send the body as ${types.join(' or ')}.` },
  ]);
}
