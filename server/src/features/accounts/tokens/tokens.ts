// Tokens of accounts: encrypted where they are stored, and decrypted only to be used.
import { addMs } from '../../../platform/clock.ts';
import type { Encryption } from '../../../platform/encryption.ts';
import type { AccountRow } from '../accounts.queries.ts';

/** Tokens as Pinterest issues them. */
export interface NewTokens {
  accessToken: string;
  refreshToken: string | null;
  /** Null when it is not known. */
  accessTokenExpiresAt: Date | null;
  refreshTokenExpiresAt: Date | null;
}

/** An account that is not used for 60 days is lost (Pinterest's continuous refresh tokens). */
const refreshAfterMsMax = 20 * 24 * 3600 * 1000;
/** The share of the access token's lifetime after which it is refreshed, when that is sooner. */
const refreshAfterShare = 0.75;

/** The columns of an account that store new tokens. A missing refresh token leaves the stored one unchanged. */
export function sealTokens(encryption: Encryption, accountId: string, tokens: NewTokens, now: Date) {
  return {
    access_token: encryption.encrypt(tokens.accessToken, accountId),
    ...(tokens.refreshToken !== null && {
      refresh_token: encryption.encrypt(tokens.refreshToken, accountId),
    }),
    access_token_expires_at: tokens.accessTokenExpiresAt,
    ...(tokens.refreshTokenExpiresAt !== null && {
      refresh_token_expires_at: tokens.refreshTokenExpiresAt,
    }),
    token_authorized: true,
    tokens_stored_at: now,
    refresh_due_at: refreshDueAt(tokens.accessTokenExpiresAt, now),
    refreshing_until: null,
    updated_at: now,
  };
}

/** The access token, for a call to Pinterest; null for an account that was disconnected. */
export function readAccessToken(encryption: Encryption, account: AccountRow): string | null {
  return account.access_token && encryption.decrypt(account.access_token, account.id);
}

/** Whether the installation's key decrypts the stored access token. True for an account without one. */
export function canReadAccessToken(encryption: Encryption, account: AccountRow): boolean {
  try {
    readAccessToken(encryption, account);
    return true;
  } catch {
    return false;
  }
}

function refreshDueAt(expiresAt: Date | null, now: Date): Date {
  const lifetimeMs = expiresAt === null ? Number.POSITIVE_INFINITY : expiresAt.getTime() - now.getTime();
  return addMs(now, Math.min(refreshAfterMsMax, Math.max(0, lifetimeMs * refreshAfterShare)));
}
