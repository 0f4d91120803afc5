// API keys as their holders manage them. A key gives away no more than it has, and sees no more either.

import { isId } from '../../domain/ids.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Connection, Database } from '../../platform/db/index.ts';
import type { Detail } from '../../platform/errors.ts';
import { unauthorized } from '../../platform/http/contract/refusals.ts';
import { type Caller, type Commit, invalidBody } from '../../platform/use-case/index.ts';
import { generateKey, type KeyPrefix } from './api-key.ts';
import {
  countLivingKeys,
  findKeyWithOrganization,
  holdKey,
  type KeyRow,
  listLivingKeys,
  revokeKey,
} from './auth.queries.ts';
import { type AuthService, keepKey } from './auth.service.ts';
import { keyBeyondOwn, keyNotFound, tooManyKeys } from './keys.errors.ts';
import { type CreateKey, toKeyView } from './keys.schema.ts';

export interface KeysParts {
  database: Database;
  clock: Clock;
  auth: AuthService;
  /** Accounts are another room's, which uses this one: what is needed of them is passed in. */
  visibleAccountIds(
    connection: Connection,
    caller: Caller,
    accountIds: readonly string[],
  ): Promise<ReadonlySet<string>>;
  prefix: KeyPrefix;
}

/** They are listed whole, so there is an end to them. */
const keysMax = 1000;

export type KeysService = ReturnType<typeof createKeys>;

export function createKeys({ database, clock, auth, visibleAccountIds, prefix }: KeysParts) {
  /** Accounts that the caller may not see are not there: the same answer for both. */
  async function unknownAccounts(
    connection: Connection,
    caller: Caller,
    accountIds: readonly string[],
  ): Promise<Detail[]> {
    const visible = await visibleAccountIds(connection, caller, accountIds);
    return accountIds.flatMap((id, index) =>
      visible.has(id)
        ? []
        : {
            path: `accountIds.${index}`,
            code: 'account_not_found',
            message: 'There is no such account. GET /v1/accounts lists the ids.',
          },
    );
  }

  return {
    async list(caller: Caller) {
      return { apiKeys: (await listLivingKeys(database.db, caller)).map(toKeyView) };
    },

    async create(caller: Caller, input: CreateKey, commit: Commit) {
      return commit(async (tx) => {
        const own = await holdKey(tx, keyIdOf(caller));
        // It was revoked a moment ago.
        if (!own) throw unauthorized();
        const beyond = beyondOwn(own, input);
        const unknown = await unknownAccounts(tx, caller, input.accountIds ?? []);
        if (unknown.length > 0) throw invalidBody([...beyond, ...unknown]);
        if (beyond.length > 0) throw keyBeyondOwn(beyond);
        if ((await countLivingKeys(tx, caller.organizationId)) >= keysMax) throw tooManyKeys();
        const secret = generateKey(prefix);
        const row = await keepKey(tx, secret, {
          organizationId: caller.organizationId,
          name: input.name,
          scopes: input.scopes ?? null,
          accountIds: input.accountIds ?? null,
          expiresAt: input.expiresAt ?? null,
          now: clock.now(),
        });
        return { data: { apiKey: toKeyView(row), secret } };
      });
    },

    /** At once and in every process; also of the key that asks. */
    async revoke(caller: Caller, keyId: string, commit: Commit) {
      const answer = await commit(async (tx) => {
        const revoked = isId('key', keyId) && (await revokeKey(tx, keyId, clock.now(), caller));
        if (!revoked) throw keyNotFound();
        return { data: { deleted: true as const, id: keyId } };
      });
      auth.forgetCached();
      return answer;
    },

    /** Who asks: the key and its organization. */
    async whoIs(caller: Caller) {
      const row = await findKeyWithOrganization(database.db, keyIdOf(caller));
      if (!row) throw unauthorized();
      return { organization: { id: row.organization_id, name: row.organization }, key: toKeyView(row) };
    },
  };
}

/** @throws Error for a caller without a key, whom no route lets in */
function keyIdOf({ actor }: Caller): string {
  if (actor.type !== 'key' || actor.id === null) throw new Error('only a key may do this');
  return actor.id;
}

/** What the new key would have that the one that makes it has not. What is left out means everything. */
function beyondOwn(own: KeyRow, input: CreateKey): Detail[] {
  const details: Detail[] = [];
  if (own.scopes !== null && input.scopes === undefined) {
    const message = `Left out, it would have every scope. This key can give: ${own.scopes.join(' ')}.`;
    details.push({ path: 'scopes', code: 'beyond_own', message });
  }
  for (const [index, scope] of (input.scopes ?? []).entries()) {
    if (own.scopes === null || own.scopes.includes(scope)) continue;
    const message = `This key does not have the scope "${scope}". It can give: ${own.scopes.join(' ')}.`;
    details.push({ path: `scopes.${index}`, code: 'beyond_own', message });
  }
  if (own.account_ids !== null && input.accountIds === undefined) {
    const message = 'Left out, it would see every account. Name accounts that this key may use.';
    details.push({ path: 'accountIds', code: 'beyond_own', message });
  }
  if (own.expires_at !== null && (input.expiresAt === undefined || input.expiresAt > own.expires_at)) {
    const message = `This key ends at ${own.expires_at.toISOString()}; the new one must not last longer.`;
    details.push({ path: 'expiresAt', code: 'beyond_own', message });
  }
  return details;
}
