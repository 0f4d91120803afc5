// The refusals of invalid input, which all use cases share.
import { refusal } from '../errors.ts';

/** The message is that of the reference API (docs/api-contract.md#compatibility). */
export const invalidBody = refusal({
  code: 'BAD_REQUEST',
  reason: 'invalid_body',
  message: 'Invalid request body',
  fix: 'Each entry of `details` names a field, what is wrong with it and what to send.',
});

/** A query parameter that is invalid, or that needs a confirmation. */
export const invalidQuery = refusal({
  code: 'BAD_REQUEST',
  reason: 'invalid_query',
  message: 'Invalid query parameters',
  fix: 'Each entry of `details` names a parameter, what is wrong with it and what to send.',
});
