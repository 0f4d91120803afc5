// Turns rows of posts and their media into answers, with the version of a post as its ETag.

import type { PinterestEnvironments } from '../../../pinterest/index.ts';
import type { Connection, Database } from '../../../platform/db/index.ts';
import { Refusal } from '../../../platform/errors.ts';
import { namesTag } from '../../../platform/http/contract/index.ts';
import { single } from '../../../platform/single.ts';
import { findEnvironments } from '../../accounts/index.ts';
import type { MediaRow, MediaService } from '../../media/index.ts';
import { mediaIdsOfRow } from '../record/content.ts';
import { postChanged, versionDiffers } from '../record/posts.errors.ts';
import type { PostRow } from '../record/posts.queries.ts';
import { type PostView, toPostView } from './posts.schema.ts';

export interface AnswerParts {
  media: Pick<MediaService, 'getMany'>;
  /** How callers reach this server, without a slash at the end. */
  publicUrl: string;
  /** Returns the page where people see a Pin. */
  pinUrl: PinterestEnvironments['pinUrl'];
}

export interface AnswerOptions {
  now: Date;
  /** Media that the caller has read already. */
  loaded?: ReadonlyMap<string, MediaRow>;
}

export interface ReadParts extends AnswerParts {
  database: Database;
}

/** The data of an answer with one post. */
export interface PostAnswerData {
  post: PostView;
}

/** Returns the views of posts of one organization, in the order of the rows. */
export async function postViews(
  { media, publicUrl, pinUrl }: AnswerParts,
  connection: Connection,
  posts: readonly PostRow[],
  { now, loaded = new Map() }: AnswerOptions,
): Promise<PostView[]> {
  const [first] = posts;
  if (!first) return [];
  const missing = posts.flatMap(mediaIdsOfRow).filter((id) => !loaded.has(id));
  const read = await media.getMany(connection, first.organization_id, missing);
  const rows = new Map([...loaded, ...read]);
  const published = posts.filter(({ pin_id }) => pin_id !== null).map((post) => post.account_id);
  const environments = await findEnvironments(connection, published);
  return posts.map((post) => {
    const environment = environments.get(post.account_id);
    const url = post.pin_id !== null && environment ? pinUrl(environment, post.pin_id) : null;
    return toPostView(post, rows, { now, publicUrl, pinUrl: url });
  });
}

/** Returns the answer of an operation on one post: its view, and its version as the entity tag. */
export async function postAnswer(
  parts: AnswerParts,
  connection: Connection,
  post: PostRow,
  options: AnswerOptions,
): Promise<{ data: PostAnswerData; etag: string }> {
  const views = await postViews(parts, connection, [post], options);
  return { data: { post: single(views) }, etag: etagOf(post) };
}

/** The entity tag of a post. Every write increments the version. */
function etagOf(post: PostRow): string {
  return `"${post.version}"`;
}

/**
 * @param ifMatch The header If-Match; undefined if the caller did not send it.
 * @throws versionDiffers when the header does not have the present version.
 */
export function checkVersion(post: PostRow, ifMatch: string | undefined): void {
  if (ifMatch === undefined) return;
  if (namesTag(ifMatch, etagOf(post))) return;
  throw versionDiffers([
    {
      path: 'If-Match',
      code: 'version_differs',
      message: `The post's ETag is ${etagOf(post)} now.`,
    },
  ]);
}

/**
 * Runs a change of a post. With If-Match, a write that loses against another one is refused like an old version.
 * @throws versionDiffers instead of postChanged
 */
export async function withVersion<T>(ifMatch: string | undefined, change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    const isLost = error instanceof Refusal && error.declaration === postChanged.declaration;
    if (ifMatch === undefined || !isLost) throw error;
    const message = 'The post was changed at the same moment.';
    throw versionDiffers([{ path: 'If-Match', code: 'version_differs', message }]);
  }
}
