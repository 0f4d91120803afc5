// Connects an account through Pinterest's consent page: sends its owner there, and accepts them back.
import { createHash, randomBytes } from 'node:crypto';
import { type AppCredentials, authorizeUrl, type Environment } from '../../../pinterest/index.ts';
import { addMs, toUnixSeconds } from '../../../platform/clock.ts';
import { actorFromColumn, type Context } from '../../../platform/use-case/index.ts';
import type { Gate } from '../../../platform/work/gate.ts';
import {
  connectDeclined,
  connectExpired,
  keyIsRestricted,
  noPinterestApp,
  tokensRejected,
} from '../accounts.errors.ts';
import type { AccountRow } from '../accounts.queries.ts';
import type { ConnectAccount } from '../accounts.schema.ts';
import { environmentOf } from '../environment.ts';
import type { AccountParts } from '../parts.ts';
import { connectAccount } from './connect-account.ts';
import { insertOAuthState, takeOAuthState } from './oauth-states.queries.ts';
import { getAccount } from './read-accounts.ts';

/** The scopes that publishing needs: POST /pins declares all four of boards and Pins, read and write. */
const oauthScopes = ['boards:read', 'boards:write', 'pins:read', 'pins:write', 'user_accounts:read'];

/** The path of this server to which Pinterest sends the account's owner back. */
export const callbackPath = '/oauth/pinterest/callback';

const stateForm = /^[\w-]{43}$/;

const oauthStateMs = 10 * 60 * 1000;

/**
 * Returns the URL of the consent page, for the account's owner.
 * @throws accountNotFound, noPinterestApp, keyIsRestricted
 */
export async function startConnect(parts: AccountParts, context: Context, input: ConnectAccount) {
  const { accountId, environment } = input ?? {};
  if (accountId === undefined && context.accountIds !== null) throw keyIsRestricted();
  return context.commit(async (tx) => {
    const account = accountId === undefined ? null : await getAccount(tx, context, accountId);
    const place = account ? environmentOf(account) : (environment ?? parts.environment);
    const { appId } = getApp(parts, place);
    const state = randomBytes(32).toString('base64url');
    const now = context.clock.now();
    const expiresAt = addMs(now, oauthStateMs);
    const row = {
      state_hash: hashState(state),
      organization_id: context.organizationId,
      account_id: account?.id ?? null,
      actor: context.actor,
      environment: place,
      expires_at: expiresAt,
    };
    await insertOAuthState(tx, row, now);
    const url = authorizeUrl(parts.pinterest.addresses(place).authorizeUrl, {
      appId,
      redirectUri: redirectUriOf(parts),
      scopes: oauthScopes,
      state,
    });
    return { data: { url, expiresAt: toUnixSeconds(expiresAt) } };
  });
}

export interface CallbackParts extends AccountParts {
  /** Limits the look-ups of states that run at the same time. */
  lookups: Gate;
}

/** The query parameters that Pinterest adds to the callback's URL. */
export interface Callback {
  state: string | undefined;
  code: string | undefined;
}

/**
 * Connects the account when Pinterest sends its owner back. There is no context: the state says who started it.
 * @throws connectExpired for a state that is unknown, used or expired; connectDeclined without a code; tokensRejected,
 *   otherUser, noPinterestApp
 */
export async function finishConnect(parts: CallbackParts, { state, code }: Callback): Promise<AccountRow> {
  const { database, clock, pinterest } = parts;
  // Deleted whatever happens next: a state works once.
  const take = (text: string) =>
    parts.lookups.run(0, () => takeOAuthState(database.db, hashState(text), clock.now()));
  const storedState = state !== undefined && stateForm.test(state) ? await take(state) : undefined;
  if (!storedState) throw connectExpired();
  if (code === undefined || code === '') throw connectDeclined();
  const environment = environmentOf(storedState);
  const app = getApp(parts, environment);
  const redirectUri = redirectUriOf(parts);
  const answer = await pinterest.of(environment).exchangeCode(app, { code, redirectUri });
  if (answer.kind === 'failed') {
    const { reason, message, remediation } = answer.failure;
    throw tokensRejected([{ path: 'code', code: reason, message: `${message} ${remediation}` }]);
  }
  return connectAccount(parts, {
    ...answer.value,
    actor: actorFromColumn(storedState.actor),
    organizationId: storedState.organization_id,
    environment,
    accountId: storedState.account_id,
  });
}

/** @throws noPinterestApp */
function getApp({ pinterest }: AccountParts, environment: Environment): AppCredentials {
  const app = pinterest.app(environment);
  if (app === null) throw noPinterestApp();
  return app;
}

function redirectUriOf({ publicUrl }: AccountParts): string {
  return `${publicUrl}${callbackPath}`;
}

function hashState(state: string): Buffer {
  return createHash('sha256').update(state).digest();
}
