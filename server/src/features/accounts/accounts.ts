// The functions of this room that need its parts, bound to them: for boards, the worker, timers and commands.
import type { AccountRow } from './accounts.queries.ts';
import type { AccountParts } from './parts.ts';
import { handleRefusedToken, refreshDueTokens } from './tokens/refresh-tokens.ts';
import { resealTokens } from './tokens/reseal-tokens.ts';
import { readAccessToken } from './tokens/tokens.ts';
import { connectAccount, type Grant } from './use-cases/connect-account.ts';
import { listForOperator } from './use-cases/read-accounts.ts';

export type AccountsService = ReturnType<typeof bindAccounts>;
/** The functions that calls to Pinterest need. */
export type AccountsForWork = Pick<AccountsService, 'accessToken' | 'tokenRefused'>;

/** Binds the parts once, for all who use this room. */
export function bindAccounts(parts: AccountParts) {
  const { database, encryption } = parts;
  return {
    /** The access token, for a call to Pinterest; null for an account that was disconnected. */
    accessToken: (account: AccountRow) => readAccessToken(encryption, account),
    /** Reports that Pinterest refused the account's token, and refreshes the token where that can help. */
    tokenRefused: (account: AccountRow, reason: string) => handleRefusedToken(parts, account, reason),
    refreshDueTokens: () => refreshDueTokens(parts),
    /** Encrypts with the present key every token that is encrypted with an older one. */
    resealTokens: () => resealTokens(database.db, encryption),

    /** For the operator's commands and the first run. */
    connect: (grant: Grant) => connectAccount(parts, grant),
    listForOperator: () => listForOperator(parts),
  };
}
