// The account, the lane and the media that new posts need, locked so that they stay until the transaction ends.
import { type RawBuilder, sql } from 'kysely';

/** What new posts stand on. */
export interface Ground {
  organizationId: string;
  accountId: string;
  mediaIds: readonly string[];
}

/** What is there of it. */
export interface Held {
  isConnected: boolean;
  mediaIds: string[];
}

/**
 * Finds out whether the account is connected and the media are there, makes both stay so until the transaction ends, and
 * holds the lane as lowerWake does. A statement of its own before the one that writes: see there. KEY SHARE is what a
 * foreign key takes: only who disconnects, deletes or lets go of the lane waits. The account comes first, as with
 * everybody who locks it and something else; media in the order of their ids.
 */
export function holdingGround({ organizationId, accountId, mediaIds }: Ground): RawBuilder<Held> {
  return sql`
    with account as materialized (
      select id, organization_id from accounts
      where id = ${accountId} and organization_id = ${organizationId} and disconnected_at is null
      for key share
    ),
    lane as materialized (
      select account_id from lanes where account_id = (select id from account) for key share
    ),
    held as materialized (
      select id from media
      where id = any(${[...mediaIds]}::text[]) and organization_id = (select organization_id from account)
        and deleted_at is null
      order by id
      for key share
    )
    select exists (select 1 from lane) as "isConnected", array(select id from held) as "mediaIds"
  `;
}
