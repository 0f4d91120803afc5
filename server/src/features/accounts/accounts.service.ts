// Pinterest accounts we may act for, and their tokens. Tokens leave this file only to be used.

import type { Pinterest } from '../../pinterest/index.ts';
import { addMs, type Clock } from '../../platform/clock.ts';
import type { Connection, Database } from '../../platform/db/index.ts';
import type { Encryption } from '../../platform/encryption.ts';
import { appendEvent } from '../../platform/events/index.ts';
import type { Caller } from '../../platform/http/caller.ts';
import { newId } from '../../platform/ids.ts';
import { accountNotFound, tokenRefused } from './accounts.errors.ts';
import {
  type AccountRow,
  findAccount,
  findAccountOfUser,
  getAccountForWork,
  insertAccount,
  listAccounts,
  listAllAccounts,
  markUnauthorized,
  updateAccount,
  wakeAccount,
} from './accounts.queries.ts';
import { toAccountView } from './accounts.schema.ts';

export type Environment = 'production' | 'sandbox' | 'simulator';

export interface ConnectWithTokens {
  organizationId: string;
  accessToken: string;
  refreshToken: string | null;
  /** Null when it is not known. */
  expiresInSeconds: number | null;
  environment: Environment;
}

export interface AccountsParts {
  database: Database;
  clock: Clock;
  pinterest: Pinterest;
  encryption: Encryption;
}

export type AccountsService = ReturnType<typeof createAccounts>;

export function createAccounts({ database, clock, pinterest, encryption }: AccountsParts) {
  function canRead(row: AccountRow): boolean {
    if (row.access_token === null) return true;
    try {
      encryption.decrypt(row.access_token, row.id);
      return true;
    } catch {
      return false;
    }
  }

  return {
    async list(caller: Caller) {
      const rows = await listAccounts(database.db, caller);
      return { accounts: rows.map((row) => toAccountView(row, clock.now())) };
    },

    /** Every organization's accounts, for whoever runs the installation. */
    async listForOperator() {
      const rows = await listAllAccounts(database.db);
      return rows.map((row) => ({
        id: row.id,
        username: row.username,
        environment: row.environment,
        organization: row.organization,
        tokenAuthorized: row.token_authorized,
      }));
    },

    /** The user names of accounts whose tokens this installation's key cannot decrypt. */
    async listUnreadable(): Promise<string[]> {
      return (await listAllAccounts(database.db)).filter((row) => !canRead(row)).map((row) => row.username);
    },

    /** @throws accountNotFound also for an account that exists but that the caller may not see. */
    async get(connection: Connection, caller: Caller, accountId: string): Promise<AccountRow> {
      const account = await findAccount(connection, caller, accountId);
      if (!account) throw accountNotFound();
      return account;
    },

    getForWork: getAccountForWork,

    /** The access token, for a call to Pinterest; null once the account was disconnected. */
    accessToken(account: AccountRow): string | null {
      return account.access_token && encryption.decrypt(account.access_token, account.id);
    },

    /** Pinterest refused the token: the account says so, and its queue waits. */
    async reportUnauthorized(account: AccountRow): Promise<void> {
      const now = clock.now();
      await database.transaction(async (tx) => {
        if (!(await markUnauthorized(tx, account.id, now))) return;
        await appendEvent(tx, {
          organizationId: account.organization_id,
          accountId: account.id,
          postId: null,
          type: 'account.unauthorized',
          at: now,
          data: { username: account.username },
        });
      });
    },

    /**
     * Connects the account to which the tokens belong, or renews the tokens of one that is connected already.
     * @throws tokenRefused when Pinterest does not accept the access token.
     */
    async connectWithTokens(input: ConnectWithTokens): Promise<AccountRow> {
      const answer = await pinterest.getUserAccount(input.accessToken);
      if (answer.kind === 'failed') {
        const { reason, message, remediation } = answer.failure;
        throw tokenRefused([{ path: 'accessToken', code: reason, message: `${message} ${remediation}` }]);
      }
      const user = answer.value;
      const now = clock.now();
      return database.transaction(async (tx) => {
        const key = {
          organization_id: input.organizationId,
          environment: input.environment,
          pinterest_user_id: user.id,
        };
        const known = await findAccountOfUser(tx, key);
        const id = known?.id ?? newId('acc');
        const current = {
          username: user.username,
          display_name: user.businessName || user.username,
          avatar_url: user.profileImage,
          is_domain_verified: Boolean(user.websiteUrl),
          access_token: encryption.encrypt(input.accessToken, id),
          refresh_token: input.refreshToken === null ? null : encryption.encrypt(input.refreshToken, id),
          access_token_expires_at:
            input.expiresInSeconds === null ? null : addMs(now, input.expiresInSeconds * 1000),
          refresh_token_expires_at: null,
          token_authorized: true,
          updated_at: now,
        };
        const account = known
          ? await updateAccount(tx, id, current)
          : await insertAccount(tx, {
              id,
              ...key,
              ...current,
              timezone: 'UTC',
              boards_fetched_at: null,
              created_at: now,
            });
        // Its queue may have waited for this.
        if (known) await wakeAccount(tx, id, now);
        await appendEvent(tx, {
          organizationId: input.organizationId,
          accountId: id,
          postId: null,
          type: 'account.connected',
          at: now,
          data: { username: user.username, environment: input.environment },
        });
        return account;
      });
    },
  };
}
