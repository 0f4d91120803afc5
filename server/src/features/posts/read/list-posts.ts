// Lists the posts of an account, one page at a time.
import type { Context } from '../../../platform/use-case/index.ts';
import { getAccount } from '../../accounts/index.ts';
import { listPosts } from './list-posts.queries.ts';
import { decodeCursor, encodeCursor } from './page-cursor.ts';
import type { ListPosts } from './posts.schema.ts';
import { postViews, type ReadParts } from './views.ts';

export async function listPostsOfAccount(
  parts: ReadParts,
  context: Context,
  accountId: string,
  query: ListPosts,
) {
  const { db } = parts.database;
  const now = context.clock.now();
  const account = await getAccount(db, context, accountId);
  const rows = await listPosts(db, {
    organizationId: context.organizationId,
    accountId: account.id,
    status: query.status,
    from: query.startDate,
    until: query.endDate,
    now,
    boardId: query.boardId,
    tag: query.tag,
    externalId: query.externalId,
    q: query.q,
    after: query.cursor === undefined ? undefined : decodeCursor(query.status, query.cursor),
    // One more than requested shows whether there is another page.
    limit: query.limit + 1,
  });
  const page = rows.slice(0, query.limit);
  const last = rows.length > query.limit ? page.at(-1) : undefined;
  return {
    posts: await postViews(parts, db, page, { now }),
    cursor: last ? encodeCursor(query.status, { listedAt: last.listed_at, id: last.id }) : null,
  };
}
