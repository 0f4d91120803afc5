// Appends the events of accounts, each with the actor that caused it.
import { appendEvent, type TypedData } from '../../domain/events.ts';
import type { Connection } from '../../platform/db/index.ts';
import type { Stamp } from '../../platform/use-case/index.ts';
import type { AccountRow } from './accounts.queries.ts';

/** The public types, and `account.updated`, a detail that callers do not see. */
type AccountEvent = Extract<TypedData, { type: `account.${string}` }>;

/** Appends an event, in the transaction of the change that it reports. */
export async function appendAccountEvent(
  connection: Connection,
  account: Pick<AccountRow, 'id' | 'organization_id'>,
  { actor, now, ...event }: Stamp & AccountEvent,
): Promise<void> {
  await appendEvent(connection, {
    organizationId: account.organization_id,
    accountId: account.id,
    postId: null,
    at: now,
    actor,
    ...event,
  });
}
