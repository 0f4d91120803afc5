// Creates the posts of a batch, in the order given, some at a time. The posts of some entries and the note that these
// entries are settled commit together, so whoever goes on after a crash neither repeats nor leaves out any.
import { appendEvent } from '../../../domain/events.ts';
import { type Clock, nextTurn } from '../../../platform/clock.ts';
import type { Tx } from '../../../platform/db/index.ts';
import { type Detail, Outage, Refusal } from '../../../platform/errors.ts';
import { toDetails } from '../../../platform/http/contract/validation.ts';
import type { Log } from '../../../platform/log.ts';
import { actorFromColumn } from '../../../platform/use-case/index.ts';
import { type AccountRow, getAccountForWork } from '../../accounts/index.ts';
import type { MediaViewer } from '../../media/index.ts';
import { type CreatePost, createPostBody } from '../compose/create-post.schema.ts';
import { type Facts, findFacts, namesIn } from '../compose/facts.ts';
import { type PreparedPost, preparePost } from '../compose/new-post.ts';
import { writePosts } from '../compose/write-new-posts.ts';
import type { PostParts } from '../use-cases/parts.ts';
import {
  type BatchEntryRow,
  type BatchRow,
  completeBatch,
  findSenderAccounts,
  listPending,
  lockBatch,
  type Settled,
  settleEntries,
} from './batches.queries.ts';

/** So many entries are written in one transaction, if their media is known. */
const entriesAtOnce = 500;
/** Those that are written, and those that are got ready meanwhile. */
const entriesListed = 2 * entriesAtOnce;
/** So many are got ready together where their media must be fetched: each may take seconds. */
const fetchesAtOnce = 8;

/** Each slot is claimed by itself, and while a step claims some, nobody else can for this account. */
const slotsAtOnce = 50;

export interface RunParts extends PostParts {
  /** For the job, which no request started. */
  clock: Clock;
}

interface RunContext {
  /** The key that sent the batch. */
  viewer: MediaViewer;
  clock: Clock;
  signal: AbortSignal;
  log: Log;
}

type Prepared = { entry: BatchEntryRow } & (
  | { kind: 'ready'; prepared: PreparedPost }
  | { kind: 'failed'; details: readonly Detail[] }
);

/** Entries that go together. */
interface Step {
  some: Parsed[];
  prepared: Prepared[];
}

/** @throws Outage when a part is away: what is done stays done, and the batch goes on later. */
export async function runBatch(
  parts: RunParts,
  batch: BatchRow,
  { signal, log }: Pick<RunContext, 'signal' | 'log'>,
): Promise<void> {
  const { database, clock } = parts;
  const body = createPostBody(clock);
  const account = await getAccountForWork(database.db, batch.account_id);
  const viewer = {
    organizationId: batch.organization_id,
    actor: actorFromColumn(batch.actor),
    accountIds: await findSenderAccounts(database.db, batch),
  };
  const listWaiting = () => listPending(database.db, batch.id, entriesListed);
  const getReady = async (waiting: readonly BatchEntryRow[], before?: Step): Promise<Step> => {
    if (signal.aborted) throw new Error('the batch takes longer than its job may; another one goes on');
    const some = await takeSome(waiting, body, before?.some);
    return { some, prepared: await prepareAll(parts, account, some, { viewer, clock, signal, log }) };
  };
  let waiting = await listWaiting();
  let step = await getReady(waiting);
  while (step.some.length > 0) {
    waiting = waiting.slice(step.some.length);
    // While PostgreSQL writes these, the next ones are checked and their media fetched.
    const [isSettled, next] = await bothOver(
      settle(parts, batch, step.prepared, log),
      getReady(waiting, step),
    );
    // Otherwise someone else is at this batch as well, and what is left is asked for anew.
    const isNext = isSettled && next.some.length > 0;
    if (!isSettled || waiting.length === 0) waiting = await listWaiting();
    step = isNext ? next : await getReady(waiting);
  }
  await complete(parts, batch);
}

/** Marks a batch as completed and notifies of it, once. */
async function complete({ database, clock }: RunParts, batch: BatchRow): Promise<void> {
  await database.transaction(async (tx) => {
    const completed = await completeBatch(tx, batch.id, clock.now());
    if (!completed) return;
    await appendEvent(tx, {
      organizationId: batch.organization_id,
      accountId: batch.account_id,
      postId: null,
      type: 'batch.completed',
      at: clock.now(),
      actor: actorFromColumn(batch.actor),
      data: {
        batchId: batch.id,
        total: completed.total,
        created: completed.created,
        failed: completed.failed,
      },
    });
  });
}

async function prepareAll(
  parts: PostParts,
  account: AccountRow,
  some: readonly Parsed[],
  context: RunContext,
): Promise<Prepared[]> {
  if (some.length === 0) return [];
  let facts: Facts;
  try {
    const bodies = some.flatMap(({ input }) => input ?? []);
    facts = await findFacts(parts, account, context.viewer, namesIn(bodies));
  } catch (error) {
    // The account was disconnected, for one.
    if (!(error instanceof Refusal)) throw error;
    return some.map(({ entry }) => ({
      entry,
      kind: 'failed',
      details: whyOf(error, entry, context.log),
    }));
  }
  return Promise.all(
    some.map(async ({ entry, input, details }): Promise<Prepared> => {
      if (!input) return { entry, kind: 'failed', details };
      return prepare(parts, facts, entry, input, context);
    }),
  );
}

