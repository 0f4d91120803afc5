// The media that a key sees. A key without restriction sees all media of the organization. A key restricted to some
// accounts sees the media that it added itself and those that posts of its accounts use now; no others exist for it.
import type { RawBuilder } from 'kysely';
import { isId } from '../../../domain/ids.ts';
import { type Connection, sql, type Tx } from '../../../platform/db/index.ts';
import type { Caller } from '../../../platform/use-case/index.ts';
import { kept, listMediaPage, type MediaRow } from './media.queries.ts';

/** The caller for whom media are found. */
export type MediaViewer = Pick<Caller, 'organizationId' | 'actor' | 'accountIds'>;

/**
 * SQL: whether the viewer sees the media with this id. Each part reads one row of an index, which `limit` guarantees.
 */
export function isVisible(
  viewer: Omit<MediaViewer, 'organizationId'>,
  id: RawBuilder<string>,
): RawBuilder<boolean> {
  const { actor, accountIds } = viewer;
  if (accountIds === null) return sql`true`;
  return sql`coalesce(
    (select true from media_additions a where a.actor_id = ${actor.id} and a.media_id = ${id} limit 1),
    ${isUsedBy(accountIds, id)}
  )`;
}

/** SQL: whether a post of these accounts uses the media, in any state. */
function isUsedBy(accountIds: readonly string[], id: RawBuilder<string>): RawBuilder<boolean> {
  const own = sql`p.account_id = any(${[...accountIds]}::text[]) and p.deleted_at is null`;
  return sql`coalesce(
    (select true from posts p where p.media_id = ${id} and ${own} limit 1),
    (select true from posts p where p.cover_media_id = ${id} and ${own} limit 1),
    (select true from posts p
      where p.carousel is not null and p.carousel @> jsonb_build_array(jsonb_build_object('mediaId', ${id})) and ${own}
      limit 1),
    false
  )`;
}

/** Finds media by id that is not deleted and that the viewer sees. */
export async function listVisible(
  db: Connection,
  viewer: MediaViewer,
  ids: readonly string[],
): Promise<Map<string, MediaRow>> {
  if (ids.length === 0) return new Map();
  let query = kept(db)
    .where('organization_id', '=', viewer.organizationId)
    .where('id', 'in', [...new Set(ids)]);
  if (viewer.accountIds !== null) query = query.where(isVisible(viewer, sql`media.id`));
  const rows = await query.execute();
  return new Map(rows.map((row) => [row.id, row]));
}

/** A row in JSON, which has no dates. */
export interface MediaJson extends Omit<MediaRow, 'created_at' | 'check_at' | 'deleted_at'> {
  created_at: string;
  check_at: string;
  deleted_at: null;
}

/** SQL: the media that is not deleted and that the viewer sees, as JSON, for a larger statement. */
export function mediaAsJson(viewer: MediaViewer, ids: readonly string[]): RawBuilder<MediaJson[]> {
  const possible = ids.filter((id) => isId('med', id));
  return sql`(
    select coalesce(json_agg(m), '[]') from media m
    where m.organization_id = ${viewer.organizationId} and m.id = any(${possible}::text[]) and m.deleted_at is null
      and ${isVisible(viewer, sql`m.id`)}
  )`;
}

export function mediaFromJson(json: MediaJson): MediaRow {
  return { ...json, created_at: new Date(json.created_at), check_at: new Date(json.check_at) };
}

interface Page {
  after: string | undefined;
  limit: number;
}

/** Returns a page of the media that the viewer sees, newest first. */
export async function listVisiblePage(db: Connection, viewer: MediaViewer, page: Page): Promise<MediaRow[]> {
  const { organizationId, actor, accountIds } = viewer;
  if (accountIds === null) return listMediaPage(db, organizationId, page);
  return walkPage(db, { organizationId, actor, accountIds }, page);
}

/** Sorts after every id of media. */
const afterAllIds = `med_${'z'.repeat(27)}`;

/** The columns of posts that name media. Each has an index by account in the order of these ids. */
const uses = [
  { id: sql`p.media_id`, where: sql`true` },
  { id: sql`p.cover_media_id`, where: sql`p.cover_media_id is not null` },
  ...[1, 2, 3, 4].map((slide) => ({
    id: sql`(p.carousel -> ${sql.lit(slide)} ->> 'mediaId')`,
    where: sql`p.carousel is not null`,
  })),
];

/**
 * Steps from each id to the next smaller id that the key added or that a post of its accounts names. Each step reads
 * one entry of each index, so the cost of a page depends on its entries alone, and not on the media of the organization
 * or on the posts that use the same media.
 *
 * Rows are compared by owner and id together, and the owner is checked outside. With the owner as a separate condition,
 * PostgreSQL may choose an index on the id alone and read the rows of all other owners.
 */
