// The encrypted form of answers to idempotent requests: some show a secret that is stored nowhere else.
import type { Connection } from '../../db/index.ts';
import type { Encryption } from '../../encryption.ts';
import { type Claim, listAnswersSealedOtherwise, replaceSealedAnswers } from './idempotency.queries.ts';

type Owner = Pick<Claim, 'keyId' | 'idempotencyKey'>;

/** An answer moved to another key's row opens as little as a forged one. */
const purposeOf = ({ keyId, idempotencyKey }: Owner) => `idempotent ${keyId} ${idempotencyKey}`;

export function sealAnswer(encryption: Encryption, owner: Owner, body: Buffer): Buffer {
  return encryption.encrypt(body.toString(), purposeOf(owner));
}

/** Null when no key that we have opens it. */
export function openAnswer(encryption: Encryption, owner: Owner, sealed: Buffer): Buffer | null {
  try {
    return Buffer.from(encryption.decrypt(sealed, purposeOf(owner)));
  } catch {
    return null;
  }
}

const batch = 100;

/** May be stopped at any moment and called again. What no key opens is left: it is gone within the day. */
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
