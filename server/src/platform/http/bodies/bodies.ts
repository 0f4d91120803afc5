// Reads request bodies: JSON on every route, and the other media types that a route declares. Any other type is 415.
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Refusal } from '../../errors.ts';
import { bodyTooLarge, malformedJson, unsupportedMediaType } from '../contract/refusals.ts';
import type { Route } from '../contract/route.ts';
import type { BodyMemory, BodyShare } from './body-memory.ts';
import { parseJson } from './parse-json.ts';
import { readWhole } from './read-whole.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** SHA-256 of the body's bytes. Null without an Idempotency-Key. */
    bodyHash: Buffer | null;
    /** The memory reserved for the body. Null before the body is read. */
    bodyShare: BodyShare | null;
  }
  interface FastifyContextConfig {
    /** Absent for requests that match no declared route. */
    route?: Route;
  }
}

export function readBodies(app: FastifyInstance, routes: readonly Route[], memory: BodyMemory): void {
  app.decorateRequest('bodyHash', null);
  app.removeAllContentTypeParsers();
  app.decorateRequest('bodyShare', null);
  app.addHook('preParsing', (request, reply, _payload, done) => {
    removeUnusedType(request);
    if (hasBody(request)) {
      refuseEncoded(request);
      const share = memory.open(request.caller);
      request.bodyShare = share;
      reply.raw.once('close', () => share.release());
    }
    done();
  });
  readJson(app);
  const others = new Set(routes.flatMap((route) => Object.keys(route.otherBodies ?? {})));
  for (const mediaType of others) readOther(app, mediaType);
  refuseOtherTypes(app);
}

/**
 * Removes the Content-Type of an empty body, and a type that the route does not accept. Some HTTP clients send the type
 * of a form without a body (axios, wget, `curl -d ''`). Without a type, Fastify treats a length of 0 as no body, and
 * otherwise calls the parser of `refuseOtherTypes`.
 */
function removeUnusedType({ headers, routeOptions }: FastifyRequest): void {
  const mediaType = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (headers['content-length'] === '0' || !typesOf(routeOptions.config.route).includes(mediaType)) {
    delete headers['content-type'];
  }
}

/** Compressed bodies are not accepted: their size would not be known before they are unpacked. */
function refuseEncoded({ headers }: FastifyRequest): void {
  const encoding = headers['content-encoding']?.trim().toLowerCase();
  if (!encoding || encoding === 'identity') return;
  const message = `The body has the Content-Encoding "${encoding}". Send it without compression.`;
  throw unsupportedMediaType([{ path: '', code: 'content_encoding', message }]);
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Refuses a body of a type that the route does not accept. A chunked body may still be empty. */
function refuseOtherTypes(app: FastifyInstance): void {
  app.addContentTypeParser('*', async (request: FastifyRequest, payload: IncomingMessage) => {
    const { bodyShare, routeOptions } = request;
    if (!bodyShare) return;
    const tooLarge = () => notTaken(routeOptions.config.route);
    await readWhole(payload, { bytesMax: 0, tooLarge, share: bodyShare });
  });
}

async function readAllowed(request: FastifyRequest, payload: IncomingMessage): Promise<Buffer> {
  const { bodyShare, routeOptions } = request;
  if (!bodyShare) return Buffer.alloc(0);
  const bytesMax = routeOptions.bodyLimit;
  const body = await readWhole(payload, { bytesMax, tooLarge: () => bodyTooLarge(), share: bodyShare });
  storeHash(request, body);
  return body;
}

/** An empty body counts as absent. The schema of the route decides whether a body is required. */
function readJson(app: FastifyInstance): void {
  const fastifyParse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', async (request: FastifyRequest, payload: IncomingMessage) => {
    const body = await readAllowed(request, payload);
    if (body.length === 0) return undefined;
    // Decoding would silently replace invalid bytes and so change the caller's text.
    if (!isUtf8(body)) throw malformedJson([{ path: '', code: 'not_utf8', message: 'Send UTF-8.' }]);
    return parseJson(body, {
      bytesMax: request.routeOptions.bodyLimit,
      outsideBytesMax: request.routeOptions.config.route?.outsideListsBytesMax,
      parse(text) {
        let parsed: unknown;
        // The callback runs synchronously.
        fastifyParse(request, text, (error, value) => {
          if (error) throw error;
          parsed = value;
        });
        return parsed;
      },
    });
  });
}

/** Fastify registers parsers for all routes together, but only requests to routes that accept this type arrive here. */
function readOther(app: FastifyInstance, mediaType: string): void {
  app.addContentTypeParser(mediaType, async (request: FastifyRequest, payload: IncomingMessage) => {
    const body = await readAllowed(request, payload);
    return body.length === 0
      ? undefined
      : request.routeOptions.config.route?.otherBodies?.[mediaType]?.(body);
  });
}

function storeHash(request: FastifyRequest, body: Buffer): void {
  if (request.headers['idempotency-key'] === undefined) return;
  request.bodyHash = createHash('sha256').update(body).digest();
}

function typesOf(route: Route | undefined): string[] {
  return [
    'application/json',
    ...Object.keys(route?.otherBodies ?? {}),
    ...(route?.upload ? ['multipart/form-data'] : []),
  ];
}

/** Creates the refusal of a media type, with the types that the route accepts. */
export function notTaken(route: Route | undefined): Refusal {
  return unsupportedMediaType([
    {
      path: '',
      code: 'unsupported_media_type',
      message: `Send the body as ${typesOf(route).join(' or ')}.`,
    },
  ]);
}
