// The decision of a person about a post whose outcome is unknown.
import { z } from 'zod';

/** Whether a body, valid or not, has this outcome: pinId is checked even if another field is invalid. */
function hasOutcome(body: unknown, outcome: string): boolean {
  return typeof body === 'object' && body !== null && 'outcome' in body && body.outcome === outcome;
}

export const ResolvePostBody = z
  .strictObject({
    outcome: z.enum(['published', 'not_published']).meta({
      description:
        '`published`: the Pin exists. `not_published`: the Pin does not exist, and the post is published again at once.',
    }),
    pinId: z
      .string()
      .regex(/^\d{1,32}$/, 'Must be the id of the Pin, which has digits only.')
      .optional()
      .meta({
        description:
          'The id of the Pin, as in its URL. Required with the outcome `published`, and only allowed with it.',
        example: '813744226420795884',
      }),
  })
  .refine((body) => body.pinId !== undefined, {
    path: ['pinId'],
    when: ({ value }) => hasOutcome(value, 'published'),
    params: { code: 'required' },
    error: 'Required with the outcome "published".',
  })
  .refine((body) => body.pinId === undefined, {
    path: ['pinId'],
    when: ({ value }) => hasOutcome(value, 'not_published'),
    params: { code: 'not_allowed' },
    error: 'Only with the outcome "published".',
  })
  .meta({ id: 'ResolvePost' });

export type ResolvePost = z.output<typeof ResolvePostBody>;
