import { refusal } from '../../platform/errors.ts';

/** The sentence is the hosted API's (create-post.txt, answer 404). */
export const accountNotFound = refusal({
  code: 'NOT_FOUND',
  message: 'Account not found',
  fix: 'GET /v1/accounts lists the accounts that this key may use.',
});

export const tokenRefused = refusal({
  code: 'UNPROCESSABLE_ENTITY',
  message: 'Pinterest did not accept the access token',
  fix: 'Make a token for this environment with the scopes boards:read, boards:write, pins:read, pins:write and user_accounts:read.',
});
