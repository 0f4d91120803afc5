// Connecting an account: by tokens made in Pinterest's console, or through Pinterest's consent page.
import { createHash, randomBytes } from 'node:crypto';
import { newId } from '../../domain/ids.ts';
import {
  authorizeUrl,
  type Environment,
  type PinterestEnvironments,
  type UserAccount,
} from '../../pinterest/index.ts';
import { addMs, type Clock, toUnixSeconds } from '../../platform/clock.ts';
import type { Database, Tx } from '../../platform/db/index.ts';
import { appendEvent } from '../../platform/outbox/index.ts';
import { type Actor, actorFromColumn, callerSeesAccount } from '../../platform/use-case/index.ts';
import { wakeLane } from '../lanes/index.ts';
import {
  connectDeclined,
  connectExpired,
  keyIsRestricted,
  noPinterestApp,
  otherUser,
  tokenRefused,
} from './accounts.errors.ts';
import {
  type AccountRow,
  findAccount,
  findAccountOfUser,
  insertAccount,
  insertOAuthState,
  takeOAuthState,
  updateAccount,
} from './accounts.queries.ts';
import { environmentOf } from './environment.ts';
import type { NewTokens, Tokens } from './tokens.ts';

/** What publishing needs: POST /pins declares all four of boards and Pins, read and write. */
export const scopesAskedFor = [
  'boards:read',
  'boards:write',
  'pins:read',
  'pins:write',
  'user_accounts:read',
];

export const callbackPath = '/oauth/pinterest/callback';
const stateLifeMs = 10 * 60 * 1000;

export interface ConnectParts {
  database: Database;
  clock: Clock;
  pinterest: PinterestEnvironments;
  tokens: Tokens;
  /** How callers reach this server, without a slash at the end. */
  publicUrl: string;
}

export interface Grant extends NewTokens {
  /** Who connects the account. */
  actor: Actor;
  organizationId: string;
  environment: Environment;
  /** The account that must come back; null for whichever it is. */
  accountId: string | null;
  /** The accounts to which the caller's key is restricted. */
  accountIds?: readonly string[] | null;
}

/** What Pinterest adds to the callback's address. */
export interface Callback {
  state: string | undefined;
  code: string | undefined;
}

export type Connect = ReturnType<typeof createConnect>;

export function createConnect({ database, clock, pinterest, tokens, publicUrl }: ConnectParts) {
  const redirectUri = `${publicUrl}${callbackPath}`;

  /**
   * Whose tokens they are, by Pinterest's word.
   * @throws tokenRefused
   */
  async function askUser(grant: Grant): Promise<UserAccount> {
    const answer = await pinterest.of(grant.environment).getUserAccount(grant.accessToken);
    if (answer.kind === 'failed') {
      const { reason, message, remediation } = answer.failure;
      throw tokenRefused([{ path: 'accessToken', code: reason, message: `${message} ${remediation}` }]);
    }
    return answer.value;
  }

  /**
   * Stores the tokens with the account to which they belong: a new one, one that is connected already, or one
   * that was disconnected, which then is what it was.
   * @throws otherUser, keyIsRestricted
   */
  async function keep(tx: Tx, grant: Grant, user: UserAccount): Promise<AccountRow> {
    const now = clock.now();
    const key = {
      organization_id: grant.organizationId,
      environment: grant.environment,
      pinterest_user_id: user.id,
    };
    const known = await findAccountOfUser(tx, key);
    if (grant.accountId !== null && known?.id !== grant.accountId) {
      throw otherUser([
        {
          path: 'accountId',
          code: 'other_pinterest_user',
          message: `Pinterest sent back the user ${user.username}. Log in to Pinterest as the account's own user and try again.`,
        },
      ]);
    }
    const id = known?.id ?? newId('acc');
    if (!callerSeesAccount({ accountIds: grant.accountIds ?? null }, id)) throw keyIsRestricted();
    const current = {
      username: user.username,
      display_name: user.businessName || user.username,
      avatar_url: user.profileImage,
      is_domain_verified: Boolean(user.websiteUrl),
      disconnected_at: null,
      ...tokens.seal(id, grant, now),
      // Without a refresh token there is nothing to refresh with.
      ...(grant.refreshToken === null && { refresh_token: null, refresh_due_at: null }),
    };
    const account = known
      ? await updateAccount(tx, id, current)
      : await insertAccount(tx, { id, ...key, ...current, created_at: now });
    // Its queue may have waited for this.
    if (known) await wakeLane(tx, id, now);
    await appendEvent(tx, {
      organizationId: grant.organizationId,
      accountId: id,
      postId: null,
      type: 'account.connected',
      at: now,
      actor: grant.actor,
      data: { username: user.username, environment: grant.environment },
    });
    return account;
  }

  async function connect(grant: Grant): Promise<AccountRow> {
    const user = await askUser(grant);
    return database.transaction((tx) => keep(tx, grant, user));
  }

  return {
    askUser,
    keep,
    /** Both at once. */
    connect,

    /** Where to send the person who owns the account. */
    async start(
      tx: Tx,
      input: { actor: Actor; organizationId: string; account: AccountRow | null; environment: Environment },
    ) {
      const environment = input.account ? environmentOf(input.account) : input.environment;
      const app = pinterest.app(environment);
      if (app === null) throw noPinterestApp();
      const state = randomBytes(32).toString('base64url');
      const now = clock.now();
      const expiresAt = addMs(now, stateLifeMs);
      await insertOAuthState(
        tx,
        {
          state_hash: hash(state),
          organization_id: input.organizationId,
          account_id: input.account?.id ?? null,
          actor: input.actor,
          environment,
          expires_at: expiresAt,
        },
        now,
      );
      const url = authorizeUrl(pinterest.addresses(environment).authorizeUrl, {
        appId: app.appId,
        redirectUri,
        scopes: scopesAskedFor,
        state,
      });
      return { url, expiresAt: toUnixSeconds(expiresAt) };
    },

    /**
     * Pinterest sends the person back here.
     * @throws connectExpired for a state that is unknown, used or old; connectDeclined without a code.
     */
    async finish({ state, code }: Callback): Promise<AccountRow> {
      // Taken out whatever happens next: a state works once.
      const known =
        state === undefined ? undefined : await takeOAuthState(database.db, hash(state), clock.now());
      if (!known) throw connectExpired();
      if (code === undefined || code === '') throw connectDeclined();
      const environment = environmentOf(known);
      const app = pinterest.app(environment);
      if (app === null) throw noPinterestApp();
      const answer = await pinterest.of(environment).exchangeCode(app, { code, redirectUri });
      if (answer.kind === 'failed') {
        const { reason, message, remediation } = answer.failure;
        throw tokenRefused([{ path: 'code', code: reason, message: `${message} ${remediation}` }]);
      }
      return connect({
        ...answer.value,
        actor: actorFromColumn(known.actor),
        organizationId: known.organization_id,
        environment,
        accountId: known.account_id,
      });
    },

    /** For re-authorizing: the caller's own account. */
    findAccount: (caller: Parameters<typeof findAccount>[1], accountId: string) =>
      findAccount(database.db, caller, accountId),
  };
}

function hash(state: string): Buffer {
  return createHash('sha256').update(state).digest();
}