/**
 * Together if that works; in halves, in their order, when one of them spoils it for the others. False when another
 * process has settled some of them.
 */
async function settle(
  parts: RunParts,
  batch: BatchRow,
  some: readonly Prepared[],
  log: Log,
): Promise<boolean> {
  try {
    return await parts.database.transaction((tx) => write(parts, tx, batch, some));
  } catch (error) {
    if (error instanceof Outage) throw error;
    if (some.length > 1) {
      const half = Math.ceil(some.length / 2);
      const isFirstSettled = await settle(parts, batch, some.slice(0, half), log);
      return isFirstSettled && settle(parts, batch, some.slice(half), log);
    }
    const failed = some.map(({ entry }) => ({
      entry,
      kind: 'failed' as const,
      details: whyOf(error, entry, log),
    }));
    return parts.database.transaction((tx) => write(parts, tx, batch, failed));
  }
}

async function write(parts: RunParts, tx: Tx, batch: BatchRow, some: readonly Prepared[]): Promise<boolean> {
  const indexes = some.map(({ entry }) => entry.index);
  if ((await lockBatch(tx, batch.id, indexes)) < some.length) return false;
  const ready = some.flatMap((one) => (one.kind === 'ready' ? [one] : []));
  const rows = await writePosts(
    parts,
    tx,
    ready.map(({ prepared }) => prepared),
    { actor: actorFromColumn(batch.actor), now: parts.clock.now() },
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
  await settleEntries(tx, batch.id, settled);
  return true;
}

/** Like Promise.all, but when one of them fails the other is not left running. */
async function bothOver<One, Other>(one: Promise<One>, other: Promise<Other>): Promise<[One, Other]> {
  await Promise.allSettled([one, other]);
  return Promise.all([one, other]);
}

async function prepare(
  parts: PostParts,
  facts: Facts,
  entry: BatchEntryRow,
  input: CreatePost,
  { viewer, clock, signal, log }: RunContext,
): Promise<Prepared> {
  try {
    // Nobody would be shown the warnings.
    const prepared = await preparePost(parts, facts, input, {
      viewer,
      now: clock.now(),
      signal,
      warns: false,
    });
    return { entry, kind: 'ready', prepared };
  } catch (error) {
    if (error instanceof Outage || signal.aborted) throw error;
    return { entry, kind: 'failed', details: whyOf(error, entry, log) };
  }
}

const ourFault: Detail = {
  path: '',
  code: 'internal_error',
  message: 'Something went wrong on our side; the log has it. Send the entry again.',
};

/** What its caller is told of why an entry failed. */
function whyOf(error: unknown, entry: BatchEntryRow, log: Log): readonly Detail[] {
  if (!(error instanceof Refusal)) {
    log.error({ err: error, batchId: entry.batch_id, index: entry.index }, 'an entry of a batch is a bug');
    return [ourFault];
  }
  const { declaration, details } = error;
  if (details.length > 0) return details;
  return [{ path: '', code: declaration.reason, message: declaration.message }];
}

interface Parsed {
  entry: BatchEntryRow;
  /** Undefined where it is wrong. */
  input: CreatePost | undefined;
  /** What is wrong with it. */
  details: readonly Detail[];
}

/** Checking a hundred takes some ten milliseconds. */
const checkedAtOnce = 20;

/**
 * The next entries that go together: many if their media is known, few if it must be fetched. One that repeats an
 * externalId waits until the first one with it is there; so there may be none, while those before are being written.
 */
async function takeSome(
  waiting: readonly BatchEntryRow[],
  body: ReturnType<typeof createPostBody>,
  before: readonly Parsed[] = [],
): Promise<Parsed[]> {
  const some: Parsed[] = [];
  const externalIds = new Set(before.flatMap(({ input }) => input?.externalId ?? []));
  let fetches = 0;
  let slots = 0;
  for (const [index, entry] of waiting.slice(0, entriesAtOnce).entries()) {
    if (index % checkedAtOnce === checkedAtOnce - 1) await nextTurn();
    const parsed = body.safeParse(entry.body, { reportInput: true });
    const input = parsed.data;
    if (input && namesUrl(input)) fetches += 1;
    if (input?.useNextOpenSlot) slots += input.intervalBoards?.length ?? 1;
    if (some.length > 0 && (fetches > fetchesAtOnce || slots > slotsAtOnce)) break;
    const externalId = input?.externalId;
    if (externalId !== undefined && externalIds.has(externalId)) break;
    if (externalId !== undefined) externalIds.add(externalId);
    some.push({ entry, input, details: parsed.error ? toDetails(parsed.error.issues, body) : [] });
  }
  return some;
}

function namesUrl({ mediaUrl, carousel, cover }: CreatePost): boolean {
  return [mediaUrl, cover?.mediaUrl, ...(carousel ?? []).map((slide) => slide.mediaUrl)].some(
    (url) => url !== undefined,
  );
}
