// The refusals of input, which every use case shares.
import { refusal } from '../errors.ts';

/** The message is the hosted API's. */
export const invalidBody = refusal({
  code: 'BAD_REQUEST',
  reason: 'invalid_body',
  message: 'Invalid request body',
  fix: 'Each entry of `details` names a field, what is wrong with it and what to send.',
});

export const invalidQuery = refusal({
  code: 'BAD_REQUEST',
  reason: 'invalid_query',
  message: 'Invalid query parameters',
  fix: 'Each entry of `details` names a parameter, what is wrong with it and what to send.',
});
