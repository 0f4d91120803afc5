// Encrypts stored tokens with the present key, while other processes may be using and refreshing them.
import type { Connection } from '../../../platform/db/index.ts';
import type { Encryption } from '../../../platform/encryption.ts';
import { type Resealed, resealRows } from '../../../platform/reseal.ts';
import type { AccountRow } from '../accounts.queries.ts';
import { listSealedOtherwise, replaceSealed } from './tokens.queries.ts';

/** @returns `unreadable`: the accounts whose tokens none of the keys decrypts. */
export function resealTokens(connection: Connection, encryption: Encryption): Promise<Resealed> {
  return resealRows(connection, encryption.keyId, {
    list: listSealedOtherwise,
    seal(account: AccountRow) {
      const reseal = (sealed: Buffer | null) =>
        sealed && encryption.encrypt(encryption.decrypt(sealed, account.id), account.id);
      return { access_token: reseal(account.access_token), refresh_token: reseal(account.refresh_token) };
    },
    replace: replaceSealed,
    nameOf: (account) => account.username,
  });
}
