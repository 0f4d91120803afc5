import { type Connection, json } from '../db/index.ts';

export interface NewEvent {
  organizationId: string;
  accountId: string | null;
  postId: string | null;
  /** From the contract's list (api.md, section 5), or a finer one that only the timeline shows. */
  type: string;
  at: Date;
  /** Never a secret: events are shown to callers. */
  data: Record<string, unknown>;
}

export async function appendEvent(connection: Connection, event: NewEvent): Promise<void> {
  await connection
    .insertInto('events')
    .values({
      organization_id: event.organizationId,
      account_id: event.accountId,
      post_id: event.postId,
      type: event.type,
      at: event.at,
      data: json(event.data),
    })
    .execute();
}
