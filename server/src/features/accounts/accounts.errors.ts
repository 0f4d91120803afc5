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

export const tooManyConnectLinks = refusal({
  code: 'CONFLICT',
  reason: 'too_many_connect_links',
  message: 'Limit reached: an organization can have at most 1,000 open connect links',
  fix: 'Use a shorter `expiresIn`, and create a link when its owner asks for it.',
});

export const otherUser = refusal({
  code: 'CONFLICT',
  reason: 'other_pinterest_user',
  message: 'You are logged in to Pinterest as another user than the owner of this account',
  fix: 'Log in to Pinterest as the owner of the account, then ask for a new link.',
});

export const connectExpired = refusal({
  code: 'BAD_REQUEST',
  reason: 'connection_expired',
  message: 'This link was already used, has expired, or was opened in another browser',
  fix: 'Ask for a new link.',
});

export const connectDeclined = refusal({
  code: 'BAD_REQUEST',
  reason: 'connection_declined',
  message: 'The connection was declined on Pinterest',
  fix: 'Nothing was connected. To connect the account, ask for a new link, and agree on Pinterest.',
});

/** The refusals that the connect pages show to the owner of an account, in words for them. No operation of the API returns them. */
export const connectPageRefusals = [connectExpired, connectDeclined, otherUser];
