// A check of the connected accounts' tokens.
import { type Check, failed, ok } from '../../platform/checks/index.ts';
import type { Database } from '../../platform/db/index.ts';
import type { Encryption } from '../../platform/encryption.ts';
import type { AccountsService } from './accounts.ts';
import { findUnreadable } from './tokens/tokens.queries.ts';

/**
 * Fails when a stored token was encrypted with another key than this process has. Such a process would take the work of
 * others and publish nothing.
 */
export function encryptionKeyCheck(database: Database, encryption: Encryption): Check {
  return {
    name: 'encryption key',
    async run() {
      const unreadable = await findUnreadable(database.db, encryption.keyIds);
      if (!unreadable) return ok('it decrypts the stored tokens');
      return failed(
        'The encryption key is not the one that the stored tokens were encrypted with.',
        'Set PINTAIL_ENCRYPTION_KEY to that key, or restore the file encryption.key of the data folder from a backup.',
      );
    },
  };
}

/** Fails when Pinterest refuses the token of an account. */
export function accountsCheck(accounts: Pick<AccountsService, 'listForOperator'>): Check {
  return {
    name: 'accounts',
    async run() {
      const all = await accounts.listForOperator();
      const broken = all.filter((account) => !account.tokenAuthorized).map((account) => account.username);
      if (broken.length === 0) return ok(`${all.length} connected, every token accepted`);
      return failed(
        `The tokens of ${broken.join(', ')} do not work.`,
        'Connect them again: npm run pintail -- accounts add --access-token T.',
      );
    },
  };
}
