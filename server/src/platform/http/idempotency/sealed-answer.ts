// Encrypts the stored responses to idempotent requests, because some contain a secret that is stored nowhere else.
import type { Connection } from '../../db/index.ts';
import type { Encryption } from '../../encryption.ts';
import { type Claim, listAnswersSealedOtherwise, replaceSealedAnswers } from './idempotency.queries.ts';

type Owner = Pick<Claim, 'keyId' | 'idempotencyKey'>;

/** Binds a response to its owner, so that it cannot be decrypted in the row of another key. */
const purposeOf = ({ keyId, idempotencyKey }: Owner) => `idempotent ${keyId} ${idempotencyKey}`;

export function sealAnswer(encryption: Encryption, owner: Owner, body: Buffer): Buffer {
  return encryption.encrypt(body.toString(), purposeOf(owner));
}

/** Returns null if none of the encryption keys can decrypt it. */
export function openAnswer(encryption: Encryption, owner: Owner, sealed: Buffer): Buffer | null {
  try {
    return Buffer.from(encryption.decrypt(sealed, purposeOf(owner)));
  } catch {
    return null;
  }
}

const batch = 100;

/**
 * Encrypts stored responses with the current key. Returns their number. Can be interrupted and called again. Responses
 * that no key can decrypt are skipped; they expire within a day.
 */
export async function resealAnswers(connection: Connection, encryption: Encryption): Promise<number> {
  let resealed = 0;
  for (let after: Owner = { keyId: '', idempotencyKey: '' }; ; ) {
    const answers = await listAnswersSealedOtherwise(connection, encryption.keyId, after, batch);
    const resealedAnswers = answers.flatMap((answer) => {
      const body = openAnswer(encryption, answer, answer.body);
      return body ? [{ ...answer, body: sealAnswer(encryption, answer, body) }] : [];
    });
    if (resealedAnswers.length > 0) resealed += await replaceSealedAnswers(connection, resealedAnswers);
    const last = answers.at(-1);
    if (!last || answers.length < batch) return resealed;
    after = last;
  }
}
