// Reads Pinterest's lists page by page, and reports whether a list was read completely.
import { z } from 'zod';
import type { Answer, Call } from '../wire/answers.ts';

export interface Page<T> {
  items: T[];
  bookmark: string | null;
  /** False when an item could not be read. */
  isWhole: boolean;
}

export interface Listed<T> {
  items: T[];
  /** False when the list continues, or may continue: an item that was not seen may still exist. */
  complete: boolean;
}

/** Pinterest's largest page. */
export const pageSizeMax = 250;

/** An item that cannot be read is left out and noted; the others are good. */
export function pageOf<T>(item: z.ZodType<T>): z.ZodType<Page<T>> {
  return z
    .object({
      items: z.array(z.unknown()),
      bookmark: z
        .union([z.string(), z.number().transform(String)])
        .nullish()
        .catch(null),
    })
    .transform(({ items, bookmark }) => {
      const read = items.map((raw) => item.safeParse(raw)).filter((result) => result.success);
      return {
        items: read.map((result) => result.data),
        bookmark: bookmark || null,
        isWhole: read.length === items.length,
      };
    });
}

/**
 * Only the bookmark shows where a list ends: an empty page may still have one. A repeated bookmark ends the list, to
 * prevent an endless loop. Items that moved to the next page in the meantime are listed once.
 */
export async function readPages<T extends { id: string }>(
  readPage: (bookmark: string | null) => Promise<Answer<Page<T>>>,
  pagesMax: number,
): Promise<Answer<Listed<T>>> {
  const items = new Map<string, T>();
  const seen = new Set<string>();
  let bookmark: string | null = null;
  let isWhole = true;
  let first: Call | null = null;
  for (let page = 1; ; page += 1) {
    const answer: Answer<Page<T>> = await readPage(bookmark);
    first ??= answer.call;
    const call = overall(first, answer.call);
    if (answer.kind === 'failed') return { ...answer, call };
    for (const item of answer.value.items) items.set(item.id, item);
    isWhole &&= answer.value.isWhole;
    bookmark = answer.value.bookmark;
    const isStuck = bookmark !== null && seen.has(bookmark);
    if (bookmark === null || isStuck || page >= pagesMax) {
      return {
        kind: 'ok',
        value: { items: [...items.values()], complete: isWhole && bookmark === null },
        call,
      };
    }
    seen.add(bookmark);
  }
}

/** The last page's call, begun when the first was. */
function overall(first: Call, last: Call): Call {
  const endedMs = last.startedAt.getTime() + last.durationMs;
  return { ...last, startedAt: first.startedAt, durationMs: endedMs - first.startedAt.getTime() };
}
