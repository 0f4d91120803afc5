// Pages with an opaque bookmark. The bookmark holds the last id seen, so that Pins made or
// deleted between two pages neither repeat an item nor lose one.

import { createHash } from 'node:crypto';
import { compareIds } from '../store/ids.ts';
import { badParameter } from './refusal.ts';

export type Order = 'newest' | 'oldest' | 'shuffled';

export interface PageRequest {
  bookmark?: string | undefined;
  page_size: number;
}

/** Switches that make paging awkward in ways a client must bear (docs/pinterest.md#boards-and-paging). */
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
  const found = sorted.findIndex((item) => compare(order, item.id, id) > 0);
  return found === -1 ? sorted.length : found;
}

function compare(order: Order, left: string, right: string): number {
  if (order === 'oldest') return compareIds(left, right);
  if (order === 'newest') return compareIds(right, left);
  // Shuffled, but the same for every page of one listing.
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
