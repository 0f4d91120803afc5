// All use cases of posts in one object, as the rest of the app knows it.
import { type BatchesParts, createBatches } from './batches.service.ts';
import { createEditing } from './edit-post.ts';
import { createPostsService } from './posts.service.ts';
import { createValidation } from './validate-post.ts';

export type Posts = ReturnType<typeof createPosts>;

export function createPosts(parts: BatchesParts) {
  const posts = createPostsService(parts);
  return {
    ...posts,
    ...createEditing({ ...parts, getPost: posts.getPost }),
    ...createValidation(parts),
    batches: createBatches(parts),
  };
}
