// What crosses the wire about posts. Names, types and limits of the fields above the line in each object
// are the hosted API's (create-post.txt); the others are ours (api.md, section 2).
import { z } from 'zod';
import { addMs, type Clock, toUnixSeconds } from '../../platform/clock.ts';
import { moment, pageLimit, text, webUrl } from '../../platform/http/fields.ts';
import { AccountPath } from '../accounts/index.ts';
import { type MediaRow, mediaUrl, toMediaView } from '../media/index.ts';
import type { State } from './lifecycle.ts';
import type { PostFailure } from './move-post.ts';
import type { PostRow } from './posts.queries.ts';

/** Further ahead than this is nearly always a slip (milliseconds taken for seconds, a wrong century). */
const sendAtYearsMax = 5;
const sendAtMsMax = sendAtYearsMax * 366 * 24 * 3600 * 1000;

const title = text(100).meta({
  description: 'Pin title. Required when sendAt is provided.',
  example: 'Lemon tart',
});
const description = text(500).meta({
  description: 'Pin description. Required when sendAt is provided.',
  example: 'Crisp, sour, done in an hour.',
});
/** Pinterest's `link` takes 2048 characters. */
const linkLengthMax = 2048;
/** Signed addresses of file stores run long, and Pinterest never sees this one. */
const mediaUrlLengthMax = 8192;

const url = webUrl(linkLengthMax).meta({
  description: 'Destination URL when the Pin is clicked. Required when sendAt is provided.',
  example: 'https://example.com/lemon-tart',
});
const boardId = text().meta({
  description: 'Target board id, as GET …/boards lists it. Required when sendAt is provided.',
  example: '1022106146619623200',
});
const altText = text(500).meta({ description: 'Alt text for accessibility.' });

function futureMoment(clock: Clock) {
  return moment
    .refine((value) => value > clock.now(), {
      params: { code: 'in_the_past' },
      error: 'Must be in the future.',
    })
    .refine((value) => value <= addMs(clock.now(), sendAtMsMax), {
      params: { code: 'too_far_ahead' },
      error: `Must be at most ${sendAtYearsMax} years ahead.`,
    });
}

/** Each field without which nothing can be published. */
const neededToSchedule = ['boardId', 'title', 'description', 'url'] as const;
export type NeededToSchedule = (typeof neededToSchedule)[number];

/** The fields that scheduling needs and that are absent or blank. */
export function missingToSchedule(fields: Partial<Record<NeededToSchedule, unknown>>): NeededToSchedule[] {
  return neededToSchedule.filter((name) => {
    const value = fields[name];
    return value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
  });
}

/** The sentence of a detail for such a field. */
export const requiredToSchedule = 'Required when sendAt is provided.';

export function createPostBody(clock: Clock) {
  const fields = z.strictObject({
    mediaUrl: webUrl(mediaUrlLengthMax).meta({
      description:
        'URL of the media file to pin. Any publicly accessible URL; it is fetched, checked and kept before the answer.',
      example: 'https://example.com/lemon-tart.jpg',
    }),
    mediaType: z.enum(['image', 'video']).default('image').meta({
      description: 'Type of media. `video` for video files (.mp4, .mov, .qt).',
    }),
    title: title.optional(),
    description: description.optional(),
    url: url.optional(),
    boardId: boardId.optional(),
    altText: altText.optional(),
    sendAt: futureMoment(clock).optional().meta({
      description:
        'When to publish the Pin (RFC 3339 with an offset). Must be in the future. If omitted, the post is saved as a draft. Requires boardId, title, description and url.',
      example: '2027-03-01T09:00:00Z',
    }),
    isSimplifiedPin: z.boolean().default(true).meta({
      description: 'Whether to create a simplified Pin. Set to false for a standard Pin.',
    }),
  });
  // Runs also when another field is wrong, so that everything is told at once.
  const needs = neededToSchedule.map((name) => ({
    name,
    when: ({ value }: { value: unknown }) => typeof value === 'object' && value !== null && 'sendAt' in value,
  }));
  return needs
    .reduce(
      (schema, { name, when }) =>
        schema.refine((body) => missingToSchedule(body).every((missing) => missing !== name), {
          path: [name],
          when,
          params: { code: 'required' },
          error: requiredToSchedule,
        }),
      fields,
    )
    .meta({ id: 'CreatePost' });
}

export type CreatePost = z.output<ReturnType<typeof createPostBody>>;

export function schedulePostBody(clock: Clock) {
  return z
    .strictObject({
      sendAt: futureMoment(clock).meta({
        description: 'When to publish the Pin (RFC 3339 with an offset). Must be in the future.',
        example: '2027-03-01T09:00:00Z',
      }),
      boardId: boardId.optional().meta({ description: 'Target board id; the one the post has by default.' }),
    })
    .meta({ id: 'SchedulePost' });
}

export type SchedulePost = z.output<ReturnType<typeof schedulePostBody>>;

export const PostPath = AccountPath.extend({
  postId: z.string().meta({ description: 'Post id.' }),
});

export const ListPostsQuery = z.strictObject({
  status: z.enum(['draft', 'queued', 'uploading', 'sent', 'failed', 'missed']).default('queued').meta({
    description: 'Which posts. `missed`: queued, past their time and not yet sent.',
  }),
  cursor: z.string().max(300).optional().meta({ description: '`data.cursor` of the page before.' }),
  limit: pageLimit.meta({ description: 'Posts per page.' }),
  startDate: moment.optional().meta({
    description: 'Only posts from this moment on (by sendAt; drafts by createdAt, sent ones by sentAt).',
  }),
  endDate: moment.optional().meta({ description: 'Only posts up to this moment.' }),
});

