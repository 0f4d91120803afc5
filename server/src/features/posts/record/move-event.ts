// The event of a move: its type, and its data by the declaration in domain/event-data.ts.
import type { PinterestTrace, PostFailure } from '../../../domain/event-data.ts';
import type { TypedData } from '../../../domain/events.ts';
import { mayHavePin, type PostSituation, statusOf } from '../../../domain/post-states.ts';
import type { Move } from './lifecycle.ts';
import type { PostRow } from './posts.queries.ts';
import type { Step } from './step.ts';

/** Returns the event of a move. @param moved The columns after the move. */
export function eventOfMove(
  moved: Pick<PostRow, 'send_at' | 'attempts' | 'external_id'>,
  { from, to, step }: { from: PostSituation; to: PostSituation; step: Step },
): TypedData {
  // Events before the create request belong to no attempt.
  const isOfAttempt = step.move === 'mediaReady' || mayHavePin(from);
  const after = {
    status: statusOf(to),
    sendAt: moved.send_at,
    externalId: moved.external_id,
    ...(isOfAttempt && moved.attempts > 0 && { attempt: moved.attempts }),
  };
  switch (step.move) {
    case 'schedule':
      return { type: 'post.scheduled', data: { ...step, ...after } };
    case 'unschedule':
      return { type: 'post.unscheduled', data: { ...step, ...after } };
    case 'mediaReady':
      return { type: 'post.publishing', data: { ...step, ...after } };
    case 'accept':
    case 'find':
      return { type: 'post.sent', data: { ...step, ...after } };
    case 'refuse':
      return { type: 'post.failed', data: { ...step, ...after } };
    case 'miss':
    case 'giveUp':
      return { type: 'post.held', data: { ...step, ...after } };
    case 'lose':
    case 'doubt':
      return { type: 'post.unknown', data: { ...step, ...after } };
    // The remaining types are shown in the timeline only.
    case 'postpone':
      return { type: 'post.postponed', data: { ...step, ...after } };
    case 'searchAgain':
      return { type: 'post.searched', data: { ...step, ...after } };
    case 'clear':
      return { type: 'post.cleared', data: { ...step, ...after } };
  }
}

/** The data of the event of a move, a creation, an edit or a deletion, with dates as text. */
export interface PostEventData {
  move?: Move;
  /** The attempt that the event belongs to, if any. */
  attempt?: number;
  failure?: PostFailure;
  pinterest?: PinterestTrace;
  pinId?: string;
  sendAt?: string | null;
  counts?: boolean;
  found?: number;
  byHand?: boolean;
  shifted?: boolean;
  /** The API fields that an edit changed. */
  changed?: string[];
}
