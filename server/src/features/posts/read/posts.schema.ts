// Posts as callers see and list them. Names, types and limits of the fields above the line in each object
// are the hosted API's (docs/api-contract.md#compatibility); the others are ours (docs/api-contract.md#posts).
import { z } from 'zod';
import type { PostFailure } from '../../../domain/event-data.ts';
import { isMissed, type PostState, postStatuses } from '../../../domain/post-states.ts';
import { toUnixSeconds } from '../../../platform/clock.ts';
import { moment, pageLimit, text, unixSeconds } from '../../../platform/http/contract/index.ts';
import { AccountPath } from '../../accounts/index.ts';
import { type MediaRow, mediaUrl, toMediaView } from '../../media/index.ts';
import { slidesOf } from '../record/content.ts';
import { externalId } from '../record/fields.ts';
import type { PostRow } from '../record/posts.queries.ts';

export const PostPath = AccountPath.extend({
  postId: z.string().meta({ description: 'Post id.' }),
});

export const ListPostsQuery = z.strictObject({
  status: z
    .enum([...postStatuses, 'missed', 'held'])
    .default('queued')
    .meta({
      description:
        'The status of the posts. `missed`: queued, a minute past their time and not yet sent. `held`: a person has to decide about them.',
    }),
  cursor: z.string().max(300).optional().meta({ description: '`data.cursor` of the previous page.' }),
  limit: pageLimit.meta({ description: 'Posts per page.' }),
  startDate: moment.optional().meta({
    description: 'Only posts from this time on (by sendAt; drafts by createdAt, sent posts by sentAt).',
  }),
  endDate: moment.optional().meta({ description: 'Only posts up to this time.' }),
  boardId: z
    .string()
    .regex(/^\d{1,32}$/, 'Must be the id of a board, which has digits only. GET …/boards lists them.')
    .optional()
    .meta({ description: 'Only posts for this board.' }),
  tag: text(100).optional().meta({ description: 'Only posts with this tag.' }),
  externalId: externalId.optional().meta({ description: 'Only the post with this external id.' }),
  q: text(200)
    .refine((words) => /[\p{L}\p{N}]/u.test(words), 'Must contain a letter or a digit.')
    .optional()
    .meta({ description: 'Only posts whose title, description or url has words that begin with these.' }),
});

export type ListPosts = z.output<typeof ListPostsQuery>;

const MediaView = z
  .object({
    id: z.string(),
    width: z.int().meta({ description: 'Pixels.' }),
    height: z.int().meta({ description: 'Pixels.' }),
    durationMs: z.int().optional().meta({ description: 'The length of a video in milliseconds.' }),
    contentType: z.string(),
    bytes: z.int(),
    sha256: z.string(),
    thumbnailUrl: z.string(),
    placeholder: z.string().meta({ description: 'ThumbHash, base64.' }),
  })
  .meta({ id: 'PostMedia', description: 'The stored media; of a carousel, its first picture.' });

export const PostView = z
  .object({
    id: z.string().meta({ description: 'Post id.', example: 'post_01kav8w5v8e6nb1vkh5tq4j1aa' }),
    status: z.enum(postStatuses).meta({ description: 'Post status.' }),
    mediaUrl: z.string().meta({ description: 'URL of the hosted copy of the media.' }),
    mediaType: z.enum(['image', 'video']).meta({ description: 'Type of media.' }),
    title: z.string().nullable().meta({ description: 'Pin title.' }),
    description: z.string().nullable().meta({ description: 'Pin description.' }),
    url: z.string().nullable().meta({ description: 'Destination URL.' }),
    boardId: z.string().nullable().meta({ description: 'Target board id.' }),
    altText: z.string().nullable().meta({ description: 'Alt text.' }),
    sendAt: unixSeconds.nullable().meta({ description: 'Scheduled send time (Unix seconds).' }),
    sentAt: unixSeconds.nullable().meta({ description: 'Actual send time (Unix seconds).' }),
    createdAt: unixSeconds.meta({ description: 'Creation time (Unix seconds).' }),
    pinId: z.string().nullable().meta({ description: 'Pinterest Pin id (only after publishing).' }),
    isSimplifiedPin: z.boolean().meta({ description: 'Whether this is a simplified Pin.' }),

    updatedAt: unixSeconds.meta({ description: 'Last change (Unix seconds).' }),
    sourceMediaUrl: z.string().nullable().meta({ description: 'The mediaUrl that the caller sent.' }),
    media: MediaView,
    carousel: z
      .array(
        z.object({
          mediaUrl: z.string().meta({ description: 'URL of the hosted copy.' }),
          title: z.string().optional(),
          description: z.string().optional(),
          url: z.string().optional(),
        }),
      )
      .nullable()
      .meta({ description: 'The pictures of a carousel, 2 to 5; null for other posts.' }),
    cover: z
      .object({
        mediaUrl: z.string().nullable().meta({ description: 'URL of the hosted copy of the cover picture.' }),
        seconds: z.int().nullable().meta({ description: 'The frame at this second.' }),
      })
      .nullable()
      .meta({
        description:
          'The picture that a video shows until it plays; null for its first frame, and for pictures.',
      }),
    boardSectionId: z.string().nullable().meta({ description: 'Section of the board.' }),
    productTagPinIds: z.array(z.string()).meta({
      description:
        "Pins of the products shown. Stored with the post only: Pinterest's API cannot publish them yet.",
    }),
    tags: z
      .array(z.string())
      .meta({ description: 'Your own words to find posts by. They are not sent to Pinterest.' }),
    externalId: z.string().nullable().meta({ description: 'Your own id of the post.' }),
    pinUrl: z.string().nullable().meta({
      description:
        'Address of the Pin: on Pinterest, or of the simulator for a simulated account. Null before publishing.',
    }),
    missed: z.boolean().meta({ description: 'Queued, a minute past its time, not yet sent.' }),
    failure: z
      .object({
        code: z.string().meta({ description: 'Stable, for programs.' }),
        message: z.string().meta({ description: 'The problem, for people.' }),
        remediation: z.string().meta({ description: 'The remedy, for people.' }),
        retryable: z.boolean().meta({ description: 'Whether trying again may help.' }),
        at: unixSeconds,
      })
      .meta({ id: 'PostFailure' })
      .nullable()
      .meta({ description: 'Why the last attempt did not publish it.' }),
    nextAttemptAt: unixSeconds.nullable().meta({ description: 'When a worker tries next (Unix seconds).' }),
    attempts: z.int().meta({ description: 'The number of create requests sent to Pinterest.' }),
    publication: z
      .enum([
        'none',
        'waiting',
        'uploading_media',
        'creating',
        'confirming',
        'needs_decision',
        'done',
        'failed',
      ])
      .meta({
        description:
          'The finer state behind `status`. `confirming`: the answer to the create request was lost, and Pintail searches Pinterest for the Pin. `needs_decision`: the post is held until a person decides. With the status `queued` it was missed: schedule, unschedule, edit or delete it. With `uploading` its Pin may exist: POST …/resolve.',
      }),
  })
  .meta({ id: 'Post' });

