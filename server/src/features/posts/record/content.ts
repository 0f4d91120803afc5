// The content of a post: creating, editing and deleting it. Each is written like a move (move.ts): guarded, with its event
// in the same statement.
import { isDeepStrictEqual } from 'node:util';
import { isAtRest, stateOfNew } from '../../../domain/post-states.ts';
import { addMs } from '../../../platform/clock.ts';
import { json, type Tx } from '../../../platform/db/index.ts';
import type { Stamp } from '../../../platform/use-case/index.ts';
import { accountNotFound } from '../../accounts/index.ts';
import { lowerWake } from '../../lanes/index.ts';
import { insertPostRows } from './insert.queries.ts';
import { matchKey } from './match-key.ts';
import { cannot, written } from './move.ts';
import { refuseGone } from './posts.errors.ts';
import type { PostRow } from './posts.queries.ts';
import { writePost } from './write.queries.ts';

/** A picture of a carousel. */
export interface Slide {
  mediaId: string;
  title: string | null;
  description: string | null;
  url: string | null;
}

/** The part of a post that callers write. */
export interface PostContent {
  title: string | null;
  description: string | null;
  url: string | null;
  /** `url` as the spacing rules compare it. */
  destinationKey: string | null;
  boardId: string | null;
  boardSectionId: string | null;
  altText: string | null;
  isSimplifiedPin: boolean;
  productTagPinIds: string[];
  tags: string[];
  externalId: string | null;
  mediaType: 'image' | 'video';
  /** Of a carousel: its first picture. */
  mediaId: string;
  sourceMediaUrl: string | null;
  carousel: Slide[] | null;
  coverMediaId: string | null;
  coverSeconds: number | null;
}

export interface NewPost extends PostContent {
  id: string;
  organizationId: string;
  accountId: string;
  /** Null: a draft. */
  sendAt: Date | null;
}

/** Returns the ids of all media of a row: its own, those of its slides, and its cover. */
export function mediaIdsOfRow(row: Pick<PostRow, 'media_id' | 'cover_media_id' | 'carousel'>): string[] {
  return [row.media_id, row.cover_media_id ?? [], (slidesOf(row) ?? []).map((slide) => slide.mediaId)].flat();
}

export function slidesOf(row: Pick<PostRow, 'carousel'>): Slide[] | null {
  // Only this file writes the column.
  return row.carousel as Slide[] | null;
}

/** The columns of the content. */
function columnsOf(content: PostContent) {
  return {
    title: content.title,
    description: content.description,
    url: content.url,
    destination_key: content.destinationKey,
    board_id: content.boardId,
    board_section_id: content.boardSectionId,
    alt_text: content.altText,
    is_simplified_pin: content.isSimplifiedPin,
    product_tag_pin_ids: content.productTagPinIds,
    tags: content.tags,
    external_id: content.externalId,
    media_type: content.mediaType,
    media_id: content.mediaId,
    source_media_url: content.sourceMediaUrl,
    carousel: content.carousel,
    cover_media_id: content.coverMediaId,
    cover_seconds: content.coverSeconds,
    match_key: matchKey(content),
  };
}

/** Returns the row of a new post. */
export function newRow(post: NewPost, now: Date) {
  return {
    ...columnsOf(post),
    id: post.id,
    organization_id: post.organizationId,
    account_id: post.accountId,
    state: stateOfNew(post.sendAt),
    send_at: post.sendAt,
    run_at: post.sendAt,
    created_at: now,
    updated_at: now,
  } as const;
}

/** Returns the columns after an edit, and the names of those that it changes. */
export function editOf(post: PostRow, content: PostContent) {
  const columns = columnsOf(content);
  const changed = editedColumns.filter((name) => !isDeepStrictEqual(columns[name], post[name]));
  return { columns, changed };
}

/** Returns the API fields of the columns that an edit changed, as callers see them in events. */
function fieldsOf(columns: readonly EditedColumn[]): string[] {
  return [...new Set(columns.map((column) => fieldNames[column]))];
}

type EditedColumn = Exclude<keyof ReturnType<typeof columnsOf>, 'match_key'>;

