// Locks the account, the lane and the media that new posts need until the transaction ends.
import { type RawBuilder, sql } from 'kysely';

/** The rows that new posts depend on. */
export interface Ground {
  organizationId: string;
  accountId: string;
  mediaIds: readonly string[];
}

/** The rows of it that exist. */
export interface LockedGround {
  isConnected: boolean;
  mediaIds: string[];
}

/**
 * SQL: whether the account is connected and the media exist. Locks them until the transaction ends, and the lane as
 * lowerWake does, which is why it must be a statement before the one that writes. The lock is KEY SHARE, as of a foreign
 * key: only disconnecting, deleting and releasing the lane wait for it. The account is locked first, as everywhere, and
 * media in the order of their ids.
 */
export function lockingGround({ organizationId, accountId, mediaIds }: Ground): RawBuilder<LockedGround> {
  return sql`
    with account as materialized (
      select id, organization_id from accounts
      where id = ${accountId} and organization_id = ${organizationId} and disconnected_at is null
      for key share
    ),
    lane as materialized (
      select account_id from lanes where account_id = (select id from account) for key share
    ),
    locked_media as materialized (
      select id from media
      where id = any(${[...mediaIds]}::text[]) and organization_id = (select organization_id from account)
        and deleted_at is null
      order by id
      for key share
    )
    select exists (select 1 from lane) as "isConnected", array(select id from locked_media) as "mediaIds"
  `;
}
