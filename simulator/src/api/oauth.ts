// Tokens: exchanges a code, renews a refresh token, issues a token for the app's own account (docs/pinterest.md#oauth).

import { authenticationFailed, badParameter, grantInvalid, notPermitted } from '../ground/refusal.ts';
import type { Answer, AppCall, AppOperation } from '../http/operation.ts';
import { fingerprint, newSecret } from '../store/ids.ts';
import type { Account, Token } from '../store/model.ts';

function issueToken(call: AppCall): Answer {
  const form = call.form();
  switch (form.grant_type) {
    case 'authorization_code':
      return exchange(call, form);
    case 'refresh_token':
      return refresh(call, form);
    case 'client_credentials':
      return forOwner(call, form);
    default:
      throw badParameter(
        "Invalid request: 'grant_type' must be authorization_code, refresh_token or client_credentials.",
      );
  }
}

function exchange(call: AppCall, form: Record<string, string>): Answer {
  const { store, clock } = call;
  const code = store.rows.codes.get(fingerprint(required(form, 'code')));
  const redirectUri = required(form, 'redirect_uri');
  const isGood =
    code !== undefined &&
    code.appId === call.app.id &&
    code.usedAt === null &&
    clock.nowMs() < Date.parse(code.expiresAt) &&
    code.redirectUri === redirectUri;
  if (!isGood) throw grantInvalid();
  const account = accountFor(call, code.username);
  call.noteAccount(account.id);
  // The response lists all scopes that the person ever granted this app.
  const scopes = new Set([...scopesGrantedTo(call, account), ...code.scopes]);
  const { row, accessToken, refreshToken } = newToken(call, account, [...scopes], 'user');
  // The code is used and the token issued in one commit: a crash between the two would lose or repeat the grant.
  store.commit({ put: 'codes', row: { ...code, usedAt: clock.now().toISOString() } }, { put: 'tokens', row });
  return tokenAnswer(call, row, accessToken, refreshToken, 'authorization_code');
}

function refresh(call: AppCall, form: Record<string, string>): Answer {
  const { store, clock } = call;
  const refreshFingerprint = fingerprint(required(form, 'refresh_token'));
  const old = [...store.rows.tokens.values()].find(
    (token) => token.refreshFingerprint === refreshFingerprint && token.appId === call.app.id,
  );
  const account = old && store.rows.accounts.get(old.accountId);
  const isGood =
    old !== undefined &&
    account !== undefined &&
    account.state !== 'deleted' &&
    account.environment === call.environment &&
    old.refreshRevokedAt === null &&
    old.refreshExpiresAt !== null &&
    clock.nowMs() < Date.parse(old.refreshExpiresAt);
  if (!isGood) throw authenticationFailed();
  call.noteAccount(account.id);

  const requested = splitScopes(form.scope ?? '');
  if (requested.some((scope) => !old.scopes.includes(scope))) {
    throw badParameter("Invalid request: 'scope' may only narrow what was granted.");
  }
  const scopes = requested.length > 0 ? requested : old.scopes;
  const { oldRefreshToken, omitNewRefreshToken } = call.settings().tokens;
  const { row, accessToken, refreshToken } = newToken(call, account, scopes, 'user');
  if (omitNewRefreshToken) {
    const withoutRefresh = { ...row, refreshFingerprint: null, refreshExpiresAt: null };
    store.commit({ put: 'tokens', row: withoutRefresh });
    return tokenAnswer(call, withoutRefresh, accessToken, null, 'refresh_token');
  }
  const revoked = { ...old, refreshRevokedAt: clock.now().toISOString() };
  store.commit(
    { put: 'tokens', row },
    ...(oldRefreshToken === 'dies' ? [{ put: 'tokens' as const, row: revoked }] : []),
  );
  return tokenAnswer(call, row, accessToken, refreshToken, 'refresh_token');
}

