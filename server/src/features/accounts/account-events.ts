// Appends the events of accounts, each with the actor that caused it.
import type { EventType } from '../../domain/event-types.ts';
import type { Connection } from '../../platform/db/index.ts';
import { appendEvent } from '../../platform/outbox/index.ts';
import type { Stamp } from '../../platform/use-case/index.ts';
import type { AccountRow } from './accounts.queries.ts';

/** The public types, and `account.updated`, a detail that callers do not see. */
type AccountEventType = Extract<EventType, `account.${string}`> | 'account.updated';

/** Appends an event, in the transaction of the change that it reports. */
export async function appendAccountEvent(
  connection: Connection,
  account: Pick<AccountRow, 'id' | 'organization_id'>,
  { actor, now, type, data }: Stamp & { type: AccountEventType; data: Record<string, unknown> },
): Promise<void> {
  await appendEvent(connection, {
    organizationId: account.organization_id,
    accountId: account.id,
    postId: null,
    type,
    at: now,
    actor,
    data,
  });
}
