// Posts and their lifecycle.

export type { PinterestTrace, PostFailure } from '../../domain/event-data.ts';
export { type BatchParts, workOnBatches } from './batches/batch-jobs.ts';
export { postLimits } from './limits.ts';
export { countHeld } from './metrics.queries.ts';
export { declarePostGauges } from './metrics.ts';
export { postRoutes } from './posts.routes.ts';
export { doubtOverdue } from './record/doubt-overdue.ts';
export {
  type DuePost,
  earliestWork,
  findDuePost,
  hasPostEnded,
  listInFlight,
  listQueue,
  nextDue,
} from './record/due.queries.ts';
export { allowedMoves, situations, stateNotes } from './record/lifecycle.ts';
export { normaliseText } from './record/match-key.ts';
export { kindOfWritten, movePost, movingIf, readWritten, type WrittenRow } from './record/move.ts';
export { listOwnedPinIds, type PostRow } from './record/posts.queries.ts';
export type { Step } from './record/step.ts';
export { createPostSweeps } from './sweep-posts.ts';