/** Issues a token for the app owner's own account, without a browser and without a refresh token. */
function forOwner(call: AppCall, form: Record<string, string>): Answer {
  const scopes = splitScopes(required(form, 'scope'));
  const { ownerUsername } = call.app;
  if (ownerUsername === null) throw notPermitted('This app has no owner account in the simulator.');
  const account = accountFor(call, ownerUsername);
  call.noteAccount(account.id);
  const { row, accessToken } = newToken(call, account, scopes, 'client');
  call.store.commit({ put: 'tokens', row });
  return tokenAnswer(call, row, accessToken, null, 'client_credentials');
}

/** Returns the person's account in this environment. A sandbox account is created empty (docs/pinterest.md#hosts-and-access). */
function accountFor(call: AppCall, username: string): Account {
  const { store, clock } = call;
  const existing = store.findAccount(username, call.environment);
  if (existing !== undefined) return existing;
  const production = call.environment === 'sandbox' ? store.findAccount(username, 'production') : undefined;
  if (production === undefined) throw grantInvalid();
  const sandbox: Account = {
    ...production,
    id: store.ids.next(),
    environment: 'sandbox',
    createdAt: clock.now().toISOString(),
  };
  store.commit({ put: 'accounts', row: sandbox });
  return sandbox;
}

function scopesGrantedTo(call: AppCall, account: Account): string[] {
  return [...call.store.rows.tokens.values()]
    .filter((token) => token.accountId === account.id && token.appId === call.app.id)
    .flatMap((token) => token.scopes);
}

function newToken(
  call: AppCall,
  account: Account,
  scopes: string[],
  kind: Token['kind'],
): { row: Token; accessToken: string; refreshToken: string } {
  const { accessSeconds, refreshSeconds } = call.settings().tokens;
  const after = (seconds: number) => new Date(call.clock.nowMs() + seconds * 1_000).toISOString();
  const accessToken = newSecret('pina_');
  const refreshToken = newSecret('pinr_');
  const row: Token = {
    id: fingerprint(accessToken),
    accountId: account.id,
    appId: call.app.id,
    kind,
    accessExpiresAt: after(accessSeconds),
    refreshFingerprint: kind === 'user' ? fingerprint(refreshToken) : null,
    refreshExpiresAt: kind === 'user' ? after(refreshSeconds) : null,
    scopes,
    accessRevokedAt: null,
    refreshRevokedAt: null,
  };
  return { row, accessToken, refreshToken };
}

function tokenAnswer(
  call: AppCall,
  row: Token,
  accessToken: string,
  refreshToken: string | null,
  responseType: string,
): Answer {
  const { accessSeconds, refreshSeconds, scopeSeparator } = call.settings().tokens;
  const body = {
    access_token: accessToken,
    token_type: 'bearer',
    expires_in: accessSeconds,
    scope: row.scopes.join(scopeSeparator === 'comma' ? ',' : ' '),
    response_type: responseType,
  };
  if (refreshToken === null || row.refreshExpiresAt === null) return { status: 200, body };
  return {
    status: 200,
    body: {
      ...body,
      refresh_token: refreshToken,
      refresh_token_expires_in: refreshSeconds,
      refresh_token_expires_at: Math.floor(Date.parse(row.refreshExpiresAt) / 1_000),
    },
  };
}

function required(form: Record<string, string>, name: string): string {
  const value = form[name];
  if (value === undefined || value === '') throw badParameter(`Invalid request: '${name}' is required.`);
  return value;
}

export function splitScopes(text: string): string[] {
  return text.split(/[\s,]+/).filter((scope) => scope !== '');
}

/** Always refuses: Pinterest revokes only tokens of system users, which the simulator does not have. */
function revoke(call: AppCall): Answer {
  required(call.form(), 'token');
  throw notPermitted();
}

export const oauthOperations: AppOperation[] = [
  { id: 'oauth/token', method: 'POST', path: '/oauth/token', handle: issueToken },
  { id: 'token/revoke', method: 'POST', path: '/oauth/token/revoke', handle: revoke },
];
