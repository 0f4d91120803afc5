// Creates an API key on behalf of another key. The new key has at most the rights of the key that creates it.
import type { Connection } from '../../../platform/db/index.ts';
import type { Detail } from '../../../platform/errors.ts';
import { type Caller, type Context, invalidBody, unauthorized } from '../../../platform/use-case/index.ts';
import { generateKey } from '../api-key.ts';
import { countActiveKeys, type KeyRow, lockKey } from '../auth.queries.ts';
import { type KeyParts, keyIdOf } from '../key-parts.ts';
import { keyBeyondOwn, tooManyKeys } from '../keys.errors.ts';
import { type CreateKey, toKeyView } from '../keys.schema.ts';
import { storeKey } from '../store-key.ts';

/** The list of keys has no pages, so the number of keys is limited. */
const apiKeysMax = 1000;

/**
 * The secret is in the response and is not stored.
 * @throws unauthorized when the caller's own key was revoked during the request; invalidBody, keyBeyondOwn, tooManyKeys
 */
export async function createApiKey(parts: KeyParts, context: Context, input: CreateKey) {
  return context.commit(async (tx) => {
    const own = await lockKey(tx, keyIdOf(context));
    if (!own) throw unauthorized();
    const beyond = rightsBeyond(own, input);
    const unknown = await unknownAccounts(parts, tx, context, input.accountIds ?? []);
    if (unknown.length > 0) throw invalidBody([...beyond, ...unknown]);
    if (beyond.length > 0) throw keyBeyondOwn(beyond);
    if ((await countActiveKeys(tx, context.organizationId)) >= apiKeysMax) throw tooManyKeys();
    const secret = generateKey(parts.prefix);
    const row = await storeKey(tx, secret, {
      organizationId: context.organizationId,
      name: input.name,
      scopes: input.scopes ?? null,
      accountIds: input.accountIds ?? null,
      expiresAt: input.expiresAt ?? null,
      actor: context.actor,
      now: context.clock.now(),
    });
    return { data: { apiKey: toKeyView(row), secret } };
  });
}

/** An account that the caller may not see is reported like an account that does not exist. */
async function unknownAccounts(
  parts: KeyParts,
  connection: Connection,
  caller: Caller,
  accountIds: readonly string[],
): Promise<Detail[]> {
  const visible = await parts.listVisibleAccountIds(connection, caller, accountIds);
  return accountIds.flatMap((id, index) =>
    visible.has(id)
      ? []
      : {
          path: `accountIds.${index}`,
          code: 'account_not_found',
          message: 'Account not found. GET /v1/accounts lists the ids.',
        },
  );
}

/** The rights of the new key that its creator does not have. An absent field means every right. */
function rightsBeyond(own: KeyRow, input: CreateKey): Detail[] {
  const details: Detail[] = [];
  if (own.scopes !== null && input.scopes === undefined) {
    const message = `Without \`scopes\` the key would have every scope. This key can grant: ${own.scopes.join(' ')}.`;
    details.push({ path: 'scopes', code: 'beyond_own', message });
  }
  for (const [index, scope] of (input.scopes ?? []).entries()) {
    if (own.scopes === null || own.scopes.includes(scope)) continue;
    const message = `This key does not have the scope "${scope}". It can grant: ${own.scopes.join(' ')}.`;
    details.push({ path: `scopes.${index}`, code: 'beyond_own', message });
  }
  if (own.account_ids !== null && input.accountIds === undefined) {
    const message =
      'Without `accountIds` the key would have access to every account. Name accounts that this key may use.';
    details.push({ path: 'accountIds', code: 'beyond_own', message });
  }
  if (own.expires_at !== null && (input.expiresAt === undefined || input.expiresAt > own.expires_at)) {
    const message = `This key expires at ${own.expires_at.toISOString()}; the new key must not expire later.`;
    details.push({ path: 'expiresAt', code: 'beyond_own', message });
  }
  return details;
}
