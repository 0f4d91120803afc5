// The limits of posts that `GET /v1/me` reports. Each is declared where it is enforced.
import { batchBytesMax, postsMax } from './batches/batches.schema.ts';
import { intervalBoardsMax } from './compose/create-post.schema.ts';
import { editsMax } from './compose/edit-post.schema.ts';

export const postLimits = {
  batchBodyBytesMax: batchBytesMax,
  batchPostsMax: postsMax,
  bulkEditPostsMax: editsMax,
  intervalBoardsMax,
};
