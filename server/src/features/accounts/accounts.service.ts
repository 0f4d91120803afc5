// Use cases of accounts. Tokens are the business of tokens.ts, connecting that of connect.ts.
import type { Environment } from '../../pinterest/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Connection, Database, Tx } from '../../platform/db/index.ts';
import { appendEvent } from '../../platform/outbox/index.ts';
import type { Caller, Commit, Stamp } from '../../platform/use-case/index.ts';
import { repaceLane, resetQueue } from '../lanes/index.ts';
import { accountNotFound, keyIsRestricted } from './accounts.errors.ts';
import {
  type AccountRow,
  eraseAccount,
  findAccount,
  listAccounts,
  listAllAccounts,
  listVisibleIds,
  lockAccount,
  updateAccount,
} from './accounts.queries.ts';
import {
  type ConnectAccount,
  type ConnectByTokens,
  type PauseAccount,
  toAccountView,
  type UpdateAccount,
} from './accounts.schema.ts';
import { type Callback, createConnect, type Grant } from './connect.ts';
import { resealTokens } from './reseal-tokens.ts';
import { createTokens, type RefreshOutcome, type TokensParts } from './tokens.ts';

export interface AccountsParts extends TokensParts {
  /** How callers reach this server, without a slash at the end. */
  publicUrl: string;
  /** Where an account is connected that names no environment. */
  environment: Environment;
}

export type AccountsService = ReturnType<typeof createAccounts>;
/** What whoever carries posts to Pinterest needs of it. */
export type AccountsForWork = Pick<AccountsService, 'accessToken' | 'tokenRefused'>;

