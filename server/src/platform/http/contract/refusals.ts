// The refusals that every route shares, and the HTTP status of each code.
import { type ErrorCode, refusal } from '../../errors.ts';

// Use cases also throw it, if the key is revoked while they run.
export { unauthorized } from '../../use-case/index.ts';

/** docs/api-contract.md#ground-rules. */
export const statusOf: Record<ErrorCode, number> = {
  BAD_REQUEST: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  CONFLICT: 409,
  IDEMPOTENCY_IN_PROGRESS: 409,
  PRECONDITION_FAILED: 412,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  UNPROCESSABLE_ENTITY: 422,
  IDEMPOTENCY_KEY_REUSED: 422,
  RATE_LIMIT_EXCEEDED: 429,
  INTERNAL_ERROR: 500,
  SERVICE_UNAVAILABLE: 503,
};

export const malformedJson = refusal({
  code: 'BAD_REQUEST',
  reason: 'malformed_json',
  message: 'The body is not valid JSON',
  fix: '`details` has the position of the error, which is usually a comma or a quotation mark.',
});

export const badRequest = refusal({
  code: 'BAD_REQUEST',
  reason: 'invalid_request',
  message: 'Invalid request',
  fix: '`details` names the header or the parameter.',
});

export const forbidden = refusal({
  code: 'FORBIDDEN',
  reason: 'scope_missing',
  message: 'This API key lacks the scope that the request needs',
  fix: '`details` names the scope. Create a key that has it: `npm run pintail -- keys create --name N --scope S`.',
});

export const noSuchRoute = refusal({
  code: 'NOT_FOUND',
  reason: 'endpoint_not_found',
  message: 'No such endpoint',
  fix: 'See /docs for all operations.',
});

export const methodNotAllowed = refusal({
  code: 'METHOD_NOT_ALLOWED',
  reason: 'method_not_allowed',
  message: 'This path does not support the method of the request',
  fix: 'The header `Allow` lists the supported methods. See /docs for all operations.',
});

export const bodyTooLarge = refusal({
  code: 'PAYLOAD_TOO_LARGE',
  reason: 'body_too_large',
  message: 'The body is too large for this endpoint',
  fix: 'Most endpoints accept at most 1 MiB. Split the request.',
});

export const unsupportedMediaType = refusal({
  code: 'UNSUPPORTED_MEDIA_TYPE',
  reason: 'unsupported_media_type',
  message: 'Unsupported Content-Type or Content-Encoding',
  fix: '`details` lists the accepted types. Most endpoints accept `application/json` only.',
});

export const idempotencyInProgress = refusal({
  code: 'IDEMPOTENCY_IN_PROGRESS',
  reason: 'idempotency_in_progress',
  message: 'The first request with this Idempotency-Key is still running',
  fix: 'Repeat the request after `Retry-After` seconds to get the response of the first one.',
  retryAfterSeconds: 1,
});

export const idempotentAnswerLost = refusal({
  code: 'CONFLICT',
  reason: 'idempotent_answer_lost',
  message: 'The request with this Idempotency-Key was carried out, but its response can no longer be read',
  fix: 'It is not carried out again. Read the resource to see the result, and send new requests with a new key.',
});

export const idempotencyKeyReused = refusal({
  code: 'IDEMPOTENCY_KEY_REUSED',
  reason: 'idempotency_key_reused',
  message: 'This Idempotency-Key was already used for a different request',
  fix: 'Use a new key for each request. Repeat a key only with the same method, path and body.',
});

export const bug = refusal({
  code: 'INTERNAL_ERROR',
  reason: 'internal_error',
  message: 'Internal error. The log has its cause under the request id.',
});

export const outage = refusal({
  code: 'SERVICE_UNAVAILABLE',
  reason: 'unavailable',
  message: 'A part of Pintail is unavailable. Try again in a moment.',
  retryAfterSeconds: 5,
});

export const rateLimitExceeded = refusal({
  code: 'RATE_LIMIT_EXCEEDED',
  reason: 'rate_limit_exceeded',
  message: 'Too many requests with this API key in this minute',
  fix: 'Try again after `Retry-After` seconds. `X-RateLimit-Remaining` has the number of remaining requests; API_RATE_PER_MINUTE sets the limit.',
});

export const organizationRateLimitExceeded = refusal({
  code: 'RATE_LIMIT_EXCEEDED',
  reason: 'organization_rate_limit_exceeded',
  message: 'Too many requests with the API keys of this organization in this minute',
  fix: 'Try again after `Retry-After` seconds. All keys of an organization share API_ORGANIZATION_RATE_PER_MINUTE.',
});

export const bodiesTooLarge = refusal({
  code: 'RATE_LIMIT_EXCEEDED',
  reason: 'too_many_large_bodies',
  message: 'Too many large bodies at once with this API key',
  fix: 'Send at most two bodies of more than 1 MiB at a time. Repeat this request after `Retry-After` seconds.',
  retryAfterSeconds: 1,
});

export const bodyMemoryFull = refusal({
  code: 'SERVICE_UNAVAILABLE',
  reason: 'body_memory_full',
  message: 'The memory for request bodies is in use',
  fix: 'Nothing was changed. Repeat the request after `Retry-After` seconds.',
  retryAfterSeconds: 1,
});

export const overloaded = refusal({
  code: 'SERVICE_UNAVAILABLE',
  reason: 'overloaded',
  message: 'Pintail is overloaded',
  fix: 'Nothing was changed. Repeat the request after `Retry-After` seconds.',
  retryAfterSeconds: 1,
});

// Refusals of data that did not become a request (statuses 400, 431 and 408).

export const malformedRequest = refusal({
  code: 'BAD_REQUEST',
  reason: 'malformed_request',
  message: 'Not an HTTP request',
  fix: 'Use an HTTP client, with http or https as in the URL.',
});

export const hostMissing = refusal({
  code: 'BAD_REQUEST',
  reason: 'host_missing',
  message: 'The request has no Host header',
  fix: 'Use an HTTP client: HTTP/1.1 requires it.',
});

export const hostNotAllowed = refusal({
  code: 'FORBIDDEN',
  reason: 'host_not_allowed',
  message: 'This server answers only requests to localhost',
  fix: 'Call http://127.0.0.1 or localhost. To serve other names, set PUBLIC_URL to the URL at which callers reach this server.',
});

export const headersTooLarge = refusal({
  code: 'BAD_REQUEST',
  reason: 'headers_too_large',
  message: 'The URL and the headers are larger than 16 KiB',
  fix: 'Send long texts in the body.',
});

export const tooSlow = refusal({
  code: 'BAD_REQUEST',
  reason: 'request_timeout',
  message: 'The request took too long to arrive',
  fix: 'The headers must arrive within 15 seconds, a body within a minute, an upload within an hour.',
});
