// The refusals that all use cases share: invalid input, and an invalid or revoked key.
import { refusal } from '../errors.ts';

/** The message is that of the reference API (docs/api-contract.md#compatibility). */
export const invalidBody = refusal({
  code: 'BAD_REQUEST',
  reason: 'invalid_body',
  message: 'Invalid request body',
  fix: 'Each entry of `details` names a field, what is wrong with it and what to send.',
});

/** A query parameter is invalid, or a confirmation is required. */
export const invalidQuery = refusal({
  code: 'BAD_REQUEST',
  reason: 'invalid_query',
  message: 'Invalid query parameters',
  fix: 'Each entry of `details` names a parameter, what is wrong with it and what to send.',
});

/** The request has no valid key, or its key was revoked while the use case ran. */
export const unauthorized = refusal({
  code: 'UNAUTHORIZED',
  reason: 'invalid_api_key',
  message: 'Invalid API key',
  fix: 'Send `Authorization: Bearer <key>` with a key that is neither revoked nor expired. Keys that begin with pt_test_ work on the simulator only.',
});
