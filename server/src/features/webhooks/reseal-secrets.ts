// Changes the key that the secrets of webhooks are encrypted with, while deliveries are signed and secrets replaced.
import type { Connection } from '../../platform/db/index.ts';
import type { Encryption } from '../../platform/encryption.ts';
import { type Resealed, resealRows } from '../../platform/reseal.ts';
import {
  listSecretsSealedOtherwise,
  replaceSealedSecrets,
  type WebhookRow,
} from './record/webhooks.queries.ts';

/** @returns `unreadable`: webhooks whose secret none of the keys opens. */
export function resealWebhookSecrets(connection: Connection, encryption: Encryption): Promise<Resealed> {
  return resealRows(connection, encryption.keyId, {
    list: listSecretsSealedOtherwise,
    seal({ id, secret, previous_secret: previous }: WebhookRow) {
      const again = (sealed: Buffer) => encryption.encrypt(encryption.decrypt(sealed, id), id);
      return { secret: again(secret), previous_secret: previous && again(previous) };
    },
    replace: replaceSealedSecrets,
    nameOf: (webhook) => webhook.id,
  });
}
