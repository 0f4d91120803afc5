// Revokes an API key of the caller's organization; a key may revoke itself.
import { isId } from '../../../domain/ids.ts';
import { type Context, unauthorized } from '../../../platform/use-case/index.ts';
import { lockKey } from '../auth.queries.ts';
import { type KeyParts, keyIdOf } from '../key-parts.ts';
import { keyNotFound } from '../keys.errors.ts';
import { revokeWithDescendants } from '../revoke-keys.ts';

/**
 * Takes effect at once and in every process. A key that is revoked already is accepted with `cascade` only, while keys
 * that it created are left.
 * @throws unauthorized when the caller's own key was revoked during the request; keyNotFound also for a key that was
 *   revoked before, or that has more rights than the caller's own
 */
export async function revokeApiKey(
  parts: KeyParts,
  context: Context,
  { keyId, cascade }: { keyId: string; cascade: boolean },
) {
  const answer = await context.commit(async (tx) => {
    const rights = await lockKey(tx, keyIdOf(context));
    if (!rights) throw unauthorized();
    const stamp = { actor: context.actor, now: context.clock.now() };
    const revoked = isId('key', keyId)
      ? await revokeWithDescendants(tx, { keyId, cascade, rights }, stamp)
      : [];
    if (revoked.length === 0) throw keyNotFound();
    return { data: { deleted: true as const, id: keyId, revokedIds: revoked.map(({ id }) => id) } };
  });
  parts.auth.forgetCached();
  return answer;
}
