// All use cases of posts in one object, as the rest of the app knows it.
import { type BatchesParts, createBatches } from './batches/batches.service.ts';
import { createEditing } from './use-cases/edit-post.ts';
import { createPostsService } from './use-cases/posts.service.ts';
import { createValidation } from './use-cases/validate-post.ts';

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
