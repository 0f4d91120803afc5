// The refusals that any route can give, and the one place that knows which HTTP status a code has.
import { type ErrorCode, refusal } from '../../errors.ts';

// Use cases can throw it too, when the key is revoked while they run.
export { unauthorized } from '../../use-case/index.ts';

/** docs/api-contract.md#ground-rules. */
export const statusOf: Record<ErrorCode, number> = {
  BAD_REQUEST: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
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
  fix: '`details` says where it ends to be JSON; nearly always a comma or a quote.',
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
  fix: '`details` names the scope. Make a key with it: `npm run pintail -- keys create --name N --scope S`.',
});

export const noSuchRoute = refusal({
  code: 'NOT_FOUND',
  reason: 'endpoint_not_found',
  message: 'There is no such method and path',
  fix: 'See /docs for every operation.',
});

export const bodyTooLarge = refusal({
  code: 'PAYLOAD_TOO_LARGE',
  reason: 'body_too_large',
  message: 'The body is larger than this route takes',
  fix: 'Most routes take 1 MiB. Send less, or in several requests.',
});

export const unsupportedMediaType = refusal({
  code: 'UNSUPPORTED_MEDIA_TYPE',
  reason: 'unsupported_media_type',
  message: 'The body is of a type that this route does not take',
  fix: '`details` names the types that it takes; nearly always `Content-Type: application/json`.',
});

export const idempotencyInProgress = refusal({
  code: 'IDEMPOTENCY_IN_PROGRESS',
  reason: 'idempotency_in_progress',
  message: 'The first request with this Idempotency-Key is still running',
  fix: 'Repeat the request after the seconds in `Retry-After`: it then gets the first one’s answer.',
  retryAfterSeconds: 1,
});

export const idempotentAnswerLost = refusal({
  code: 'CONFLICT',
  reason: 'idempotent_answer_lost',
  message: 'The request with this Idempotency-Key was carried out, but its answer can no longer be read',
  fix: 'It is not carried out again. Look up what it has made; send a new request under a new key.',
});

export const idempotencyKeyReused = refusal({
  code: 'IDEMPOTENCY_KEY_REUSED',
  reason: 'idempotency_key_reused',
  message: 'This Idempotency-Key was sent before with another request',
  fix: 'Make a new key for each request, and repeat a key only with the same method, path and body.',
});

export const bug = refusal({
  code: 'INTERNAL_ERROR',
  reason: 'internal_error',
  message: 'Something went wrong on our side. The request id finds it in the log.',
});

export const outage = refusal({
  code: 'SERVICE_UNAVAILABLE',
  reason: 'unavailable',
  message: 'A part of Pintail cannot be reached now. Try again in a moment.',
  retryAfterSeconds: 5,
});

export const rateLimitExceeded = refusal({
  code: 'RATE_LIMIT_EXCEEDED',
  reason: 'rate_limit_exceeded',
  message: 'This API key has made too many requests in this minute',
  fix: 'Try again after the seconds in `Retry-After`. `X-RateLimit-Remaining` says how many requests are left in this minute; API_RATE_PER_MINUTE sets the limit.',
});

export const bodiesTooLarge = refusal({
  code: 'RATE_LIMIT_EXCEEDED',
  reason: 'too_many_large_bodies',
  message: 'This API key is sending too many large bodies at once',
  fix: 'Send at most two bodies of more than 1 MiB at a time, and this one again after the seconds in `Retry-After`.',
  retryAfterSeconds: 1,
});

export const bodyMemoryFull = refusal({
  code: 'SERVICE_UNAVAILABLE',
  reason: 'body_memory_full',
  message: 'Pintail is receiving as many bodies as it has memory for',
  fix: 'Nothing was done. Send the request again after the seconds in `Retry-After`.',
  retryAfterSeconds: 1,
});

export const overloaded = refusal({
  code: 'SERVICE_UNAVAILABLE',
  reason: 'overloaded',
  message: 'Pintail has too much to do at this moment',
  fix: 'Nothing was done. Send the request again after the seconds in `Retry-After`.',
  retryAfterSeconds: 1,
});

// The three that are told before there is a request (statuses 400, 431 and 408).

export const malformedRequest = refusal({
  code: 'BAD_REQUEST',
  reason: 'malformed_request',
  message: 'This is not an HTTP request',
  fix: 'Use an HTTP client, and http or https as the address says.',
});

export const headersTooLarge = refusal({
  code: 'BAD_REQUEST',
  reason: 'headers_too_large',
  message: 'The address and the headers are larger than 16 KiB',
  fix: 'Send long texts in the body.',
});

export const tooSlow = refusal({
  code: 'BAD_REQUEST',
  reason: 'request_timeout',
  message: 'The request took too long to arrive',
  fix: 'Headers have 15 seconds, a body has a minute, an upload an hour.',
});
