// The parts of the use cases of API keys, built once in app.ts; and the key that makes a request.
import type { Connection, Database } from '../../platform/db/index.ts';
import type { Caller } from '../../platform/use-case/index.ts';
import type { KeyPrefix } from './api-key.ts';
import type { AuthService } from './auth.ts';

export interface KeyParts {
  database: Database;
  auth: Pick<AuthService, 'forgetCached'>;
  /** Returns those of the ids that are accounts visible to the caller. Passed in, because accounts import this room. */
  listVisibleAccountIds(
    connection: Connection,
    caller: Caller,
    accountIds: readonly string[],
  ): Promise<ReadonlySet<string>>;
  prefix: KeyPrefix;
}

/** @throws Error for a caller that is not a key; no route admits such a caller */
export function keyIdOf({ actor }: Caller): string {
  if (actor.type !== 'key' || actor.id === null) throw new Error('only a key may do this');
  return actor.id;
}
