// Reads one post that the caller may see.
import { isId } from '../../../domain/ids.ts';
import type { Connection } from '../../../platform/db/index.ts';
import type { Caller, Context, Result } from '../../../platform/use-case/index.ts';
import { getAccount } from '../../accounts/index.ts';
import { postNotFound } from '../record/posts.errors.ts';
import { findPost, type PostPath, type PostRow } from '../record/posts.queries.ts';
import { type PostAnswerData, postAnswer, type ReadParts } from './views.ts';

/**
 * Returns the row of a post.
 * @throws postNotFound for a post that is deleted or of another account; accountNotFound
 */
export async function getPostRow(connection: Connection, caller: Caller, path: PostPath): Promise<PostRow> {
  await getAccount(connection, caller, path.accountId);
  const post = isId('post', path.postId) ? await findPost(connection, caller, path) : undefined;
  if (!post) throw postNotFound();
  return post;
}

export async function getPost(
  parts: ReadParts,
  context: Context,
  path: PostPath,
): Promise<Result<PostAnswerData>> {
  const { db } = parts.database;
  const post = await getPostRow(db, context, path);
  return postAnswer(parts, db, post, { now: context.clock.now() });
}
