// Selects the entries of a batch that are composed and written together, and validates their bodies.
import { nextTurn } from '../../../platform/clock.ts';
import type { Detail } from '../../../platform/errors.ts';
import { toDetails } from '../../../platform/use-case/index.ts';
import type { CreatePost, createPostBody } from '../compose/create-post.schema.ts';
import type { BatchEntryRow } from './batches.queries.ts';

/** The size of a group whose media is stored. */
export const entriesPerGroupMax = 500;
/** The size of a group whose media must be fetched, which may take seconds for each entry. */
const fetchesPerGroupMax = 8;
/** Slots are claimed one by one, and no other create of the account can claim one until the group is written. */
const slotsPerGroupMax = 50;
/** Validating a hundred entries takes some ten milliseconds. */
const entriesPerTurn = 20;

export interface ParsedEntry {
  entry: BatchEntryRow;
  /** Undefined if the body is invalid. */
  input: CreatePost | undefined;
  /** The problems of an invalid body. */
  details: readonly Detail[];
}

/**
 * Returns the next entries that go together: many if their media is stored, few if it must be fetched. An entry that repeats
 * an externalId waits until the first entry with it is written, so the group may be empty while that one is being written.
 * @param writing The group that is being written.
 */
export async function selectGroup(
  pending: readonly BatchEntryRow[],
  body: ReturnType<typeof createPostBody>,
  writing: readonly ParsedEntry[],
): Promise<ParsedEntry[]> {
  const group: ParsedEntry[] = [];
  const externalIds = new Set(writing.flatMap(({ input }) => input?.externalId ?? []));
  let fetches = 0;
  let slots = 0;
  for (const [index, entry] of pending.slice(0, entriesPerGroupMax).entries()) {
    if (index % entriesPerTurn === entriesPerTurn - 1) await nextTurn();
    const parsed = body.safeParse(entry.body, { reportInput: true });
    const input = parsed.data;
    if (input && namesUrl(input)) fetches += 1;
    if (input?.useNextOpenSlot) slots += input.intervalBoards?.length ?? 1;
    if (group.length > 0 && (fetches > fetchesPerGroupMax || slots > slotsPerGroupMax)) break;
    const externalId = input?.externalId;
    if (externalId !== undefined && externalIds.has(externalId)) break;
    if (externalId !== undefined) externalIds.add(externalId);
    group.push({ entry, input, details: parsed.error ? toDetails(parsed.error.issues, body) : [] });
  }
  return group;
}

function namesUrl({ mediaUrl, carousel, cover }: CreatePost): boolean {
  return [mediaUrl, cover?.mediaUrl, ...(carousel ?? []).map((slide) => slide.mediaUrl)].some(
    (url) => url !== undefined,
  );
}
