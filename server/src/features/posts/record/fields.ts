// The fields of a post that callers write, as create, edit and batches share them. Names, types and limits of
// the hosted API's are its own (docs/api-contract.md#compatibility); the others are ours (docs/api-contract.md#posts).
import { z } from 'zod';
import { addMs, type Clock } from '../../../platform/clock.ts';
import { isBlank, moment, text, visibleText, webUrl } from '../../../platform/http/contract/index.ts';

/** A time further ahead is nearly always a mistake (milliseconds instead of seconds, a wrong century). */
const sendAtYearsMax = 5;
const sendAtMsMax = sendAtYearsMax * 366 * 24 * 3600 * 1000;
/** The limit of Pinterest's `link`. */
const linkLengthMax = 2048;
/** Signed URLs of file stores are long, and Pinterest never sees this one. */
const mediaUrlLengthMax = 8192;
const tagsMax = 20;
const productTagsMax = 24;
const slideCount = 'A carousel has 2 to 5 pictures.';

export const title = text(100).meta({
  description: 'Pin title. Required to schedule.',
  example: 'Lemon tart',
});
export const description = text(500).meta({
  description: 'Pin description. Required to schedule.',
  example: 'Crisp, sour, done in an hour.',
});
export const url = webUrl(linkLengthMax).meta({
  description: 'Destination URL when the Pin is clicked. Required to schedule.',
  example: 'https://example.com/lemon-tart',
});
/** Ids are digits. Names are accepted as well, to propose the id in the refusal. */
const idLengthMax = 200;

export const boardId = text(idLengthMax).meta({
  description: 'Target board id, as GET …/boards lists it. Required to schedule.',
  example: '1022106146619623200',
});
export const boardSectionId = text(idLengthMax).meta({
  description: 'A section of that board, as GET …/sections lists it.',
});
export const altText = text(500).meta({ description: 'Alt text for accessibility.' });
export const isSimplifiedPin = z.boolean().meta({
  description: 'Whether to create a simplified Pin. Set to false for a standard Pin.',
});

const digits = z.string().regex(/^\d{1,32}$/, 'Must be the id of a Pin, which has digits only.');
export const productTagPinIds = unique(z.array(digits).max(productTagsMax)).meta({
  description: `Pins of the products shown, at most ${productTagsMax}. Stored with the post only: Pinterest's API cannot publish them yet.`,
});
export const tags = unique(z.array(visibleText(100)).max(tagsMax)).meta({
  description: `Your own words to find posts by, at most ${tagsMax}. They are not sent to Pinterest.`,
});
export const externalId = text(255)
  .refine((id) => id !== '', 'Must not be empty.')
  .meta({ description: 'Your own id of the post. Unique in the account.' });

export const mediaUrl = webUrl(mediaUrlLengthMax).meta({
  description:
    'URL of the media file to pin. Any publicly accessible URL. The file is fetched, validated and stored before the response.',
  example: 'https://example.com/lemon-tart.jpg',
});
export const mediaId = z.string().meta({
  description: 'Stored media (POST /v1/media), instead of mediaUrl.',
});
export const mediaType = z.enum(['image', 'video']).meta({
  description: 'Type of media. `video` for video files (.mp4, .mov, .qt). The default is `image`.',
});

const slide = z
  .strictObject({
    mediaUrl: mediaUrl.optional(),
    mediaId: mediaId.optional(),
    title: title.optional().meta({ description: 'The title of this picture.' }),
    description: description.optional().meta({ description: 'The description of this picture.' }),
    url: url
      .optional()
      .meta({ description: "Destination URL of this picture. The default is the post's url." }),
  })
  .superRefine(exactlyOne(['mediaUrl', 'mediaId']))
  .meta({ id: 'CarouselPicture' });
export const carousel = z.array(slide).min(2, slideCount).max(5, slideCount).meta({
  description: '2 to 5 pictures of one size, instead of mediaUrl.',
});

export const cover = z
  .strictObject({
    mediaUrl: mediaUrl.optional().meta({ description: 'A picture.' }),
    mediaId: mediaId.optional().meta({ description: 'A stored picture (POST /v1/media).' }),
    seconds: z
      .int()
      .min(0, 'Must be a whole number of seconds from 0.')
      .max(900, 'A video has at most 900 seconds.')
      .optional()
      .meta({ description: 'The frame at this second.' }),
  })
  .superRefine(exactlyOne(['mediaUrl', 'mediaId', 'seconds']))
  .meta({
    id: 'VideoCover',
    description: 'The picture that a video shows until it plays. The default is its first frame.',
  });

export function futureMoment(clock: Clock) {
  return moment
    .refine((value) => value > clock.now(), {
      params: { code: 'in_the_past' },
      error: () => `Must be in the future; by this server's clock it is ${clock.now().toISOString()}.`,
    })
    .refine((value) => value <= addMs(clock.now(), sendAtMsMax), {
      params: { code: 'too_far_ahead' },
      error: `Must be at most ${sendAtYearsMax} years ahead.`,
    });
}

function unique<T extends z.ZodArray<z.ZodString>>(list: T) {
  return list
    .refine((values) => new Set(values).size === values.length, {
      params: { code: 'repeated' },
      error: 'Contains an entry twice.',
    })
    .meta({ uniqueItems: true });
}

/** Refuses a body with none of these fields, and one with several. */
export function exactlyOne(names: readonly string[]) {
  const list = names.map((name) => `"${name}"`).join(' or ');
  return (value: object, context: z.RefinementCtx) => {
    const present = names.filter((name) => (value as Record<string, unknown>)[name] !== undefined);
    const [first = ''] = names;
    if (present.length === 0) issue(context, first, 'required', `Send ${list}.`);
    for (const name of present.slice(1)) {
      issue(context, name, 'not_together', `Send only one of ${list}.`);
    }
  };
}

/** For checks of several fields: they also run when a single field is invalid, so that every problem is reported at once. */
export const isObject = ({ value }: { value: unknown }) =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function issue(context: z.RefinementCtx, path: string, code: string, message: string): void {
  context.addIssue({ code: 'custom', path: path === '' ? [] : [path], params: { code }, message });
}

/** The fields that a post needs to be published. */
export const neededToSchedule = ['boardId', 'title', 'description', 'url'] as const;
export type NeededToSchedule = (typeof neededToSchedule)[number];

/** Returns the fields that scheduling needs and that are absent or blank. */
export function missingToSchedule(fields: Partial<Record<NeededToSchedule, unknown>>): NeededToSchedule[] {
  return neededToSchedule.filter((name) => {
    const value = fields[name];
    return value === undefined || value === null || (typeof value === 'string' && isBlank(value));
  });
}

/** The message of a detail for such a field. */
export const requiredToSchedule = 'Required when the post is scheduled.';
