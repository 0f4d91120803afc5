// Posts and their lifecycle.
export { disconnectRoutes } from './account.routes.ts';
export { createDisconnectAccount } from './disconnect-account.ts';
export { doubtOverdue } from './doubt-overdue.ts';
export {
  type DuePost,
  earliestWork,
  findDuePost,
  hasPostEnded,
  isInFlight,
  listInFlight,
  listQueue,
  nextDue,
} from './due.queries.ts';
export { allowedMoves, type State, states } from './lifecycle.ts';
export { manyPostsRoutes } from './many-posts.routes.ts';
export { normaliseText } from './match-key.ts';
export { movePost, movingIf, type PinterestTrace, type PostFailure, type Step } from './move-post.ts';
export {
  kindOfWritten,
  listOwnedPinIds,
  type PostRow,
  readWritten,
  type WrittenRow,
} from './posts.queries.ts';
export { postRoutes } from './posts.routes.ts';
export { createPosts, type Posts } from './posts.ts';
export { createPostSweeps } from './sweep-posts.ts';
