// The bodies of create and schedule.
import { z } from 'zod';
import type { Clock } from '../../../platform/clock.ts';
import { hintsOfUnknownFields } from '../../../platform/use-case/index.ts';
import {
  altText,
  boardId,
  boardSectionId,
  carousel,
  cover,
  description,
  exactlyOne,
  externalId,
  futureMoment,
  isObject,
  isSimplifiedPin,
  issue,
  mediaId,
  mediaType,
  mediaUrl,
  missingToSchedule,
  productTagPinIds,
  requiredToSchedule,
  tags,
  title,
  url,
} from '../record/fields.ts';
import { withoutAbsentFields } from './absent-fields.ts';
import { withHostedMedia } from './hosted-media.ts';

export const intervalBoardsMax = 20;
const intervalDaysMax = 90;

function times(clock: Clock) {
  return {
    sendAt: futureMoment(clock).meta({
      description: 'When to publish the Pin (RFC 3339 with an offset). Must be in the future.',
      example: '2027-03-01T09:00:00Z',
    }),
    useNextOpenSlot: z.boolean().meta({
      description:
        "Take the earliest of the account's timeslots that is free and that its spacing rules and daily limit allow.",
    }),
    now: z.boolean().meta({ description: 'Publish at once.' }),
  };
}

function createPostFields(clock: Clock) {
  const { sendAt, useNextOpenSlot, now } = times(clock);
  return {
    mediaUrl: mediaUrl.optional(),
    mediaType: mediaType.optional(),
    title: title.optional(),
    description: description.optional(),
    url: url.optional(),
    boardId: boardId.optional(),
    altText: altText.optional(),
    sendAt: sendAt.optional().meta({
      description:
        'When to publish the Pin (RFC 3339 with an offset). Must be in the future. If omitted, the post is saved as a draft. Requires boardId, title, description and url.',
    }),
    isSimplifiedPin: isSimplifiedPin.default(true),

    mediaId: mediaId.optional(),
    carousel: carousel.optional(),
    cover: cover.optional(),
    boardSectionId: boardSectionId.optional(),
    productTagPinIds: productTagPinIds.default([]),
    useNextOpenSlot: useNextOpenSlot.default(false),
    now: now.default(false),
    intervalBoards: z
      .array(z.strictObject({ boardId, boardSectionId: boardSectionId.optional() }))
      .min(1, `Name 1 to ${intervalBoardsMax} boards.`)
      .max(intervalBoardsMax, `Name 1 to ${intervalBoardsMax} boards.`)
      .optional()
      .meta({
        description: `Instead of boardId: one post for each of these boards, at most ${intervalBoardsMax}; all posts are created, or none.`,
      }),
    intervalDays: z
      .int()
      .min(0, `Must be a whole number from 0 to ${intervalDaysMax}.`)
      .max(intervalDaysMax, `Must be a whole number from 0 to ${intervalDaysMax}.`)
      .optional()
      .meta({
        description: `With intervalBoards: days between one board's post and the next one's, 0 to ${intervalDaysMax}; 0 unless given.`,
      }),
    tags: tags.default([]),
    externalId: externalId.optional(),
  };
}

/** The body of create after validation. */
export type CreatePost = z.output<ReturnType<typeof createPostObject>>;

interface BodyParts {
  clock: Clock;
  /** The URL of this server, by which bodies may name hosted media. */
  publicUrl: string;
}

export function createPostBody({ clock, publicUrl }: BodyParts) {
  return z
    .preprocess(withoutAbsentFields, createPostObject(clock))
    .transform((body) => withHostedMedia(body, publicUrl));
}

/** The body of create without absent fields. */
export function createPostObject(clock: Clock) {
  const body = z
    .strictObject(createPostFields(clock))
    .superRefine(mediaIsNamedOnce, { when: isObject })
    .superRefine(timeIsNamedOnce, { when: isObject })
    .superRefine(boardsFitTogether, { when: isObject })
    .superRefine(isCompleteToSchedule, { when: isObject })
    .meta({ id: 'CreatePost' });
  hintsOfUnknownFields.add(body, {
    status: 'A post with a time is queued, a post without one is a draft.',
    createdAt: setByPintail,
    updatedAt: setByPintail,
    pinId: setByPintail,
  });
  return body;
}

