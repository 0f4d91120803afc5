import type { RawBuilder } from 'kysely';
import { type Connection, sql } from '../db/index.ts';
import type { Actor } from '../use-case/index.ts';

export interface NewEvent {
  organizationId: string;
  accountId: string | null;
  postId: string | null;
  /** A public type (docs/api-contract.md#events), or a more detailed one that only the timeline shows. */
  type: string;
  at: Date;
  /** The key, person or part of Pintail that caused the change. */
  actor: Actor;
  /** Visible to callers. Never contains a secret. */
  data: Record<string, unknown>;
}

export async function appendEvent(connection: Connection, event: NewEvent): Promise<void> {
  await appendEvents(connection, [event]);
}

export async function appendEvents(connection: Connection, events: readonly NewEvent[]): Promise<void> {
  await insertionOfEvents(events).execute(connection);
}

const columns = sql.raw('organization_id, account_id, post_id, type, at, actor, data');

/** SQL, usable in a larger statement: appends the events of a SELECT that returns the columns in this order. */
export function insertionOfEventsFrom(select: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`insert into events (${columns}) ${select}`;
}

/**
 * SQL, usable in a larger statement: appends events if `condition` is true. All events are one parameter, so that the
 * statement is the same for one event and for a thousand.
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
