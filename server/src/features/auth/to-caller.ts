// The caller that a stored key stands for.
import type { ActorType } from '../../domain/actor-types.ts';
import type { Caller } from '../../platform/use-case/index.ts';
import type { KeyRow } from './auth.queries.ts';

export function toCaller(row: KeyRow): Caller {
  return {
    actor: { type: 'key' satisfies ActorType, id: row.id, name: row.name },
    organizationId: row.organization_id,
    scopes: row.scopes,
    accountIds: row.account_ids,
  };
}
