// Pages with an opaque bookmark. The bookmark contains the last id of a page, so that Pins created or
// deleted between two pages neither repeat nor skip an item.
import { createHash } from 'node:crypto';
import { badParameter } from '../ground/refusal.ts';
import { compareIds } from '../store/ids.ts';

export type Order = 'newest' | 'oldest' | 'shuffled';

export interface PageRequest {
  bookmark?: string | undefined;
  page_size: number;
}

/** Settings that make paging awkward in ways that a client must handle (docs/pinterest.md#boards-and-paging). */
export interface PagingSwitches {
  /** The first page is empty and yet has a bookmark. */
  emptyFirstPage: boolean;
  /** The last page repeats the bookmark that led to it, instead of null. */
  repeatLastBookmark: boolean;
}

export interface Page<T> {
  items: T[];
  bookmark: string | null;
}

export function pageOf<T extends { id: string }>(
  all: readonly T[],
  order: Order,
  request: PageRequest,
  switches: PagingSwitches,
): Page<T> {
  const position = request.bookmark === undefined || request.bookmark === '' ? null : read(request.bookmark);
  const sorted = [...all].sort((left, right) => compare(order, left.id, right.id));
  if (position === null && switches.emptyFirstPage) return { items: [], bookmark: write('') };

  const start = position === null || position === '' ? 0 : firstAfter(sorted, order, position);
  const items = sorted.slice(start, start + request.page_size);
  const last = items.at(-1);
  const hasMore = start + request.page_size < sorted.length;
  if (hasMore && last !== undefined) return { items, bookmark: write(last.id) };
  return { items, bookmark: switches.repeatLastBookmark ? (request.bookmark ?? null) : null };
}

function firstAfter(sorted: readonly { id: string }[], order: Order, id: string): number {
  const index = sorted.findIndex((item) => compare(order, item.id, id) > 0);
  return index === -1 ? sorted.length : index;
}

function compare(order: Order, left: string, right: string): number {
  if (order === 'oldest') return compareIds(left, right);
  if (order === 'newest') return compareIds(right, left);
  // Shuffled, but in the same order for every page.
  const [hashedLeft, hashedRight] = [shuffleKey(left), shuffleKey(right)];
  return hashedLeft < hashedRight ? -1 : hashedLeft > hashedRight ? 1 : compareIds(left, right);
}

function shuffleKey(id: string): string {
  return createHash('md5').update(id).digest('hex');
}

function write(id: string): string {
  // Pinterest's bookmarks look like this: base64 with characters that must be URL-encoded.
  return Buffer.from(`Y2JVSG81|after|${id}|*`).toString('base64');
}

function read(bookmark: string): string {
  const match = /^Y2JVSG81\|after\|(\d*)\|\*$/.exec(Buffer.from(bookmark, 'base64').toString('utf8'));
  if (match?.[1] === undefined) throw badParameter(`Invalid bookmark: ${bookmark.slice(0, 80)}`);
  return match[1];
}
