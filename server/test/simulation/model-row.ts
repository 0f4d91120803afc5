// A row of posts in memory: the defaults, generated columns and constraints of the table.
import { isAtRest, mayHavePin, statusOf } from '../../src/domain/post-states.ts';
import type { PostRow } from '../../src/features/posts/index.ts';

/** The defaults of the table. */
export const blankPost = {
  version: 1,
  sent_at: null,
  pin_id: null,
  attempts: 0,
  attempt_started_at: null,
  postponements: 0,
  searches: 0,
  failure: null,
  held_for: null,
  deleted_at: null,
  missed_send_at: null,
  status: 'draft' as const,
  listed_at: new Date(0),
};

/** Returns the post with its generated columns. */
export function withDerived(post: PostRow): PostRow {
  const { state } = post;
  const listedAt = state === 'draft' ? post.created_at : state === 'sent' ? post.sent_at : post.send_at;
  return { ...post, status: statusOf(post), listed_at: listedAt ?? new Date(0) };
}

/** Returns the name of the constraint that the row breaks. */
export function brokenConstraint(post: PostRow): string | undefined {
  const { state, run_at: runAt } = post;
  if (runAt !== null && state !== 'queued' && state !== 'unknown') return 'at_rest_does_not_run';
  if (state === 'queued' && runAt === null && post.deleted_at === null) return 'queued_will_run';
  if (state === 'unknown' && runAt === null) return 'unknown_will_run';
  if ((state === 'held') !== (post.held_for !== null)) return 'held_has_reason';
  if (mayHavePin(post) && post.attempt_started_at === null) return 'attempt_is_recorded';
  if (state === 'failed' && post.failure === null) return 'failed_has_reason';
  if (post.deleted_at !== null && !isAtRest(post)) return 'only_at_rest_is_deleted';
  if (state !== 'draft' && (post.send_at === null || post.board_id === null)) return 'scheduled_is_complete';
  if ((state === 'sent') !== (post.pin_id !== null && post.sent_at !== null)) return 'sent_has_pin';
  return undefined;
}
