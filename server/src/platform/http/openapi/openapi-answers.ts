// What the OpenAPI document says of headers and of refusals, for every operation alike.
import { z } from 'zod';
import type { RefusalDeclaration, RefusalMaker } from '../../errors.ts';
import { invalidBody, invalidQuery } from '../../use-case/index.ts';
import { errorSchema, toError } from '../contract/envelope.ts';
import {
  badRequest,
  bodiesTooLarge,
  bodyMemoryFull,
  bodyTooLarge,
  bug,
  forbidden,
  idempotencyInProgress,
  idempotencyKeyReused,
  idempotentAnswerLost,
  malformedJson,
  outage,
  overloaded,
  rateLimitExceeded,
  statusOf,
  unauthorized,
  unsupportedMediaType,
} from '../contract/refusals.ts';
import type { Route } from '../contract/route.ts';

export const isWrite = (route: Route) => route.method !== 'GET';

/** A route that can refuse a version has one to tell, and looks at If-Match. */
const hasVersion = (route: Route) =>
  route.refusals.some((maker) => maker.declaration.code === 'PRECONDITION_FAILED');

const idempotencyKey = z
  .string()
  .min(1)
  .max(255)
  .optional()
  .meta({
    param: { id: 'IdempotencyKey' },
    description:
      'Any text that is new for each request, such as a UUID. A repeat with the same key, method, path and body within 24 hours gets the first answer byte for byte, with `Idempotent-Replayed: true`, and nothing happens again. Refusals from before the request was acted on (key, scope, rate, malformed or invalid input) and 5xx are not kept: after them the key is free. Of an upload the media type and the length stand for the body.',
    example: '6f1c1f0e-8a43-4d9c-9f7e-3c8d9e1b2a47',
  });

const ifMatch = z
  .string()
  .optional()
  .meta({
    param: { id: 'IfMatch' },
    description:
      'The `ETag` of the version that you want to change, a list of them, or `*`. If the post has another version by now: 412. What proxies make of the tag (`W/"7"`, `"7-gzip"`) stands for the same version.',
    example: '"7"',
  });

const lastEventId = z
  .string()
  .optional()
  .meta({
    param: { id: 'LastEventId' },
    description: 'With `Accept: text/event-stream`: go on after the event with this id.',
  });

/** The headers that an operation takes; undefined for none. */
export function requestHeaders(route: Route): z.ZodObject | undefined {
  const headers = {
    ...(isWrite(route) && { 'Idempotency-Key': idempotencyKey }),
    ...(isWrite(route) && hasVersion(route) && { 'If-Match': ifMatch }),
    ...(route.stream && { 'Last-Event-ID': lastEventId }),
  };
  return Object.keys(headers).length > 0 ? z.object(headers) : undefined;
}

const header = (id: string, schema: z.ZodType, description: string) =>
  schema.meta({ header: { id }, description });

const requestId = header('X-Request-Id', z.string(), 'The same as `meta.requestId`.');
const rateHeaders = {
  'X-RateLimit-Limit': header(
    'X-RateLimit-Limit',
    z.int(),
    'Requests that the API key may make in a minute.',
  ),
  'X-RateLimit-Remaining': header('X-RateLimit-Remaining', z.int(), 'What is left of them.'),
  'X-RateLimit-Reset': header('X-RateLimit-Reset', z.int(), 'When the next minute begins (Unix seconds).'),
};
const replayed = header(
  'Idempotent-Replayed',
  z.enum(['true']).optional(),
  'This is the first answer to a request with this Idempotency-Key, again.',
);
const etag = header('ETag', z.string(), 'The version of what is answered, for `If-Match`.');
const retryAfter = header('Retry-After', z.int(), 'After how many seconds to try again.');

export function answerHeaders(route: Route): z.ZodObject {
  return z.object({
    'X-Request-Id': requestId,
    ...rateHeaders,
    ...(isWrite(route) && { 'Idempotent-Replayed': replayed }),
    ...((hasVersion(route) || route.answersEtag) && { ETag: etag }),
  });
}

/** Everything that an operation may refuse. */
export function refusalsOf(route: Route): readonly RefusalMaker[] {
  return [
    // Also where a route declares no body or no query: what is sent all the same is refused rather than ignored.
    ...(isWrite(route)
      ? [invalidBody, malformedJson, bodyTooLarge, unsupportedMediaType, bodiesTooLarge, bodyMemoryFull]
      : []),
    invalidQuery,
    badRequest,
    ...route.refusals,
    ...(isWrite(route) ? [idempotencyInProgress, idempotencyKeyReused, idempotentAnswerLost] : []),
    unauthorized,
    ...(route.scope === null ? [] : [forbidden]),
    ...[rateLimitExceeded, bug, outage, overloaded],
  ];
}

/** One answer per status, naming every refusal that can stand behind it. */
export function refusalAnswers(route: Route): Record<string, unknown> {
  const byStatus = Map.groupBy(
    new Set(refusalsOf(route).map((maker) => maker.declaration)),
    ({ code }) => statusOf[code],
  );
  const entries = [...byStatus].map(([status, declarations]) => [status, answerOf(status, declarations)]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}

function answerOf(status: number, declarations: readonly RefusalDeclaration[]) {
  const isLater =
    status === 429 || declarations.some(({ retryAfterSeconds }) => retryAfterSeconds !== undefined);
  return {
    description: declarations.map(({ message, fix }) => (fix ? `${message}. ${fix}` : message)).join('\n\n'),
    headers: z.object({
      'X-Request-Id': requestId,
      ...(status !== 401 && rateHeaders),
      ...(isLater && { 'Retry-After': status === 409 ? retryAfter.optional() : retryAfter }),
    }),
    content: {
      'application/json': { schema: errorSchema, ...examplesOf(declarations) },
    },
  };
}

function examplesOf(declarations: readonly RefusalDeclaration[]) {
  const values = declarations.map((declaration) => ({
    error: toError(declaration),
    meta: { requestId: 'req_01kav8w5v8e6nb1vkh5tq4j1aa' },
  }));
  const [only] = values;
  if (values.length === 1) return { example: only };
  return { examples: Object.fromEntries(values.map((value) => [value.error.reason, { value }])) };
}
