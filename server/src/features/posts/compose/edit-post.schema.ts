// The bodies of edits: an absent field is unchanged, null clears a field.
import { z } from 'zod';
import { hintsOfUnknownFields } from '../../../platform/use-case/index.ts';
import {
  altText,
  boardId,
  boardSectionId,
  carousel,
  cover,
  description,
  externalId,
  isObject,
  isSimplifiedPin,
  issue,
  mediaId,
  mediaType,
  mediaUrl,
  productTagPinIds,
  tags,
  title,
  url,
} from '../record/fields.ts';

export const editsMax = 500;

const fields = {
  title: title.nullable().optional(),
  description: description.nullable().optional(),
  url: url.nullable().optional(),
  boardId: boardId.min(1, 'Must be the id of a board, or null for none.').nullable().optional().meta({
    description: 'A change of the board clears the section, unless boardSectionId is sent.',
  }),
  boardSectionId: boardSectionId
    .min(1, 'Must be the id of a section, or null for none.')
    .nullable()
    .optional(),
  altText: altText.nullable().optional(),
  isSimplifiedPin: isSimplifiedPin.optional(),
  productTagPinIds: productTagPinIds.optional(),
  tags: tags.optional(),
  externalId: externalId.nullable().optional(),
  mediaUrl: mediaUrl.optional().meta({ description: 'New media, fetched before the response.' }),
  mediaId: mediaId.optional(),
  mediaType: mediaType.optional().meta({ description: 'The type of the new media. Default: `image`.' }),
  carousel: carousel
    .nullable()
    .optional()
    .meta({ description: 'New pictures; null turns the post into one with the first picture only.' }),
  cover: cover.nullable().optional(),
};

type Loose = Partial<Record<keyof typeof fields, unknown>>;

function mediaFitTogether(body: Loose, context: z.RefinementCtx): void {
  const named = (['mediaUrl', 'mediaId', 'carousel'] as const).filter(
    (name) => body[name] !== undefined && body[name] !== null,
  );
  for (const name of named.slice(1)) {
    issue(context, name, 'not_together', 'Send only one of "mediaUrl", "mediaId" or "carousel".');
  }
  if (body.mediaType !== undefined && body.mediaUrl === undefined && body.mediaId === undefined) {
    issue(context, 'mediaType', 'needs_media', 'Only with "mediaUrl" or "mediaId".');
  }
}

function namesSomething(body: object, context: z.RefinementCtx): void {
  const count = Object.keys(body).filter((name) => name !== 'id').length;
  if (count === 0) issue(context, '', 'required', 'Name at least one field to change.');
}

const scheduleInstead = 'To change the time, use POST …/posts/{postId}/schedule, or …/unschedule.';
const hints = {
  sendAt: scheduleInstead,
  useNextOpenSlot: scheduleInstead,
  now: scheduleInstead,
  status: scheduleInstead,
};

export const EditPostBody = z
  .strictObject(fields)
  .superRefine(namesSomething, { when: isObject })
  .superRefine(mediaFitTogether, { when: isObject })
  .meta({ id: 'EditPost' });
hintsOfUnknownFields.add(EditPostBody, hints);
export type EditPost = z.output<typeof EditPostBody>;

const EditEntry = z
  .strictObject({ id: z.string().meta({ description: 'Post id.' }), ...fields })
  .superRefine(namesSomething, { when: isObject })
  .superRefine(mediaFitTogether, { when: isObject });
hintsOfUnknownFields.add(EditEntry, hints);

export const EditPostsBody = z
  .strictObject({
    posts: z
      .array(EditEntry)
      .min(1, `Send 1 to ${editsMax} posts.`)
      .max(editsMax, `Send 1 to ${editsMax} posts.`)
      .refine((edits) => new Set(edits.map((edit) => edit.id)).size === edits.length, {
        params: { code: 'repeated' },
        error: 'Names a post twice.',
      })
      .meta({ description: `1 to ${editsMax}. All posts are changed, or none.` }),
    dryRun: z.boolean().default(false).meta({
      description:
        'Check the edits and return the result without changing anything. Media is still fetched from its URL, and stored for a while.',
    }),
  })
  .meta({ id: 'EditPosts' });
export type EditPosts = z.output<typeof EditPostsBody>;

/** The previous values in the answer of an edit. Sent as an edit, they undo it. */
export const previousFields = z.object({
  id: z.string(),
  title: z.string().nullable().optional(),
  description: z.string().nullable().optional(),
  url: z.string().nullable().optional(),
  boardId: z.string().nullable().optional(),
  boardSectionId: z.string().nullable().optional(),
  altText: z.string().nullable().optional(),
  isSimplifiedPin: z.boolean().optional(),
  productTagPinIds: z.array(z.string()).optional(),
  tags: z.array(z.string()).optional(),
  externalId: z.string().nullable().optional(),
  mediaId: z.string().optional(),
  mediaType: z.enum(['image', 'video']).optional(),
  carousel: z
    .array(
      z.object({
        mediaId: z.string(),
        title: z.string().optional(),
        description: z.string().optional(),
        url: z.string().optional(),
      }),
    )
    .optional(),
  cover: z.object({ mediaId: z.string().optional(), seconds: z.int().optional() }).nullable().optional(),
});
export type PreviousFields = z.input<typeof previousFields>;
