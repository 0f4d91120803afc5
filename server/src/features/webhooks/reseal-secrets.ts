// Changes the key that the secrets of webhooks are encrypted with, while deliveries are signed and secrets replaced.
import type { Connection } from '../../platform/db/index.ts';
import type { Encryption } from '../../platform/encryption.ts';
import { listSecretsSealedOtherwise, replaceSealedSecrets, type WebhookRow } from './webhooks.queries.ts';

const batch = 100;

/** May be stopped at any moment and called again. @returns `unreadable`: webhooks whose secret none of the keys opens */
export async function resealWebhookSecrets(
  connection: Connection,
  encryption: Encryption,
): Promise<{ resealed: number; unreadable: string[] }> {
  const unreadable: string[] = [];
  let resealed = 0;
  for (let after = ''; ; ) {
    const webhooks = await listSecretsSealedOtherwise(connection, {
      keyId: encryption.keyId,
      after,
      limit: batch,
    });
    for (const webhook of webhooks) {
      after = webhook.id;
      const sealed = reseal(webhook, encryption);
      // Not replaced: another secret was made meanwhile; the next call finds what that left of the old key.
      if (!sealed) unreadable.push(webhook.id);
      else if (await replaceSealedSecrets(connection, webhook, sealed)) resealed += 1;
    }
    if (webhooks.length < batch) return { resealed, unreadable };
  }
}

function reseal(webhook: WebhookRow, encryption: Encryption) {
  const again = (sealed: Buffer) => encryption.encrypt(encryption.decrypt(sealed, webhook.id), webhook.id);
  const { secret, previous_secret: previous } = webhook;
  try {
    return { secret: again(secret), previous_secret: previous && again(previous) };
  } catch {
    return null;
  }
}
