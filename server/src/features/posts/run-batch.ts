// Creates the posts of a batch, in the order given, some at a time. The posts of some entries and the note that these
// entries are settled commit together, so whoever goes on after a crash neither repeats nor leaves out any.
import type { Tx } from '../../platform/db/index.ts';
import { type Detail, Outage, Refusal } from '../../platform/errors.ts';
import { appendEvent } from '../../platform/events/index.ts';
import { toDetails } from '../../platform/http/validation.ts';
import type { Log } from '../../platform/log.ts';
import { type AccountRow, getAccountForWork } from '../accounts/index.ts';
import type { MediaRow } from '../media/index.ts';
import {
  type BatchEntryRow,
  type BatchRow,
  completeBatch,
  listPending,
  lockBatch,
  type Settled,
  settleEntries,
} from './batches.queries.ts';
import { type CreatePost, createPostBody } from './create-post.schema.ts';
import { type CreateParts, type PreparedPost, preparePost, writePosts } from './create-post.ts';
import { mediaIdsNamed } from './post-media.ts';
import type { PostsParts } from './posts.service.ts';

/** So many entries are written in one transaction, if their media is known. */
const entriesAtOnce = 500;
/** So many are got ready together where their media must be fetched: each may take seconds. */
const fetchesAtOnce = 8;

interface RunContext {
  signal: AbortSignal;
  log: Log;
}

type Prepared = { entry: BatchEntryRow } & (
  | { kind: 'ready'; prepared: PreparedPost }
  | { kind: 'failed'; details: readonly Detail[] }
);

export function createBatchRunner(parts: PostsParts) {
  const { database, clock } = parts;
  const body = createPostBody(clock);

  /** @throws Outage when a part is away: what is done stays done, and the batch goes on later. */
  return async function runBatch(batch: BatchRow, { signal, log }: RunContext): Promise<void> {
    const account = await getAccountForWork(database.db, batch.account_id);
    for (;;) {
      if (signal.aborted) throw new Error('the batch takes longer than its job may; another one goes on');
      const entries = await listPending(database.db, batch.id, entriesAtOnce);
      if (entries.length === 0) break;
      const parsed = entries.map((entry) => ({
        entry,
        parsed: body.safeParse(entry.body, { reportInput: true }),
      }));
      const some = share(parsed.map(({ parsed }) => parsed.data));
      const cached = await withCache(parts, account, parsed.slice(0, some));
      const prepared = await Promise.all(
        parsed.slice(0, some).map(async ({ entry, parsed }): Promise<Prepared> => {
          if (!parsed.success)
            return { entry, kind: 'failed', details: toDetails(parsed.error.issues, body) };
          return prepare(cached, account, entry, parsed.data, { signal, log });
        }),
      );
      await settle(batch, prepared, log);
    }
    await database.transaction(async (tx) => {
      const completed = await completeBatch(tx, batch.id, clock.now());
      if (!completed) return;
      await appendEvent(tx, {
        organizationId: batch.organization_id,
        accountId: batch.account_id,
        postId: null,
        type: 'batch.completed',
        at: clock.now(),
        data: {
          batchId: batch.id,
          total: completed.total,
          created: completed.created,
          failed: completed.failed,
        },
      });
    });
  };

  /** Together if that works; one by one when one of them spoils it for the others. */
  async function settle(batch: BatchRow, some: readonly Prepared[], log: Log): Promise<void> {
    try {
      await database.transaction((tx) => write(tx, batch, some));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (some.length > 1) {
        for (const one of some) await settle(batch, [one], log);
        return;
      }
      const failed = some.map(({ entry }) => ({ entry, kind: 'failed' as const, details: detailsOf(error) }));
      await database.transaction((tx) => write(tx, batch, failed));
    }
  }

  async function write(tx: Tx, batch: BatchRow, some: readonly Prepared[]): Promise<void> {
    await lockBatch(tx, batch.id);
    const ready = some.flatMap((one) => (one.kind === 'ready' ? [one] : []));
    const rows = await writePosts(
      parts,
      tx,
      ready.map(({ prepared }) => prepared),
    );
    const settled = [
      ...ready.map(({ entry }, index): Settled => {
        const postId = rows[index]?.[0]?.id;
        if (postId === undefined) throw new Error(`entry ${entry.index} of ${batch.id} made no post`);
        return { index: entry.index, postId, details: null };
      }),
      ...some.flatMap((one): Settled[] =>
        one.kind === 'failed' ? [{ index: one.entry.index, postId: null, details: one.details }] : [],
      ),
    ];
    const count = await settleEntries(tx, batch.id, settled);
    // Someone else is at this batch as well. What this one has just written is taken back.
    if (count !== settled.length) throw new Error(`batch ${batch.id} was settled by another process`);
  }
}