const fieldNames: Record<EditedColumn, string> = {
  title: 'title',
  description: 'description',
  url: 'url',
  destination_key: 'url',
  board_id: 'boardId',
  board_section_id: 'boardSectionId',
  alt_text: 'altText',
  is_simplified_pin: 'isSimplifiedPin',
  product_tag_pin_ids: 'productTagPinIds',
  tags: 'tags',
  external_id: 'externalId',
  media_type: 'media',
  media_id: 'media',
  source_media_url: 'media',
  carousel: 'carousel',
  cover_media_id: 'cover',
  cover_seconds: 'cover',
};
const editedColumns = Object.keys(fieldNames) as EditedColumn[];

/**
 * Creates posts of one account: queued where they have a time, otherwise as drafts. Any number costs two statements,
 * sent at once.
 * @throws accountNotFound when it was disconnected meanwhile, mediaGone when a medium was deleted.
 */
export async function createPosts(
  tx: Tx,
  posts: readonly NewPost[],
  { now, actor }: Stamp,
): Promise<PostRow[]> {
  const [first] = posts;
  if (!first) return [];
  const { organizationId, accountId } = first;
  const rows = posts.map((post) => newRow(post, now));
  const mediaIds = [...new Set(rows.flatMap(mediaIdsOfRow))];
  const times = posts.flatMap((post) => post.sendAt?.getTime() ?? []);
  // The first post wakes the lane, whose worker then finds the others.
  const runAt = times.length > 0 ? new Date(Math.min(...times)) : null;
  return insertPostRows(tx, rows, {
    ground: { organizationId, accountId, mediaIds },
    check(locked) {
      if (!locked.isConnected) throw accountNotFound();
      refuseGone(mediaIds, new Set(locked.mediaIds));
    },
    events: posts.map((post) => ({
      organizationId: post.organizationId,
      accountId: post.accountId,
      postId: post.id,
      type: 'post.created',
      at: now,
      actor,
      data: { status: stateOfNew(post.sendAt), sendAt: post.sendAt, externalId: post.externalId },
    })),
    runAt,
    now,
  });
}

/**
 * Changes the content of a post at rest.
 * @throws postCannot when it is sent or its Pin may exist, postChanged when it was changed since it was read.
 */
export async function writeEdit(
  tx: Tx,
  post: PostRow,
  content: PostContent,
  { now, actor }: Stamp,
): Promise<PostRow> {
  if (!isAtRest(post)) throw cannot(post, 'edit');
  const { columns, changed } = editOf(post, content);
  if (changed.length === 0) return post;
  const { carousel, ...rest } = columns;
  const edited = written(
    await writePost(tx, post, {
      change: { ...rest, carousel: carousel === null ? null : json(carousel), updated_at: now },
      event: {
        organizationId: post.organization_id,
        accountId: post.account_id,
        postId: post.id,
        type: 'post.updated',
        at: now,
        actor,
        data: { status: post.status, externalId: content.externalId, changed: fieldsOf(changed) },
      },
      hasNewWords: true,
    }),
  );
  // With other texts it may no longer have to wait for a twin.
  if (edited.run_at) await lowerWake(tx, edited.account_id, edited.run_at, now);
  return edited;
}

/** The retention of the mark of a deleted post (docs/api-contract.md#posts). */
const deletedRetentionMs = 28 * 24 * 3600 * 1000;

export function deletedBefore(now: Date): Date {
  return addMs(now, -deletedRetentionMs);
}

/**
 * Marks a post at rest as deleted. It is guarded like a move, so a deletion and a worker's move cannot both succeed.
 * @throws postCannot when it is sent or its Pin may exist, postChanged when it was changed since it was read.
 */
export async function markDeleted(tx: Tx, post: PostRow, { now, actor }: Stamp): Promise<void> {
  if (!isAtRest(post)) throw cannot(post, 'delete');
  written(
    await writePost(tx, post, {
      change: { deleted_at: now, run_at: null, updated_at: now },
      event: {
        organizationId: post.organization_id,
        accountId: post.account_id,
        postId: post.id,
        type: 'post.deleted',
        at: now,
        actor,
        data: { status: post.status, externalId: post.external_id },
      },
    }),
  );
}