async function walkPage(
  db: Connection,
  { organizationId, actor, accountIds }: MediaViewer & { accountIds: readonly string[] },
  { after, limit }: Page,
): Promise<MediaRow[]> {
  const nextOf = uses.map(
    ({ id, where }) => sql`
      select used.id from unnest(${[...accountIds]}::text[]) as account (id) cross join lateral (
        select p.account_id, ${id} as id from posts p
        where (p.account_id, ${id}) < (account.id, walk.id) and p.deleted_at is null and ${where}
        order by p.account_id desc, ${id} desc limit 1
      ) used where used.account_id = account.id`,
  );
  const { rows } = await sql<MediaRow>`
    with recursive walk (id, kept) as (
      select ${after ?? afterAllIds}::text, 0
      union all
      select next.id, walk.kept + case when m.id is null then 0 else 1 end
      from walk
      cross join lateral (
        select max(candidate.id) as id from (
          select added.id from (
            select a.actor_id, a.media_id as id from media_additions a
            where (a.actor_id, a.media_id) < (${actor.id}, walk.id)
            order by a.actor_id desc, a.media_id desc limit 1
          ) added where added.actor_id = ${actor.id}
          union all ${sql.join(nextOf, sql` union all `)}
        ) candidate
      ) next
      left join media m on m.id = next.id and m.organization_id = ${organizationId} and m.deleted_at is null
      where walk.kept < ${limit} and next.id is not null
    )
    select m.* from walk
    join media m on m.id = walk.id and m.organization_id = ${organizationId} and m.deleted_at is null
    where walk.id < ${after ?? afterAllIds}
    order by m.id desc`.execute(db);
  return rows;
}

/** Returns the rows as the viewer may see them: a restricted key does not see where and when others added them. */
export async function asShown(
  db: Connection,
  viewer: MediaViewer,
  rows: readonly MediaRow[],
): Promise<MediaRow[]> {
  if (viewer.accountIds === null || rows.length === 0) return [...rows];
  const additions = await db
    .selectFrom('media_additions')
    .select(['media_id', 'source_url', 'created_at'])
    .where('actor_id', '=', viewer.actor.id)
    .where(
      'media_id',
      'in',
      rows.map(({ id }) => id),
    )
    .execute();
  const byId = new Map(additions.map((addition) => [addition.media_id, addition]));
  return rows.map((row) => {
    const own = byId.get(row.id);
    return { ...row, source_url: own?.source_url ?? null, created_at: own?.created_at ?? row.created_at };
  });
}

export interface Addition {
  actorId: string;
  sourceUrl: string | null;
  now: Date;
}

/** Records that a restricted key added media, also if another key added it first. Skips media that is being deleted. */
export async function recordAddition(
  db: Connection,
  mediaId: string,
  { actorId, sourceUrl, now }: Addition,
): Promise<void> {
  await sql`
    insert into media_additions as a (actor_id, media_id, source_url, created_at)
    select ${actorId}, m.id, ${sourceUrl}, ${now} from media m where m.id = ${mediaId} and m.deleted_at is null
    for key share
    on conflict (actor_id, media_id) do update set source_url = excluded.source_url
      where a.source_url is null and excluded.source_url is not null`.execute(db);
}

/** Records that a key without restriction added media that only restricted keys had added. */
export async function recordUnrestricted(db: Connection, mediaId: string): Promise<void> {
  await db.updateTable('media').set({ added_unrestricted: true }).where('id', '=', mediaId).execute();
}

/** Records media as added by the viewer, so that it still sees the media when no post uses it and can undo an edit. */
export async function keepInSight(tx: Tx, viewer: MediaViewer, ids: readonly string[]): Promise<void> {
  if (viewer.accountIds === null || ids.length === 0) return;
  await sql`
    insert into media_additions (actor_id, media_id, source_url, created_at)
    select ${viewer.actor.id}, m.id, null, m.created_at from media m
    where m.id = any(${[...new Set(ids)]}::text[]) and m.deleted_at is null
    order by m.id
    for key share
    on conflict do nothing`.execute(tx);
}

/** The facts that decide whether a restricted key may delete media. */
export interface Claims {
  /** Whether a post of the key's accounts uses the media. */
  isUsed: boolean;
  /** Whether the key added the media. */
  isOwn: boolean;
  /** Whether a key that sees other accounts added the media as well. */
  isOthers: boolean;
}

export async function findClaims(
  tx: Tx,
  { actorId, accountIds }: { actorId: string; accountIds: readonly string[] },
  mediaId: string,
): Promise<Claims> {
  const { rows } = await sql<Claims>`
    select
      ${isUsedBy(accountIds, sql`${mediaId}::text`)} as "isUsed",
      exists (select from media_additions where actor_id = ${actorId} and media_id = ${mediaId}) as "isOwn",
      exists (
        select from media_additions a left join api_keys k on k.id = a.actor_id
        where a.media_id = ${mediaId} and a.actor_id <> ${actorId} and k.revoked_at is null
          and (k.account_ids <@ ${[...accountIds]}::text[]) is not true
      ) as "isOthers"`.execute(tx);
  const [claims] = rows;
  if (!claims) throw new Error('A select without a table returns a row.');
  return claims;
}

export async function removeAddition(tx: Tx, actorId: string, mediaId: string): Promise<void> {
  await tx
    .deleteFrom('media_additions')
    .where('actor_id', '=', actorId)
    .where('media_id', '=', mediaId)
    .execute();
}