export type PostView = z.input<typeof PostView>;

export const PostAnswer = z.object({ post: PostView }).meta({ id: 'PostResult' });
export const PostListAnswer = z
  .object({
    posts: z.array(PostView),
    cursor: z
      .string()
      .nullable()
      .meta({ description: 'Send it as `cursor` for the next page; null on the last page.' }),
  })
  .meta({ id: 'PostPage' });
export const CreatedAnswer = z
  .object({
    post: PostView,
    posts: z
      .array(PostView)
      .optional()
      .meta({ description: 'With intervalBoards: one post for each board, in their order.' }),
  })
  .meta({ id: 'CreatedPost' });
export const DeletedAnswer = z
  .object({ deleted: z.literal(true), id: z.string() })
  .meta({ id: 'DeletedPost' });

const publications: Record<PostState, z.input<typeof PostView>['publication']> = {
  draft: 'none',
  queued: 'waiting',
  publishing: 'creating',
  unknown: 'confirming',
  held: 'needs_decision',
  sent: 'done',
  failed: 'failed',
};

export const DisconnectedAnswer = z
  .object({
    deleted: z.literal(true),
    id: z.string().meta({ description: 'The account that was disconnected.' }),
    unscheduledPosts: z.int().meta({ description: 'The number of queued posts that became drafts.' }),
  })
  .meta({ id: 'DisconnectedAccount' });

/** @param media Of the post and of others, by id. */
export function toPostView(
  row: PostRow,
  media: ReadonlyMap<string, MediaRow>,
  { now, publicUrl, pinUrl }: { now: Date; publicUrl: string; pinUrl: string | null },
): z.input<typeof PostView> {
  const getMedia = (id: string) => {
    const medium = media.get(id);
    if (!medium) throw new Error(`post ${row.id} has lost its media ${id}`);
    return medium;
  };
  const urlOf = (id: string) => mediaUrl(getMedia(id), publicUrl);
  const slides = slidesOf(row);
  return {
    id: row.id,
    status: row.status,
    mediaUrl: urlOf(row.media_id),
    mediaType: row.media_type,
    title: row.title,
    description: row.description,
    url: row.url,
    boardId: row.board_id,
    altText: row.alt_text,
    sendAt: row.send_at && toUnixSeconds(row.send_at),
    sentAt: row.sent_at && toUnixSeconds(row.sent_at),
    createdAt: toUnixSeconds(row.created_at),
    pinId: row.pin_id,
    isSimplifiedPin: row.is_simplified_pin,
    updatedAt: toUnixSeconds(row.updated_at),
    sourceMediaUrl: row.source_media_url,
    media: toMediaView(getMedia(row.media_id), publicUrl),
    carousel:
      slides?.map(({ mediaId, ...texts }) => ({ mediaUrl: urlOf(mediaId), ...withoutNulls(texts) })) ?? null,
    cover: toCoverView(row, urlOf),
    boardSectionId: row.board_section_id,
    productTagPinIds: row.product_tag_pin_ids,
    tags: row.tags,
    externalId: row.external_id,
    pinUrl,
    missed: isMissed(row, now),
    failure: toFailureView(row.failure),
    nextAttemptAt: row.run_at && toUnixSeconds(row.run_at),
    attempts: row.attempts,
    publication: row.is_video_going_up ? 'uploading_media' : publications[row.state],
  };
}

function toCoverView(
  { cover_media_id: mediaId, cover_seconds: seconds }: PostRow,
  urlOf: (mediaId: string) => string,
): z.input<typeof PostView>['cover'] {
  if (mediaId === null && seconds === null) return null;
  return { mediaUrl: mediaId && urlOf(mediaId), seconds };
}

/** Without the fields that are null: a slide has them only where they were given. */
function withoutNulls<T extends Record<string, string | null>>(fields: T): Partial<Record<keyof T, string>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as Partial<
    Record<keyof T, string>
  >;
}

function toFailureView(stored: unknown): z.input<typeof PostView>['failure'] {
  if (stored === null) return null;
  // Only record/move.ts writes this column.
  const { at, ...failure } = stored as PostFailure & { at: string };
  return { ...failure, at: Math.floor(Date.parse(at) / 1000) };
}
