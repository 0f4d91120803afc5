// The refusals of accounts.
import { refusal } from '../../platform/errors.ts';

/** The sentence is the hosted API's (docs/api-contract.md#compatibility). */
export const accountNotFound = refusal({
  code: 'NOT_FOUND',
  reason: 'account_not_found',
  message: 'Account not found',
  fix: 'GET /v1/accounts lists the accounts that this key may use.',
});

export const tokensRejected = refusal({
  code: 'UNPROCESSABLE_ENTITY',
  reason: 'tokens_rejected',
  message: 'Pinterest did not accept the tokens',
  fix: 'The tokens need the scopes boards:read, boards:write, pins:read, pins:write and user_accounts:read, and work in one environment only.',
});

/** The Pinterest user is not known until the owner returns, and the key could not see a new account. */
export const keyIsRestricted = refusal({
  code: 'FORBIDDEN',
  reason: 'key_restricted_to_accounts',
  message: 'This API key is restricted to some accounts and cannot connect another account',
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
  message: 'Pinterest returned another user than the owner of the account to re-authorize',
});

export const connectExpired = refusal({
  code: 'BAD_REQUEST',
  reason: 'connection_expired',
  message: 'This connection was already completed, or was started more than 10 minutes ago',
  fix: 'Start again: POST /v1/accounts/connect.',
});

export const connectDeclined = refusal({
  code: 'BAD_REQUEST',
  reason: 'connection_declined',
  message: 'The connection was declined on Pinterest',
  fix: 'Start again, and accept on the consent page.',
});

/** The refusals of the page that follows the consent page. No operation of the API returns them. */
export const connectPageRefusals = [connectExpired, connectDeclined, otherUser];
