// Revokes an API key of the caller's organization; a key may revoke itself.
import { isId } from '../../../domain/ids.ts';
import type { Context } from '../../../platform/use-case/index.ts';
import { revokeKey } from '../auth.queries.ts';
import type { KeyParts } from '../key-parts.ts';
import { keyNotFound } from '../keys.errors.ts';

/**
 * Takes effect at once and in every process.
 * @throws keyNotFound also for a key that was revoked before, or that the caller may not see
 */
export async function revokeApiKey(parts: KeyParts, context: Context, keyId: string) {
  const answer = await context.commit(async (tx) => {
    const isRevoked = isId('key', keyId) && (await revokeKey(tx, keyId, context.clock.now(), context));
    if (!isRevoked) throw keyNotFound();
    return { data: { deleted: true as const, id: keyId } };
  });
  parts.auth.forgetCached();
  return answer;
}