async function prepare(
  parts: CreateParts,
  account: AccountRow,
  entry: BatchEntryRow,
  input: CreatePost,
  { signal, log }: RunContext,
): Promise<Prepared> {
  try {
    // Nobody would be shown the warnings.
    return {
      entry,
      kind: 'ready',
      prepared: await preparePost(parts, account, input, { signal, warns: false }),
    };
  } catch (error) {
    if (error instanceof Outage || signal.aborted) throw error;
    if (error instanceof Refusal) return { entry, kind: 'failed', details: detailsOf(error) };
    log.error({ err: error, batchId: entry.batch_id, index: entry.index }, 'an entry of a batch is a bug');
    return { entry, kind: 'failed', details: [ourFault] };
  }
}

const ourFault: Detail = {
  path: '',
  code: 'internal_error',
  message: 'Something went wrong on our side; the log has it. Send the entry again.',
};

function detailsOf({ declaration, details }: Refusal): readonly Detail[] {
  if (details.length > 0) return details;
  return [{ path: '', code: declaration.code.toLowerCase(), message: declaration.message }];
}

/** How many of the next entries go together: many if their media is known, few if it must be fetched. */
function share(bodies: readonly (CreatePost | undefined)[]): number {
  let fetches = 0;
  for (const [index, input] of bodies.entries()) {
    if (input && namesUrl(input)) fetches += 1;
    if (fetches > fetchesAtOnce) return index;
  }
  return bodies.length;
}

function namesUrl({ mediaUrl, carousel, cover }: CreatePost): boolean {
  return [mediaUrl, cover?.mediaUrl, ...(carousel ?? []).map((slide) => slide.mediaUrl)].some(
    (url) => url !== undefined,
  );
}

/** Entries of a batch name the same few boards and media over and over: each is asked for once. */
async function withCache(
  parts: PostsParts,
  account: AccountRow,
  some: readonly { parsed: { data?: CreatePost | undefined } }[],
): Promise<CreateParts> {
  const { boards, media, database } = parts;
  const ids = some.flatMap(({ parsed }) => (parsed.data ? mediaIdsNamed(parsed.data) : []));
  const known = await media.getMany(database.db, account.organization_id, ids);
  const once = <Args extends readonly unknown[], Result>(ask: (...args: Args) => Promise<Result>) => {
    const answers = new Map<string, Promise<Result>>();
    return (key: string, ...args: Args): Promise<Result> => {
      const asked = answers.get(key) ?? ask(...args);
      answers.set(key, asked);
      return asked;
    };
  };
  const check = once(boards.check);
  const checkSection = once(boards.checkSection);
  return {
    ...parts,
    boards: {
      ...boards,
      check: (of, boardId) => check(boardId, of, boardId),
      checkSection: (of, boardId, sectionId) =>
        checkSection(`${boardId} ${sectionId}`, of, boardId, sectionId),
    },
    media: {
      ...media,
      find: async (_connection, _organizationId, id): Promise<MediaRow | undefined> => known.get(id),
    },
  };
}
