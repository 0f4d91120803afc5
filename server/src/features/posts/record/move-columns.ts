// The columns that a move sets, besides the state. Pure; move.ts writes them.
import type { PostFailure } from '../../../domain/event-data.ts';
import { matchKey } from './match-key.ts';
import type { PostRow } from './posts.queries.ts';
import type { Step } from './step.ts';

/** The columns of a move, as they are read afterwards. */
export type MovedColumns = Partial<Omit<PostRow, 'carousel' | 'status' | 'listed_at'>>;

/** The columns that the move `unschedule` sets. */
export const unscheduled = { send_at: null, run_at: null, failure: null } satisfies MovedColumns;

/** Returns the columns that a move sets, besides the state. */
export function changeOf(post: PostRow, step: Step, now: Date): MovedColumns {
  switch (step.move) {
    case 'schedule':
      return {
        send_at: step.sendAt,
        run_at: step.sendAt,
        board_id: step.boardId,
        // A section belongs to its board.
        ...(step.boardId !== post.board_id && { board_section_id: null }),
        match_key: matchKey(toMatchable({ ...post, board_id: step.boardId })),
        failure: null,
        postponements: 0,
        searches: 0,
      };
    case 'unschedule':
      return unscheduled;
    case 'miss':
      return { run_at: null, failure: stamped(step.failure, now) };
    case 'mediaReady':
      return { run_at: null, attempts: post.attempts + 1, attempt_started_at: now };
    case 'accept':
      return { pin_id: step.pinId, sent_at: now, failure: null };
    case 'postpone':
      return {
        run_at: step.runAt,
        failure: stamped(step.failure, now),
        postponements: post.postponements + 1,
      };
    case 'refuse':
      return { run_at: null, failure: stamped(step.failure, now) };
    case 'lose':
      return { run_at: step.confirmAt, searches: 0, failure: stamped(step.failure, now) };
    case 'doubt':
      // Its Pin cannot be older than the backup, which did not contain one.
      return {
        run_at: step.confirmAt,
        searches: 0,
        attempt_started_at: step.since,
        failure: stamped(step.failure, now),
      };
    case 'searchAgain':
      return {
        run_at: step.confirmAt,
        searches: post.searches + (step.counts ? 1 : 0),
        failure: stamped(step.failure, now),
      };
    case 'giveUp':
      return { run_at: null, searches: post.searches + 1, failure: stamped(step.failure, now) };
    case 'find':
      // It was published when it was requested, not when it was found; after a restored backup: when it was due.
      return {
        pin_id: step.pinId,
        sent_at: laterOf(post.attempt_started_at, post.send_at),
        run_at: null,
        failure: null,
      };
    case 'clear':
      return { run_at: now, searches: 0, postponements: 0, failure: null };
  }
}

function laterOf(a: Date | null, b: Date | null): Date | null {
  if (a === null || b === null) return a ?? b;
  return a > b ? a : b;
}

function toMatchable(post: Pick<PostRow, 'board_id' | 'title' | 'description' | 'url' | 'alt_text'>) {
  return {
    boardId: post.board_id,
    title: post.title,
    description: post.description,
    url: post.url,
    altText: post.alt_text,
  };
}

function stamped(failure: PostFailure, now: Date) {
  return { ...failure, at: now.toISOString() };
}
