// Tokens: where a person grants access, the exchange of a code, and the refresh.

import { addMs } from '../../platform/clock.ts';
import type { Answer } from '../wire/answers.ts';
import { mapAnswer } from '../wire/answers.ts';
import type { Caller } from '../wire/caller.ts';
import { failureFor } from '../wire/failure.ts';
import { type RawTokens, rawTokensSchema } from './token-answer.ts';

export interface AppCredentials {
  appId: string;
  appSecret: string;
}

export interface TokenSet {
  accessToken: string;
  /** Null if the response does not include it; 30 days were observed. */
  accessTokenExpiresAt: Date | null;
  /** A new one with each refresh. Null when the answer has none: keep the old one. */
  refreshToken: string | null;
  /** 60 days were observed: an account that is not refreshed for longer must be connected again. */
  refreshTokenExpiresAt: Date | null;
  /** All scopes that the person ever granted this app (api-quickstart). Null if the response does not include them. */
  scopes: string[] | null;
}

export interface OAuthCalls {
  /** A code works once: when the answer is lost, start again from the authorize page. */
  exchangeCode(app: AppCredentials, grant: { code: string; redirectUri: string }): Promise<Answer<TokenSet>>;
  /**
   * One refresh at a time per account, and store both tokens before using either: whether the old refresh
   * token dies at once is not documented. A lost answer may be tried again with the old one; nothing else can.
   */
  refreshTokens(app: AppCredentials, refreshToken: string): Promise<Answer<TokenSet>>;
}

/** Returns the page where a person grants access. `redirectUri` must be registered exactly. */
export function authorizeUrl(
  page: string,
  request: { appId: string; redirectUri: string; scopes: readonly string[]; state: string },
): string {
  const url = new URL(page);
  url.searchParams.set('client_id', request.appId);
  url.searchParams.set('redirect_uri', request.redirectUri);
  url.searchParams.set('response_type', 'code');
  url.searchParams.set('scope', request.scopes.join(','));
  url.searchParams.set('state', request.state);
  return url.toString();
}

export function oauthCalls(caller: Caller): OAuthCalls {
  async function tokens(
    operation: string,
    app: AppCredentials,
    form: Record<string, string>,
    secret: string,
    isRepeatable: boolean,
  ): Promise<Answer<TokenSet>> {
    const answer = await caller.answer({
      operation,
      method: 'POST',
      path: '/oauth/token',
      authorization: app,
      // Apps from before 2025-09-25 get a refresh token that can be renewed only when they say so; others always do.
      body: { form: { ...form, continuous_refresh: 'true' } },
      expects: rawTokensSchema,
      isRepeatable,
      secrets: [secret],
    });
    return mapAnswer(asGrantAnswer(answer), (raw) => toTokenSet(raw, answer.call.startedAt));
  }

  return {
    exchangeCode: (app, { code, redirectUri }) =>
      tokens(
        'exchangeCode',
        app,
        { grant_type: 'authorization_code', code, redirect_uri: redirectUri },
        code,
        false,
      ),
    refreshTokens: (app, refreshToken) =>
      tokens(
        'refreshTokens',
        app,
        { grant_type: 'refresh_token', refresh_token: refreshToken },
        refreshToken,
        true,
      ),
  };
}

/**
 * Maps failures of /oauth/token. A 400 means a bad code or refresh token, the only external input. A 401 may also mean
 * wrong app credentials, so the remediation mentions them.
 */
function asGrantAnswer(answer: Answer<RawTokens>): Answer<RawTokens> {
  if (answer.kind === 'ok') return answer;
  const { reason } = answer.failure;
  if (reason === 'invalid_request') return { ...answer, failure: failureFor('grant_invalid') };
  if (reason !== 'token_invalid') return answer;
  const remediation =
    'Connect the account again. If every account fails, check PINTEREST_APP_ID and PINTEREST_APP_SECRET.';
  return { ...answer, failure: { ...failureFor('grant_invalid'), remediation } };
}

/** Expiry times are relative to the start of the request, so that they are never later than Pinterest's. */
function toTokenSet(raw: RawTokens, startedAt: Date): TokenSet {
  const inSeconds = (seconds: number | null) => (seconds === null ? null : addMs(startedAt, seconds * 1000));
  const refreshAtEpoch = raw.refresh_token_expires_at;
  return {
    accessToken: raw.access_token,
    accessTokenExpiresAt: inSeconds(raw.expires_in),
    refreshToken: raw.refresh_token,
    refreshTokenExpiresAt:
      inSeconds(raw.refresh_token_expires_in) ??
      (refreshAtEpoch === null ? null : new Date(refreshAtEpoch * 1000)),
    // The separator is not stated: commas and blanks were both seen.
    scopes: raw.scope === null ? null : raw.scope.split(/[\s,]+/).filter((scope) => scope !== ''),
  };
}
