// Changes the key that tokens are encrypted with, while others may be using and renewing them.
import type { Connection } from '../../platform/db/index.ts';
import type { Encryption } from '../../platform/encryption.ts';
import { type Resealed, resealRows } from '../../platform/reseal.ts';
import type { AccountRow } from './accounts.queries.ts';
import { listSealedOtherwise, replaceSealed } from './tokens.queries.ts';

/** @returns `unreadable`: accounts whose tokens none of the keys opens. */
export function resealTokens(connection: Connection, encryption: Encryption): Promise<Resealed> {
  return resealRows(connection, encryption.keyId, {
    list: listSealedOtherwise,
    seal(account: AccountRow) {
      const again = (sealed: Buffer | null) =>
        sealed && encryption.encrypt(encryption.decrypt(sealed, account.id), account.id);
      return { access_token: again(account.access_token), refresh_token: again(account.refresh_token) };
    },
    replace: replaceSealed,
    nameOf: (account) => account.username,
  });
}
