// A check of the connected accounts' tokens.
import { type Check, failed, ok } from '../../platform/checks/index.ts';
import type { AccountsService } from './accounts.ts';

/** Fails when Pinterest refuses the token of an account, or when the token cannot be decrypted. */
export function accountsCheck(accounts: Pick<AccountsService, 'listForOperator'>): Check {
  return {
    name: 'accounts',
    async run() {
      const all = await accounts.listForOperator();
      const broken = all
        .filter((account) => !account.tokenAuthorized || !account.tokenReadable)
        .map((account) => account.username);
      if (broken.length === 0) return ok(`${all.length} connected, every token readable`);
      return failed(
        `The tokens of ${broken.join(', ')} do not work.`,
        'Connect them again: npm run pintail -- accounts add --access-token T. If all fail, PINTAIL_ENCRYPTION_KEY is not the one they were stored with.',
      );
    },
  };
}
