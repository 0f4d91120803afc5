// What a person says of a post whose outcome is unknown.
import { z } from 'zod';

/** Whether a body, checked or not, names this outcome: so that pinId is judged also when more is wrong. */
function hasOutcome(body: unknown, outcome: string): boolean {
  return typeof body === 'object' && body !== null && 'outcome' in body && body.outcome === outcome;
}

export const ResolvePostBody = z
  .strictObject({
    outcome: z.enum(['published', 'not_published']).meta({
      description:
        '`published`: the Pin is there. `not_published`: there is no Pin, and the post is published again at once.',
    }),
    pinId: z
      .string()
      .regex(/^\d{1,32}$/, 'Must be the id of the Pin, which has digits only.')
      .optional()
      .meta({
        description: 'The Pin, as in its address. Exactly with the outcome `published`.',
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
