// Writes the posts of a group as several creates in one transaction, with the result of each entry.
import type { Tx } from '../../../platform/db/index.ts';
import { Outage } from '../../../platform/errors.ts';
import { first } from '../../../platform/single.ts';
import { actorFromColumn } from '../../../platform/use-case/index.ts';
import type { PreparedPost } from '../compose/new-post.ts';
import { externalIdTakenBy } from '../record/posts.errors.ts';
import { writePosts } from '../use-cases/create-post.ts';
import { type EntryResult, lockBatch, recordResults } from './batches.queries.ts';
import { type BatchRun, type ComposedEntry, failedEntry, type RunParts } from './compose-group.ts';
import { type Equal, findEqual } from './equal-entries.ts';

/**
 * Writes the entries together if possible. If that fails, it writes them in halves, in their order, until each entry that
 * causes a failure is alone. Returns false when another process has recorded results of some of these entries.
 * @throws Outage
 */
export async function writeGroup(
  parts: RunParts,
  run: BatchRun,
  entries: readonly ComposedEntry[],
): Promise<boolean> {
  try {
    return await parts.database.transaction((tx) => writeEntries(parts, tx, run, entries));
  } catch (error) {
    if (error instanceof Outage) throw error;
    if (entries.length > 1) {
      const half = Math.ceil(entries.length / 2);
      const isFirstWritten = await writeGroup(parts, run, entries.slice(0, half));
      return isFirstWritten && writeGroup(parts, run, entries.slice(half));
    }
    const failed = entries.map(({ entry }) => failedEntry(run, entry, error));
    return parts.database.transaction((tx) => writeEntries(parts, tx, run, failed));
  }
}

async function writeEntries(
  parts: RunParts,
  tx: Tx,
  { batch }: BatchRun,
  entries: readonly ComposedEntry[],
): Promise<boolean> {
  const indexes = entries.map(({ entry }) => entry.index);
  if ((await lockBatch(tx, batch, indexes)) < entries.length) return false;
  const composed = entries.flatMap((entry) => (entry.kind === 'composed' ? [entry.post] : []));
  const equals = batch.again
    ? new Map<PreparedPost, Equal>()
    : await findEqual(tx, batch.account_id, composed);
  const isNew = (post: PreparedPost) => !equals.has(post) && post.takenBy === undefined;
  const created = composed.filter(isNew);
  const stamp = { actor: actorFromColumn(batch.actor), now: parts.clock.now() };
  const written = new Map(
    (await writePosts(parts, tx, created, stamp)).map((posts, index) => [created[index], first(posts).id]),
  );
  const results = entries.map((entry): EntryResult => {
    const { index } = entry.entry;
    if (entry.kind === 'failed') {
      return { index, status: 'failed', postId: null, details: entry.details, warnings: [] };
    }
    const { post } = entry;
    const { warnings, takenBy } = post;
    const equal = equals.get(post);
    const existing = equal?.kind === 'entry' ? written.get(equal.post) : equal?.postId;
    if (existing !== undefined) {
      return { index, status: 'existing', postId: existing, details: null, warnings: [] };
    }
    const postId = written.get(post);
    if (postId !== undefined) return { index, status: 'created', postId, details: null, warnings };
    const { details } = externalIdTakenBy(takenBy ?? 'Another post');
    return { index, status: 'failed', postId: null, details, warnings: [] };
  });
  await recordResults(tx, batch.id, results);
  return true;
}