export type ListPosts = z.output<typeof ListPostsQuery>;

const seconds = z.int().meta({ description: 'Unix seconds.' });

const MediaView = z.object({
  id: z.string(),
  width: z.int().meta({ description: 'Pixels.' }),
  height: z.int().meta({ description: 'Pixels.' }),
  durationMs: z.int().optional().meta({ description: 'Of a video.' }),
  contentType: z.string(),
  bytes: z.int(),
  sha256: z.string(),
  thumbnailUrl: z.string(),
  placeholder: z.string().meta({ description: 'ThumbHash, base64.' }),
});

export const PostView = z
  .object({
    id: z.string().meta({ description: 'Post id.', example: 'post_01kav8w5v8e6nb1vkh5tq4j1aa' }),
    status: z.enum(['draft', 'queued', 'uploading', 'sent', 'failed']).meta({ description: 'Post status.' }),
    mediaUrl: z.string().meta({ description: 'URL of our hosted copy of the media.' }),
    mediaType: z.enum(['image', 'video']).meta({ description: 'Type of media.' }),
    title: z.string().nullable().meta({ description: 'Pin title.' }),
    description: z.string().nullable().meta({ description: 'Pin description.' }),
    url: z.string().nullable().meta({ description: 'Destination URL.' }),
    boardId: z.string().nullable().meta({ description: 'Target board id.' }),
    altText: z.string().nullable().meta({ description: 'Alt text.' }),
    sendAt: seconds.nullable().meta({ description: 'Scheduled send time (Unix seconds).' }),
    sentAt: seconds.nullable().meta({ description: 'Actual send time (Unix seconds).' }),
    createdAt: seconds.meta({ description: 'Creation time (Unix seconds).' }),
    pinId: z.string().nullable().meta({ description: 'Pinterest Pin id (only after publishing).' }),
    isSimplifiedPin: z.boolean().meta({ description: 'Whether this is a simplified Pin.' }),

    updatedAt: seconds.meta({ description: 'Last change (Unix seconds).' }),
    sourceMediaUrl: z.string().nullable().meta({ description: 'The mediaUrl that the caller gave.' }),
    media: MediaView.meta({ description: 'What we keep of the media.' }),
    pinUrl: z.string().nullable().meta({ description: 'Address of the Pin on Pinterest.' }),
    missed: z.boolean().meta({ description: 'Queued, past its time, not yet sent.' }),
    failure: z
      .object({
        code: z.string().meta({ description: 'Stable, for programs.' }),
        message: z.string().meta({ description: 'What happened.' }),
        remediation: z.string().meta({ description: 'What to do about it.' }),
        retryable: z.boolean().meta({ description: 'Whether trying again may help.' }),
        at: seconds,
      })
      .nullable()
      .meta({ description: 'Why the last attempt did not publish it.' }),
    nextAttemptAt: seconds
      .nullable()
      .meta({ description: 'When the worker looks at it next (Unix seconds).' }),
    attempts: z.int().meta({ description: 'How often Pinterest was asked for the Pin.' }),
    publication: z
      .enum(['none', 'waiting', 'uploading_media', 'creating', 'confirming', 'done', 'failed'])
      .meta({
        description:
          'The finer state behind `status`. `confirming`: the answer was lost, and we look on Pinterest whether the Pin is there.',
      }),
  })
  .meta({ id: 'Post' });

export const PostAnswer = z.object({ post: PostView });
export const PostListAnswer = z.object({
  posts: z.array(PostView),
  cursor: z.string().nullable().meta({ description: 'For the next page; null on the last.' }),
});
export const DeletedAnswer = z.object({ deleted: z.literal(true), id: z.string() });

const publications: Record<State, z.input<typeof PostView>['publication']> = {
  draft: 'none',
  queued: 'waiting',
  uploading: 'uploading_media',
  publishing: 'creating',
  unknown: 'confirming',
  sent: 'done',
  failed: 'failed',
};

export function toPostView(
  row: PostRow,
  media: MediaRow,
  { now, publicUrl }: { now: Date; publicUrl: string },
): z.input<typeof PostView> {
  return {
    id: row.id,
    // The generated column holds nothing else.
    status: row.status as z.input<typeof PostView>['status'],
    mediaUrl: mediaUrl(media, publicUrl),
    mediaType: row.media_type as 'image' | 'video',
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
    media: toMediaView(media, publicUrl),
    pinUrl: row.pin_id && `https://www.pinterest.com/pin/${row.pin_id}/`,
    missed: row.state === 'queued' && row.send_at !== null && row.send_at <= now,
    failure: toFailureView(row.failure),
    nextAttemptAt: row.run_at && toUnixSeconds(row.run_at),
    attempts: row.attempts,
    publication: publications[row.state as State],
  };
}

function toFailureView(stored: unknown): z.input<typeof PostView>['failure'] {
  if (stored === null) return null;
  // Only move-post.ts writes this column.
  const { at, ...failure } = stored as PostFailure & { at: string };
  return { ...failure, at: Math.floor(Date.parse(at) / 1000) };
}
