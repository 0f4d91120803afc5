import { refusal } from '../../platform/errors.ts';

/** The sentence is the hosted API's (docs/api-contract.md#compatibility). */
export const accountNotFound = refusal({
  code: 'NOT_FOUND',
  reason: 'account_not_found',
  message: 'Account not found',
  fix: 'GET /v1/accounts lists the accounts that this key may use.',
});

export const tokenRefused = refusal({
  code: 'UNPROCESSABLE_ENTITY',
  reason: 'tokens_rejected',
  message: 'Pinterest did not grant access with what it was given',
  fix: 'Tokens need the scopes boards:read, boards:write, pins:read, pins:write and user_accounts:read, and work in one environment only.',
});

/** Who comes back from Pinterest is not known beforehand, and the key could not see a new account anyway. */
export const keyIsRestricted = refusal({
  code: 'FORBIDDEN',
  reason: 'key_restricted_to_accounts',
  message: 'This API key is restricted to some accounts and cannot connect another one',
  fix: 'Use a key without `accountIds`, or name the account to re-authorize: POST /v1/accounts/connect with `accountId`.',
});

export const noPinterestApp = refusal({
  code: 'CONFLICT',
  reason: 'pinterest_app_missing',
  message: 'No Pinterest app is configured for this environment',
  fix: 'Set PINTEREST_APP_ID and PINTEREST_APP_SECRET, or connect with tokens: POST /v1/accounts.',
});

export const otherUser = refusal({
  code: 'CONFLICT',
  reason: 'other_pinterest_user',
  message: 'Another Pinterest user came back than the one whose account was to be re-authorized',
});

export const connectExpired = refusal({
  code: 'BAD_REQUEST',
  reason: 'connection_expired',
  message: 'This connection was finished already, or was started more than 10 minutes ago',
  fix: 'Start again: POST /v1/accounts/connect.',
});

export const connectDeclined = refusal({
  code: 'BAD_REQUEST',
  reason: 'connection_declined',
  message: 'Pinterest was not given leave to connect the account',
  fix: 'Start again, and accept on the page that Pinterest shows.',
});

/** The refusals that the page after a consent shows. No operation of the API gives them. */
export const connectPageRefusals = [connectExpired, connectDeclined, otherUser];
