// Turns errors into responses: a refusal as declared, an outage as 503, any other error as 500.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Outage, Refusal } from '../errors.ts';
import { notTaken } from './bodies/bodies.ts';
import { failure } from './contract/envelope.ts';
import { badRequest, bodyTooLarge, bug, noSuchRoute, outage, statusOf } from './contract/refusals.ts';

export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const refusal = toRefusal(error, request);
  const { code, retryAfterSeconds } = refusal.declaration;
  request.refusedAs = refusal.declaration;
  reply.header('x-request-id', request.id);
  if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds);
  reply.code(statusOf[code]).send(failure(refusal, request.id));
}

/** Codes of Fastify's own errors that a caller can cause. */
const fastifyErrors: Record<string, (request: FastifyRequest) => Refusal> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: (request) => notTaken(request.routeOptions.config.route),
  FST_ERR_CTP_BODY_TOO_LARGE: () => bodyTooLarge(),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () => badRequest(),
  FST_ERR_BAD_URL: () => noSuchRoute(),
  FST_ERR_MAX_PARAM_LENGTH: () => noSuchRoute(),
  FST_ERR_ASYNC_CONSTRAINT: () => noSuchRoute(),
};

function toRefusal(error: unknown, request: FastifyRequest): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof Outage) {
    request.log.warn({ err: error, ...request.logIds }, 'outage');
    return outage([{ path: '', code: 'unavailable', message: error.message }]);
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const known = fastifyErrors[code];
  if (known) return known(request);
  request.log.error({ err: error, ...request.logIds }, 'bug');
  return bug();
}
