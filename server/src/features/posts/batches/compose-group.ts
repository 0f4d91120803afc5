// Composes the entries of a group. Entries of a batch often name the same boards and media, so the facts of all are read once.
import type { Clock } from '../../../platform/clock.ts';
import { type Detail, Outage, Refusal } from '../../../platform/errors.ts';
import type { Log } from '../../../platform/log.ts';
import type { AccountRow } from '../../accounts/index.ts';
import type { MediaViewer } from '../../media/index.ts';
import { type Facts, findFacts, namesIn } from '../compose/facts.ts';
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
  return Promise.all(
    entries.map(async ({ entry, input, details }): Promise<ComposedEntry> => {
      if (!input) return { entry, kind: 'failed', details };
      if (facts instanceof Refusal) return failedEntry(run, entry, facts);
      // Nobody would see the warnings.
      const options = { viewer: run.viewer, now: parts.clock.now(), signal: run.signal, warns: false };
      try {
        return { entry, kind: 'composed', post: await preparePost(parts, facts, input, options) };
      } catch (error) {
        if (error instanceof Outage || run.signal.aborted) throw error;
        return failedEntry(run, entry, error);
      }
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
