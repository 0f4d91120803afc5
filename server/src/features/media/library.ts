// Use cases of media on their own, before a post uses them: add, look at, delete.
import type { Readable } from 'node:stream';
import { isId } from '../../domain/ids.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database, Tx } from '../../platform/db/index.ts';
import type { Detail } from '../../platform/errors.ts';
import type { Log } from '../../platform/log.ts';
import { type Caller, type Commit, callerSeesAccount, invalidQuery } from '../../platform/use-case/index.ts';
import { listHoldingPosts, lockMedia, markDeleted, type UsingPost } from './files/sweep.queries.ts';
import { toMediaResource } from './media.schema.ts';
import type { MediaService, Uploaded } from './media.service.ts';
import { mediaInUse, mediaNotFound } from './record/media.errors.ts';
import type { MediaRow } from './record/media.queries.ts';
import { mediaWarnings } from './record/media.view.ts';
import { asShown, findClaims, listVisiblePage, removeAddition } from './record/visible-media.queries.ts';

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
    const [shown] = await asShown(tx, caller, held ? [held] : []);
    if (!shown) throw mediaNotFound();
    return { data: view(shown), warnings: mediaWarnings(shown) };
  }

  /**
   * Media that others added as well are not deleted by a restricted key: only its own addition is removed.
   *
   * @returns whether that is all there is to do
   * @throws mediaInUse when it would still see it, for a post of its accounts uses it
   */
  async function leaveToOthers(tx: Tx, { actor, accountIds }: Caller, row: MediaRow): Promise<boolean> {
    if (accountIds === null) return false;
    const actorId = actor.id ?? '';
    const { isUsed, isOwn, isOthers } = await findClaims(tx, { actorId, accountIds }, row.id);
    if (isUsed && isOthers) throw mediaInUse([inUseSomewhere]);
    if (isUsed || !(isOthers || row.added_unrestricted)) return false;
    if (isOwn) await removeAddition(tx, actorId, row.id);
    return true;
  }

  return {
    async addFromUrl(
      caller: Caller,
      { url, mediaType }: AddFromUrl,
      { commit, signal }: { commit: Commit; signal: AbortSignal },
    ) {
      const { organizationId } = caller;
      const declaredType = mediaType ?? 'any';
      const from = { organizationId, sender: caller, path: 'url', signal };
      const row = await media.fetchFromUrl({ ...from, url, declaredType });
      return commit((tx) => answer(tx, caller, row));
    },

    async addUpload(caller: Caller, read: ReadForm, commit: Commit) {
      const { organizationId } = caller;
      const row = await media.receiveUpload({ organizationId, sender: caller, read });
      return commit((tx) => answer(tx, caller, row));
    },

    async list(caller: Caller, { cursor, limit }: { cursor?: string | undefined; limit: number }) {
      if (cursor !== undefined && !isId('med', cursor)) {
        const message = 'Is no cursor of this list. Send `data.cursor` of the page before.';
        throw invalidQuery([{ path: 'cursor', code: 'invalid_cursor', message }]);
      }
      // One more than asked for tells whether there is another page.
      const rows = await listVisiblePage(database.db, caller, { after: cursor, limit: limit + 1 });
      const page = await asShown(database.db, caller, rows.slice(0, limit));
      return {
        media: page.map((row) => toMediaResource(row, publicUrl)),
        cursor: rows.length > limit ? (page.at(-1)?.id ?? null) : null,
      };
    },

    async get(caller: Caller, mediaId: string) {
      const row = await media.find(database.db, caller, mediaId);
      const [shown] = await asShown(database.db, caller, row ? [row] : []);
      if (!shown) throw mediaNotFound();
      return view(shown);
    },

    async delete(caller: Caller, mediaId: string, { commit, log }: { commit: Commit; log: Log }) {
      let deleted: MediaRow | undefined;
      const result = await commit(async (tx) => {
        // Looked for first: nothing that the caller does not see is locked by it.
        const isSeen = (await media.find(tx, caller, mediaId)) !== undefined;
        const locked = isSeen ? await lockMedia(tx, caller.organizationId, mediaId) : undefined;
        if (!locked) throw mediaNotFound();
        const { accountIds } = caller;
        const users = await listHoldingPosts(tx, { mediaId, accountIds, limit: namedPostsMax + 1 });
        if (users.length > 0) throw mediaInUse([inUse(caller, users)]);
        const answer = { data: { deleted: true as const, id: mediaId } };
        if (await leaveToOthers(tx, caller, locked)) return answer;
        await markDeleted(tx, mediaId, clock.now());
        deleted = locked;
        return answer;
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

/** Says nothing of posts that the key does not see, not even that there are any. */
const inUseSomewhere: Detail = { path: '', code: 'media_in_use', message: 'This media is in use.' };

/** Names the posts that the key sees. */
function inUse(caller: Caller, users: readonly UsingPost[]): Detail {
  const seen = users.filter(({ accountId }) => callerSeesAccount(caller, accountId));
  if (seen.length === 0) return inUseSomewhere;
  const named = seen.slice(0, namedPostsMax).map(({ id, status }) => `${id} (${status})`);
  const more = seen.length > namedPostsMax ? ' and others' : '';
  return { ...inUseSomewhere, message: `Used by ${named.join(', ')}${more}.` };
}
