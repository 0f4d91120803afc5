import { insertionOfEventsFrom } from '../../../domain/events.ts';
import { isShownAsQueued } from '../../../domain/post-states.queries.ts';
import { type Connection, json, sql } from '../../../platform/db/index.ts';
import { systemActor } from '../../../platform/use-case/index.ts';

/**
 * Writes the event post.missed for queued and held posts whose time was before `before`, in one statement with the mark
 * that it was written: once for each time that the user sets, also when several processes sweep. Returns the number of
 * events. The lateral join walks the overdue posts of each account in the index posts_listed, and no others.
 */
export async function announceMissedPosts(
  connection: Connection,
  { before, now, limit }: { before: Date; now: Date; limit: number },
): Promise<number> {
  const result = await sql`
    -- Once, and not once for each post that statistics do not know of yet.
    with late as materialized (
      select p.id from lanes l
      cross join lateral (
        select id from posts
        where account_id = l.account_id and ${isShownAsQueued(sql`posts`)} and deleted_at is null
          and listed_at <= ${before} and missed_send_at is distinct from send_at
        order by listed_at
        limit ${limit}
      ) p
      limit ${limit}
    ), announced as (
      update posts set missed_send_at = send_at
      where id = any(array(select id from late))
        -- Not as a condition of a partial index, which would be read from end to end for these ids.
        and ${isShownAsQueued(sql`posts`)} and coalesce(deleted_at, 'infinity') = 'infinity'
        and missed_send_at is distinct from send_at
      returning organization_id, account_id, id, status, send_at, external_id
    )
    ${insertionOfEventsFrom(sql`
      select organization_id, account_id, id, 'post.missed', ${now}, ${json(systemActor)},
        jsonb_build_object('status', status, 'sendAt', send_at, 'externalId', external_id)
      from announced
    `)}
  `.execute(connection);
  return Number(result.numAffectedRows ?? 0);
}
