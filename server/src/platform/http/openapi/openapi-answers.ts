// Headers and error responses in the OpenAPI document, which follow the same rules for every operation.
import { z } from 'zod';
import type { RefusalDeclaration, RefusalMaker } from '../../errors.ts';
import { invalidBody, invalidQuery, unauthorized } from '../../use-case/index.ts';
import { errorSchema, toError } from '../contract/envelope.ts';
import { unixSeconds } from '../contract/fields.ts';
import {
  badRequest,
  bodiesTooLarge,
  bodyMemoryFull,
  bodyTooLarge,
  bug,
  forbidden,
  hostNotAllowed,
  idempotencyInProgress,
  idempotencyKeyReused,
  idempotentAnswerLost,
  malformedJson,
  organizationRateLimitExceeded,
  outage,
  overloaded,
  rateLimitExceeded,
  statusOf,
  unsupportedMediaType,
} from '../contract/refusals.ts';
import type { Route } from '../contract/route.ts';

/** Returns true if the operation changes something. It then accepts a body and an Idempotency-Key. */
export const isWrite = (route: Route) => route.method !== 'GET';

/** Returns true if the route checks If-Match. It then also returns an ETag. */
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
      'A unique value for each request, such as a UUID. A request with the same key, method, path and body within 24 hours returns the first response, byte for byte, with `Idempotent-Replayed: true`, and changes nothing. Refusals of the API key, scope, rate or input, and 5xx responses are not stored: the key can be used again after them. Uploads are compared by media type and length.',
    example: '6f1c1f0e-8a43-4d9c-9f7e-3c8d9e1b2a47',
  });

const ifMatch = z
  .string()
  .optional()
  .meta({
    param: { id: 'IfMatch' },
    description:
      'The `ETag` of the version to change, a list of them, or `*`. A request for an older version is refused with 412. Forms of the tag that proxies produce (`W/"7"`, `"7-gzip"`) are accepted.',
    example: '"7"',
  });

const lastEventId = z
  .string()
  .optional()
  .meta({
    param: { id: 'LastEventId' },
    description: 'With `Accept: text/event-stream`: resume after the event with this id.',
  });

/** Returns the headers that an operation accepts, or undefined if it accepts none. */
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

const requestId = header('X-Request-Id', z.string(), 'The request id, as in `meta.requestId`.');
const rateHeaders = {
  'X-RateLimit-Limit': header(
    'X-RateLimit-Limit',
    z.int(),
    'Maximum number of requests per minute for the API key.',
  ),
  'X-RateLimit-Remaining': header('X-RateLimit-Remaining', z.int(), 'Requests that remain in this minute.'),
  'X-RateLimit-Reset': header(
    'X-RateLimit-Reset',
    unixSeconds,
    'The beginning of the next minute (Unix seconds).',
  ),
};
const replayed = header(
  'Idempotent-Replayed',
  z.enum(['true']).optional(),
  'The response is the stored one of the first request with this Idempotency-Key.',
);
const etag = header('ETag', z.string(), 'The version of the returned resource, for `If-Match`.');
const retryAfter = header('Retry-After', z.int(), 'The number of seconds to wait before the next attempt.');

/** Returns the headers of a successful response. */
export function answerHeaders(route: Route): z.ZodObject {
  return z.object({
    'X-Request-Id': requestId,
    ...rateHeaders,
    ...(isWrite(route) && { 'Idempotent-Replayed': replayed }),
    // A deleted resource has no version.
    ...(((hasVersion(route) && route.method !== 'DELETE') || route.answersEtag) && { ETag: etag }),
  });
}

/** Returns every refusal of an operation, including those that all operations share. */
export function refusalsOf(route: Route): readonly RefusalMaker[] {
  return [
    // Also for routes without a body or a query: they refuse one rather than ignore it.
    ...(isWrite(route)
      ? [invalidBody, malformedJson, bodyTooLarge, unsupportedMediaType, bodiesTooLarge, bodyMemoryFull]
      : []),
    invalidQuery,
    badRequest,
    ...route.refusals,
    ...(isWrite(route) ? [idempotencyInProgress, idempotencyKeyReused, idempotentAnswerLost] : []),
    unauthorized,
    hostNotAllowed,
    ...(route.scope === null ? [] : [forbidden]),
    ...[rateLimitExceeded, organizationRateLimitExceeded, bug, outage, overloaded],
  ];
}

/** Returns one response per status, with every refusal that has this status. */
export function refusalAnswers(route: Route): Record<string, unknown> {
  const byStatus = Map.groupBy(
    new Set(refusalsOf(route).map((maker) => maker.declaration)),
    ({ code }) => statusOf[code],
  );
  const entries = [...byStatus].map(([status, declarations]) => [status, answerOf(status, declarations)]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}

function answerOf(status: number, declarations: readonly RefusalDeclaration[]) {
  const hasRetryAfter =
    status === 429 || declarations.some(({ retryAfterSeconds }) => retryAfterSeconds !== undefined);
  return {
    description: declarations.map(({ message, fix }) => (fix ? `${message}. ${fix}` : message)).join('\n\n'),
    headers: z.object({
      'X-Request-Id': requestId,
      ...(status !== 401 && rateHeaders),
      ...(hasRetryAfter && { 'Retry-After': status === 409 ? retryAfter.optional() : retryAfter }),
    }),
    content: { 'application/json': { schema: errorSchema, ...examplesOf(declarations) } },
  };
}

/** References the examples in `components.examples` by reason, so that each is in the document once. */
function examplesOf(declarations: readonly RefusalDeclaration[]) {
  const entries = declarations.map(({ reason }) => [reason, { $ref: `#/components/examples/${reason}` }]);
  return { examples: Object.fromEntries(entries) as Record<string, { $ref: string }> };
}

/** Returns an example response for each refusal of these routes, by reason. */
export function refusalExamples(routes: readonly Route[]): Record<string, { value: unknown }> {
  const declarations = new Set(routes.flatMap(refusalsOf).map(({ declaration }) => declaration));
  return Object.fromEntries(
    [...declarations].map((declaration) => [
      declaration.reason,
      { value: { error: toError(declaration), meta: { requestId: 'req_01kav8w5v8e6nb1vkh5tq4j1aa' } } },
    ]),
  );
}
