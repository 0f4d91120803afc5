// Composes the entries of a group. Entries of a batch often name the same boards and media, so the facts of all are read once.
import type { Clock } from '../../../platform/clock.ts';
import { type Detail, Outage, Refusal } from '../../../platform/errors.ts';
import type { Log } from '../../../platform/log.ts';
import type { AccountRow } from '../../accounts/index.ts';
import type { MediaViewer } from '../../media/index.ts';
import type { SpacingLook } from '../../schedule/index.ts';
import { isWithinSimilarDays, samePicture } from '../compose/check-post.ts';
import { type Facts, findFacts, namesIn, timingOf } from '../compose/facts.ts';
import { type PreparedPost, preparePost } from '../compose/new-post.ts';
import type { PostParts } from '../use-cases/parts.ts';
import type { BatchEntryRow, BatchRow } from './batches.queries.ts';
import type { ParsedEntry } from './select-group.ts';

export interface RunParts extends PostParts {
  /** For the job, which no request started. */
  clock: Clock;
}

/** One run of the job of a batch. */
export interface BatchRun {
  batch: BatchRow;
  account: AccountRow;
  /** The key that sent the batch. */
  viewer: MediaViewer;
  signal: AbortSignal;
  log: Log;
  /** The pictures of the entries so far, by destination, for warnings about entries that repeat one. */
  pictures: Map<string, { entry: BatchEntryRow; mediaId: string; at: Date }[]>;
}

export type ComposedEntry = { entry: BatchEntryRow } & (
  | { kind: 'composed'; post: PreparedPost }
  | { kind: 'failed'; details: readonly Detail[] }
);

/** @throws Outage when a dependency is unavailable */
export async function composeGroup(
  parts: RunParts,
  run: BatchRun,
  entries: readonly ParsedEntry[],
): Promise<ComposedEntry[]> {
  if (entries.length === 0) return [];
  const facts = await readGroupFacts(parts, run, entries);
  const now = parts.clock.now();
  const spacings = await readGroupSpacings(parts, run, entries, now);
  const composed = await Promise.all(
    entries.map(async ({ entry, input, details }): Promise<ComposedEntry> => {
      if (!input) return { entry, kind: 'failed', details };
      if (facts instanceof Refusal) return failedEntry(run, entry, facts);
      const options = {
        ...{ viewer: run.viewer, now, signal: run.signal, allowsTakenId: true },
        spacing: spacings.get(entry) ?? null,
      };
      try {
        return { entry, kind: 'composed', post: await preparePost(parts, facts, input, options) };
      } catch (error) {
        if (error instanceof Outage || run.signal.aborted) throw error;
        return failedEntry(run, entry, error);
      }
    }),
  );
  warnOfRepeats(run, composed, now);
  return composed;
}

/** Adds a warning to entries whose picture and destination an earlier entry has at about the same time. */
function warnOfRepeats({ pictures }: BatchRun, composed: readonly ComposedEntry[], now: Date): void {
  for (const { entry, ...result } of composed) {
    if (result.kind !== 'composed') continue;
    const { contents, timing, warnings } = result.post;
    const { destinationKey, mediaId } = contents[0] ?? {};
    if (!destinationKey || mediaId === undefined) continue;
    const at = timing.kind === 'at' ? timing.at : now;
    const earlier = pictures.get(destinationKey) ?? [];
    const repeated = earlier.find(
      (picture) => picture.mediaId === mediaId && isWithinSimilarDays(picture.at, at),
    );
    if (repeated && !warnings.some(({ code }) => code === 'same_picture')) {
      warnings.push(samePicture(placeOf(repeated.entry), repeated.at));
    }
    pictures.set(destinationKey, [...earlier, { entry, mediaId, at }]);
  }
}

const placeOf = ({ row, index }: BatchEntryRow) =>
  row === null ? `Entry ${index} of this batch` : `Row ${row} of this file`;

/** Returns the posts with the same destination as each entry that has a URL, for its warnings. */
async function readGroupSpacings(
  { schedule, database }: RunParts,
  { account }: BatchRun,
  entries: readonly ParsedEntry[],
  now: Date,
): Promise<Map<BatchEntryRow, SpacingLook>> {
  const asked = entries.flatMap(({ entry, input }) => {
    if (input?.url === undefined) return [];
    const timing = timingOf(input, now);
    return [{ entry, url: input.url, at: timing.kind === 'at' ? timing.at : null }];
  });
  const questions = asked.map(({ url, at }) => ({ url, at: at ?? now }));
  const looks = await schedule.lookAtSpacings(database.db, account, questions);
  return new Map(
    asked.map(({ entry, at }, index) => {
      const { conflict = null, isUrlUsed = true } = looks[index] ?? {};
      // Without a time nothing is too near.
      return [entry, { conflict: at === null ? null : conflict, isUrlUsed }];
    }),
  );
}

/** Returns a refusal that concerns every entry as a value, for example when the account was disconnected. */
async function readGroupFacts(
  parts: RunParts,
  { account, viewer }: BatchRun,
  entries: readonly ParsedEntry[],
): Promise<Facts | Refusal> {
  const bodies = entries.flatMap(({ input }) => input ?? []);
  try {
    return await findFacts(parts, account, viewer, namesIn(bodies));
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

const internalError: Detail = {
  path: '',
  code: 'internal_error',
  message: 'Something went wrong on our side; the log has it. Send the entry again.',
};

/** The result of an entry that could not be composed or written. An error that is not a refusal is logged. */
export function failedEntry(
  { log }: Pick<BatchRun, 'log'>,
  entry: BatchEntryRow,
  error: unknown,
): Extract<ComposedEntry, { kind: 'failed' }> {
  if (!(error instanceof Refusal)) {
    log.error({ err: error, batchId: entry.batch_id, index: entry.index }, 'an entry of a batch is a bug');
    return { entry, kind: 'failed', details: [internalError] };
  }
  const { declaration, details } = error;
  if (details.length > 0) return { entry, kind: 'failed', details };
  const { reason, message } = declaration;
  return { entry, kind: 'failed', details: [{ path: '', code: reason, message }] };
}
