import type { RawBuilder } from 'kysely';
import { type Connection, sql } from '../db/index.ts';
import type { Actor } from '../use-case/index.ts';

export interface NewEvent {
  organizationId: string;
  accountId: string | null;
  postId: string | null;
  /** From the contract's list (docs/api-contract.md#events), or a finer one that only the timeline shows. */
  type: string;
  at: Date;
  /** The key, person or part of Pintail that caused it. */
  actor: Actor;
  /** Never a secret: events are shown to callers. */
  data: Record<string, unknown>;
}

export async function appendEvent(connection: Connection, event: NewEvent): Promise<void> {
  await appendEvents(connection, [event]);
}

export async function appendEvents(connection: Connection, events: readonly NewEvent[]): Promise<void> {
  await insertionOfEvents(events).execute(connection);
}

const columns = sql.raw('organization_id, account_id, post_id, type, at, actor, data');

/** SQL that appends the events of a SELECT, which returns their columns in this order, as a part of a larger statement. */
export function insertionOfEventsFrom(select: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`insert into events (${columns}) ${select}`;
}

/**
 * Appends events, also as a part of a larger statement; there, only if `condition` holds. All of them are one parameter,
 * so that the statement is the same for one event and for a thousand.
 */
export function insertionOfEvents(
  events: readonly NewEvent[],
  condition: RawBuilder<boolean> = sql`true`,
): RawBuilder<unknown> {
  return insertionOfEventsFrom(sql`
    select "organizationId", "accountId", "postId", type, at, actor, data
    from json_to_recordset(${JSON.stringify(events)}::json) as given (
      "organizationId" text, "accountId" text, "postId" text, type text, at timestamptz, actor jsonb, data jsonb
    )
    where ${condition}
  `);
}
