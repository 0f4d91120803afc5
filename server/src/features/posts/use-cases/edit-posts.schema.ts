// The answer of an edit of many posts.
import { z } from 'zod';
import { previousFields } from '../compose/edit-post.schema.ts';
import { PostView } from '../read/posts.schema.ts';

export const EditPostsAnswer = z
  .object({
    posts: z.array(PostView).meta({ description: 'As they are now; with dryRun as they would be.' }),
    previous: z.array(previousFields).meta({
      description:
        'The changed fields as they were: send them as `posts` to undo the edit. Media are named by their id, so sourceMediaUrl is empty afterwards.',
    }),
    dryRun: z.boolean(),
  })
  .meta({ id: 'EditedPosts' });
