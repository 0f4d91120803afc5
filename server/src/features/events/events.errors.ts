// The refusals of event streams.
import { refusal } from '../../platform/errors.ts';

export const tooManyKeyStreams = refusal({
  code: 'RATE_LIMIT_EXCEEDED',
  reason: 'too_many_streams',
  message: 'Limit reached: an API key can have at most 10 event streams open',
  fix: 'Close a stream, or read one stream and distribute its events. `GET /v1/events` without a stream has no such limit.',
  retryAfterSeconds: 15,
});

export const tooManyOrganizationStreams = refusal({
  code: 'RATE_LIMIT_EXCEEDED',
  reason: 'too_many_organization_streams',
  message: 'Limit reached: the API keys of an organization can have at most 50 event streams open',
  fix: 'Close streams that are not in use, or read one stream and distribute its events.',
  retryAfterSeconds: 15,
});

export const tooManyStreams = refusal({
  code: 'SERVICE_UNAVAILABLE',
  reason: 'too_many_streams_open',
  message: 'This process has as many event streams open as it can serve',
  fix: 'Repeat the request after `Retry-After` seconds, or read `GET /v1/events` without a stream.',
  retryAfterSeconds: 15,
});
