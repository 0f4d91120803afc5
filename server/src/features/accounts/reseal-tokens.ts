// Changes the key that tokens are encrypted with, while others may be using and renewing them.
import type { Connection } from '../../platform/db/index.ts';
import type { Encryption } from '../../platform/encryption.ts';
import { type AccountRow, listSealedOtherwise, replaceSealed } from './accounts.queries.ts';

export interface Resealed {
  resealed: number;
  /** Accounts whose tokens none of the keys opens. */
  unreadable: string[];
}

const batch = 100;

/** May be stopped at any moment and called again: each account is changed by one statement. */
export async function resealTokens(connection: Connection, encryption: Encryption): Promise<Resealed> {
  const unreadable: string[] = [];
  let resealed = 0;
  for (let after = ''; ; ) {
    const accounts = await listSealedOtherwise(connection, { keyId: encryption.keyId, after, limit: batch });
    for (const account of accounts) {
      after = account.id;
      const sealed = reseal(account, encryption);
      // Not replaced: renewed meanwhile, with the present key.
      if (!sealed) unreadable.push(account.username);
      else if (await replaceSealed(connection, account, sealed)) resealed += 1;
    }
    if (accounts.length < batch) return { resealed, unreadable };
  }
}

function reseal(account: AccountRow, encryption: Encryption) {
  const again = (sealed: Buffer | null) =>
    sealed && encryption.encrypt(encryption.decrypt(sealed, account.id), account.id);
  try {
    return { access_token: again(account.access_token), refresh_token: again(account.refresh_token) };
  } catch {
    return null;
  }
}