const setByPintail = 'Pintail sets it. Omit the field.';

type Loose = Partial<Record<keyof ReturnType<typeof createPostFields>, unknown>>;

function mediaIsNamedOnce(body: Loose, context: z.RefinementCtx): void {
  exactlyOne(['mediaUrl', 'mediaId', 'carousel'])(body, context);
  if (body.carousel !== undefined && body.mediaType === 'video') {
    issue(context, 'mediaType', 'not_together', 'A carousel has pictures only.');
  }
  if (body.cover !== undefined && body.carousel !== undefined) {
    issue(context, 'cover', 'not_together', 'Only a video has a cover.');
  }
}

function timeIsNamedOnce(body: Loose, context: z.RefinementCtx): void {
  const times = timesGiven(body);
  for (const name of times.slice(1)) {
    issue(context, name, 'not_together', 'Send only one of "sendAt", "useNextOpenSlot" or "now".');
  }
}

/** Returns the fields of a body that set its time, of the three that exist. */
function timesGiven(body: Loose): ('sendAt' | 'useNextOpenSlot' | 'now')[] {
  return [
    ...(body.sendAt === undefined ? [] : ['sendAt' as const]),
    ...(body.useNextOpenSlot === true ? ['useNextOpenSlot' as const] : []),
    ...(body.now === true ? ['now' as const] : []),
  ];
}

function boardsFitTogether(body: Loose, context: z.RefinementCtx): void {
  if (body.boardSectionId !== undefined && body.boardId === undefined) {
    issue(context, 'boardSectionId', 'needs_board', 'Send the boardId that the section belongs to.');
  }
  if (body.intervalBoards === undefined) {
    if (body.intervalDays !== undefined) {
      issue(context, 'intervalDays', 'needs_boards', 'Only with "intervalBoards".');
    }
    return;
  }
  for (const name of ['boardId', 'boardSectionId', 'externalId'] as const) {
    if (body[name] !== undefined) {
      issue(context, name, 'not_together', 'Not together with "intervalBoards", which makes several posts.');
    }
  }
  const boards = Array.isArray(body.intervalBoards) ? body.intervalBoards : [];
  const places = boards.map((entry) => JSON.stringify([entry?.boardId, entry?.boardSectionId ?? null]));
  if (new Set(places).size < places.length) {
    issue(context, 'intervalBoards', 'repeated', 'Names a board twice; the second Pin would be a duplicate.');
  }
}

function isCompleteToSchedule(body: Loose, context: z.RefinementCtx): void {
  if (timesGiven(body).length === 0) return;
  const board = body.intervalBoards === undefined ? body.boardId : 'each has its own';
  for (const name of missingToSchedule({ ...body, boardId: board })) {
    // An invalid value is reported already.
    issue(context, name, 'required', requiredToSchedule);
  }
}

export function schedulePostBody(clock: Clock) {
  const { sendAt, useNextOpenSlot, now } = times(clock);
  const body = z
    .strictObject({
      sendAt: sendAt.optional(),
      useNextOpenSlot: useNextOpenSlot.default(false),
      now: now.default(false),
      boardId: boardId.optional().meta({ description: 'Target board id. Default: that of the post.' }),
    })
    .superRefine(
      (body, context) => {
        timeIsNamedOnce(body, context);
        if (timesGiven(body).length > 0) return;
        issue(context, 'sendAt', 'required', 'Send "sendAt", or "useNextOpenSlot": true, or "now": true.');
      },
      { when: isObject },
    )
    .meta({ id: 'SchedulePost' });
  return z.preprocess(withoutAbsentFields, body);
}

export type SchedulePost = z.output<ReturnType<typeof schedulePostBody>>;
