// Use cases of media on their own, before a post uses them: add, look at, delete.
import type { Readable } from 'node:stream';
import { isId } from '../../domain/ids.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database, Tx } from '../../platform/db/index.ts';
import type { Detail } from '../../platform/errors.ts';
import type { Log } from '../../platform/log.ts';
import { type Caller, type Commit, callerSeesAccount, invalidQuery } from '../../platform/use-case/index.ts';
import { mediaInUse, mediaNotFound } from './media.errors.ts';
import { listMediaPage, type MediaRow } from './media.queries.ts';
import { toMediaResource } from './media.schema.ts';
import type { MediaService, Uploaded } from './media.service.ts';
import { mediaWarnings } from './media.view.ts';
import { listUnsentPosts, lockMedia, markDeleted, type UsingPost } from './sweep.queries.ts';

export interface LibraryParts {
  database: Database;
  clock: Clock;
  media: MediaService;
  /** How callers reach this server, without a slash at the end. */
  publicUrl: string;
}

export type MediaLibrary = ReturnType<typeof createLibrary>;

interface AddFromUrl {
  url: string;
  mediaType?: 'image' | 'video' | undefined;
}

/** Reads the form, handing on the file; gives the fields. */
type ReadForm = (take: (file: Readable) => Promise<void>) => Promise<Uploaded>;

/** How many posts are named when one may not be deleted. */
const namedPostsMax = 5;

export function createLibrary({ database, clock, media, publicUrl }: LibraryParts) {
  const view = (row: MediaRow) => ({ media: toMediaResource(row, publicUrl) });

  /** The answer, unless its owner deleted it in the same moment. */
  async function answer(tx: Tx, caller: Caller, added: MediaRow) {
    const held = (await media.hold(tx, caller.organizationId, [added.id])).get(added.id);
    if (!held) throw mediaNotFound();
    return { data: view(held), warnings: mediaWarnings(held) };
  }

  return {
    async addFromUrl(
      caller: Caller,
      { url, mediaType }: AddFromUrl,
      { commit, signal }: { commit: Commit; signal: AbortSignal },
    ) {
      const { organizationId } = caller;
      const declaredType = mediaType ?? 'any';
      const row = await media.fetchFromUrl({ organizationId, url, declaredType, path: 'url', signal });
      return commit((tx) => answer(tx, caller, row));
    },

    async addUpload(caller: Caller, read: ReadForm, commit: Commit) {
      const row = await media.receiveUpload({ organizationId: caller.organizationId, read });
      return commit((tx) => answer(tx, caller, row));
    },

    async list(caller: Caller, { cursor, limit }: { cursor?: string | undefined; limit: number }) {
      if (cursor !== undefined && !isId('med', cursor)) {
        const message = 'Is no cursor of this list. Send `data.cursor` of the page before.';
        throw invalidQuery([{ path: 'cursor', code: 'invalid_cursor', message }]);
      }
      // One more than asked for tells whether there is another page.
      const rows = await listMediaPage(database.db, caller.organizationId, {
        after: cursor,
        limit: limit + 1,
      });
      const page = rows.slice(0, limit);
      return {
        media: page.map((row) => toMediaResource(row, publicUrl)),
        cursor: rows.length > limit ? (page.at(-1)?.id ?? null) : null,
      };
    },

    async get(caller: Caller, mediaId: string) {
      const row = await media.find(database.db, caller.organizationId, mediaId);
      if (!row) throw mediaNotFound();
      return view(row);
    },

    async delete(caller: Caller, mediaId: string, { commit, log }: { commit: Commit; log: Log }) {
      let deleted: MediaRow | undefined;
      const result = await commit(async (tx) => {
        deleted = isId('med', mediaId) ? await lockMedia(tx, caller.organizationId, mediaId) : undefined;
        if (!deleted) throw mediaNotFound();
        const users = await listUnsentPosts(tx, mediaId, namedPostsMax + 1);
        if (users.length > 0) throw mediaInUse([inUse(caller, users)]);
        await markDeleted(tx, mediaId, clock.now());
        return { data: { deleted: true as const, id: mediaId } };
      });
      // Nobody can ask for the files any more. Should this fail, the sweep finds them.
      if (deleted) {
        await media
          .removeFiles(deleted)
          .catch((error: unknown) => log.warn({ err: error, mediaId }, 'files are left to the sweep'));
      }
      return result;
    },
  };
}

/** Names the posts that the key may see. */
function inUse(caller: Caller, users: readonly UsingPost[]): Detail {
  const seen = users.filter(({ accountId }) => callerSeesAccount(caller, accountId)).slice(0, namedPostsMax);
  const named = seen.map(({ id, status }) => `${id} (${status})`).join(', ');
  const more = users.length > seen.length ? `${named && ' and '}others` : '';
  return { path: '', code: 'media_in_use', message: `Used by ${named}${more}.` };
}
