// Posts on their way out: rows with their media become views, with the version as ETag.
import type { Clock } from '../../../platform/clock.ts';
import type { Connection } from '../../../platform/db/index.ts';
import { namesTag } from '../../../platform/http/entity-tags.ts';
import type { MediaRow, MediaService } from '../../media/index.ts';
import { versionDiffers } from '../record/posts.errors.ts';
import type { PostRow } from '../record/posts.queries.ts';
import { mediaIdsOf, toPostView } from './posts.schema.ts';

export interface AnswerParts {
  clock: Clock;
  media: Pick<MediaService, 'getMany'>;
  /** How callers reach this server, without a slash at the end. */
  publicUrl: string;
}

export type Answers = ReturnType<typeof createAnswers>;

export function createAnswers({ clock, media, publicUrl }: AnswerParts) {
  /** @param known Media that need not be read again. */
  async function views(
    connection: Connection,
    organizationId: string,
    posts: readonly PostRow[],
    known: ReadonlyMap<string, MediaRow> = new Map(),
  ) {
    const missing = posts.flatMap(mediaIdsOf).filter((id) => !known.has(id));
    const read = await media.getMany(connection, organizationId, missing);
    const rows = new Map([...known, ...read]);
    return posts.map((post) => toPostView(post, rows, { now: clock.now(), publicUrl }));
  }

  return {
    views,

    async one(
      connection: Connection,
      organizationId: string,
      post: PostRow,
      known?: ReadonlyMap<string, MediaRow>,
    ) {
      const [view] = await views(connection, organizationId, [post], known);
      if (!view) throw new Error('one post makes one view');
      return { data: { post: view }, etag: etagOf(post) };
    },
  };
}

/** Each write of a post makes a new version. */
function etagOf(post: PostRow): string {
  return `"${post.version}"`;
}

/**
 * Compares with a list of tags, or `*`; weak ones as well, since a proxy may have made ours weak.
 * @throws versionDiffers when the caller knows another version than the present one.
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
