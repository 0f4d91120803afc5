// The answer of an edit of many posts.
import { z } from 'zod';
import { previousFields } from '../compose/edit-post.schema.ts';
import { PostView } from '../read/posts.schema.ts';

export const EditPostsAnswer = z
  .object({
    posts: z.array(PostView).meta({ description: 'The edited posts; with dryRun, as they would be.' }),
    previous: z.array(previousFields).meta({
      description:
        'The previous values of the changed fields: send them as `posts` to undo the edit. Media is named by its id, so sourceMediaUrl is empty after that.',
    }),
    dryRun: z.boolean(),
  })
  .meta({ id: 'EditedPosts' });