export function createAccounts(parts: AccountsParts) {
  const { database, clock }: { database: Database; clock: Clock } = parts;
  const tokens = createTokens(parts);
  const connect = createConnect({ ...parts, tokens });

  /** @throws accountNotFound also for an account that exists but that the caller may not see. */
  async function get(connection: Connection, caller: Caller, accountId: string): Promise<AccountRow> {
    const account = await findAccount(connection, caller, accountId);
    if (!account) throw accountNotFound();
    return account;
  }

  async function setPublishing(
    caller: Caller,
    accountId: string,
    publishing: 'active' | 'paused',
    onDue: AccountRow['paused_policy'] | undefined,
    commit: Commit,
  ) {
    const now = clock.now();
    return commit(async (tx) => {
      const account = await get(tx, caller, accountId);
      const pausedPolicy = onDue ?? account.paused_policy;
      if (account.publishing === publishing && account.paused_policy === pausedPolicy)
        return { data: { account: toView(account) } };
      const row = await updateAccount(tx, account.id, {
        publishing,
        paused_policy: pausedPolicy,
        updated_at: now,
      });
      await appendEvent(tx, {
        organizationId: account.organization_id,
        accountId: account.id,
        postId: null,
        type: publishing === 'paused' ? 'account.paused' : 'account.resumed',
        at: now,
        actor: caller.actor,
        data: publishing === 'paused' ? { onDue: pausedPolicy } : {},
      });
      await resetQueue(tx, account.id, now, { wasAway: publishing === 'active' });
      return { data: { account: toView(row) } };
    });
  }

  const toView = (row: AccountRow) => toAccountView(row, clock.now());

  return {
    get,

    async list(caller: Caller) {
      const rows = await listAccounts(database.db, caller);
      return { accounts: rows.map(toView) };
    },

    async view(caller: Caller, accountId: string) {
      return { account: toView(await get(database.db, caller, accountId)) };
    },

    async update(caller: Caller, accountId: string, input: UpdateAccount, commit: Commit) {
      const now = clock.now();
      return commit(async (tx) => {
        const account = await get(tx, caller, accountId);
        const row = await updateAccount(tx, account.id, {
          updated_at: now,
          ...(input.timezone !== undefined && { timezone: input.timezone }),
          ...(input.dailyPinLimit !== undefined && { daily_pin_limit: input.dailyPinLimit }),
          ...(input.minIntervalSeconds !== undefined && { min_interval_seconds: input.minIntervalSeconds }),
          ...(input.pausedPolicy !== undefined && { paused_policy: input.pausedPolicy }),
          ...(input.missedPolicy !== undefined && { missed_policy: input.missedPolicy }),
          ...(input.unknownPolicy !== undefined && { unknown_policy: input.unknownPolicy }),
        });
        await appendEvent(tx, {
          organizationId: account.organization_id,
          accountId: account.id,
          postId: null,
          type: 'account.updated',
          at: now,
          actor: caller.actor,
          data: { ...input },
        });
        // Its queue may wait for no longer than the new rules ask.
        if (input.pausedPolicy === undefined) await repaceLane(tx, account.id, now);
        // A queue that was held may have to be failed or moved now.
        else await resetQueue(tx, account.id, now, { wasAway: false });
        return { data: { account: toView(row) } };
      });
    },

    /** What is being published right now is finished; a worker asks before each post. */
    async pause(caller: Caller, accountId: string, input: PauseAccount, commit: Commit) {
      return setPublishing(caller, accountId, 'paused', input?.onDue, commit);
    },

    async resume(caller: Caller, accountId: string, commit: Commit) {
      return setPublishing(caller, accountId, 'active', undefined, commit);
    },

    async connectByTokens(caller: Caller, input: ConnectByTokens, commit: Commit) {
      const grant: Grant = {
        actor: caller.actor,
        organizationId: caller.organizationId,
        environment: input.environment ?? parts.environment,
        accountId: null,
        accountIds: caller.accountIds,
        accessToken: input.accessToken,
        refreshToken: input.refreshToken ?? null,
        accessTokenExpiresAt: null,
        refreshTokenExpiresAt: null,
      };
      // Asking Pinterest may take a while: not inside the transaction.
      const user = await connect.askUser(grant);
      return commit(async (tx) => ({ data: { account: toView(await connect.keep(tx, grant, user)) } }));
    },

    async startConnect(caller: Caller, body: ConnectAccount, commit: Commit) {
      const input = body ?? {};
      if (input.accountId === undefined && caller.accountIds !== null) throw keyIsRestricted();
      const environment = input.environment ?? parts.environment;
      return commit(async (tx) => {
        const account = input.accountId === undefined ? null : await get(tx, caller, input.accountId);
        const data = await connect.start(tx, {
          actor: caller.actor,
          organizationId: caller.organizationId,
          account,
          environment,
        });
        return { data };
      });
    },

    /**
     * The account, for the transaction that disconnects it.
     * @throws accountNotFound
     */
    async lock(tx: Tx, caller: Caller, accountId: string): Promise<AccountRow> {
      const account = await lockAccount(tx, caller, accountId);
      if (!account) throw accountNotFound();
      return account;
    },

    /**
     * Disconnects a locked account: to callers it is gone, its tokens are erased. Its row stays, so that
     * connecting the same Pinterest user again finds its drafts and its history.
     */
    async disconnect(tx: Tx, account: AccountRow, { actor, now }: Stamp): Promise<void> {
      await eraseAccount(tx, account.id, now);
      await appendEvent(tx, {
        organizationId: account.organization_id,
        accountId: account.id,
        postId: null,
        type: 'account.disconnected',
        at: now,
        actor,
        data: { username: account.username, environment: account.environment },
      });
    },

    /** Of these ids, the ones of accounts that the caller may see. */
    visibleIds: listVisibleIds,

    finishConnect: (callback: Callback): Promise<AccountRow> => connect.finish(callback),

    /** For the command line and the first run. */
    connect: (grant: Grant): Promise<AccountRow> => connect.connect(grant),

    /** The access token, for a call to Pinterest; null once the account was disconnected. */
    accessToken: (account: AccountRow): string | null => tokens.read(account),

    /**
     * Pinterest refused the token. `token_invalid` (401, code 2) may be mended by refreshing; the other reasons
     * are not, and refreshing on them would loop for ever.
     */
    async tokenRefused(account: AccountRow, reason: string): Promise<RefreshOutcome> {
      if (reason === 'token_invalid') return tokens.refused(account);
      await tokens.reportUnauthorized(account);
      return 'unauthorized';
    },

    /** Encrypts with the present key every token that is encrypted with another one. */
    resealTokens: () => resealTokens(database.db, parts.encryption),

    refreshDueTokens: (): Promise<void> => tokens.refreshDue(),

    /** Every organization's accounts, for whoever runs the installation. */
    async listForOperator() {
      return (await listAllAccounts(database.db)).map((row) => ({
        id: row.id,
        username: row.username,
        environment: row.environment,
        organization: row.organization,
        tokenAuthorized: row.token_authorized,
        /** False when this installation's key cannot decrypt the stored token. */
        tokenReadable: tokens.canRead(row),
      }));
    },
  };
}
