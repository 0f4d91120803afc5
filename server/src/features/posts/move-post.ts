// The one door through which a post changes its state: the table decides, a guarded write makes sure that
// nobody else was faster, and the event is written in the same transaction.
import { addMs } from '../../platform/clock.ts';
import { json, type Tx } from '../../platform/db/index.ts';
import { appendEvent } from '../../platform/events/index.ts';
import { lowerWake } from './lane-wake.queries.ts';
import { canDelete, type Move, nextState, type State } from './lifecycle.ts';
import { matchKey } from './match-key.ts';
import { postCannot, postChanged } from './posts.errors.ts';
import {
  insertPostRow,
  type NewPostRow,
  type PostChange,
  type PostRow,
  updatePostRow,
} from './posts.queries.ts';

/** Why a post was not published, as callers see it. */
export interface PostFailure {
  /** Stable, for programs: `board_not_found`. */
  code: string;
  message: string;
  remediation: string;
  /** Whether Pintail, or the same post scheduled again, may succeed. */
  retryable: boolean;
}

/** What is told of an exchange with Pinterest in the post's timeline. */
export interface PinterestTrace {
  status: number | null;
  code: number | null;
  requestId: string | null;
  durationMs: number;
}

/** A move with what it needs. */
export type Step =
  | { move: 'schedule'; sendAt: Date; boardId: string }
  | { move: 'unschedule' }
  | { move: 'claim' }
  | { move: 'mediaReady' }
  | { move: 'accept'; pinId: string; pinterest: PinterestTrace }
  | { move: 'postpone'; runAt: Date; failure: PostFailure; pinterest?: PinterestTrace }
  | { move: 'refuse'; failure: PostFailure; pinterest?: PinterestTrace }
  | { move: 'lose'; lookAt: Date; failure: PostFailure; pinterest?: PinterestTrace }
  /** `counts`: Pinterest did answer, so this was a look. `lookAt` null: a person has to decide. */
  | { move: 'look'; lookAt: Date | null; failure: PostFailure; counts: boolean; found: number }
  /** `byHand`: a person has decided, not a look. */
  | { move: 'find'; pinId: string; byHand?: true }
  | { move: 'clear'; byHand?: true };

/** What the event of a move, of a creation or of a deletion keeps; dates have become text. */
export interface PostEventData {
  move?: Move;
  /** Where it belongs to an attempt. */
  attempt?: number;
  failure?: PostFailure;
  pinterest?: PinterestTrace;
  pinId?: string;
  sendAt?: string | null;
  counts?: boolean;
  found?: number;
  byHand?: boolean;
}

/**
 * Moves a post.
 * @throws postCannot when the table does not allow it, postChanged when someone was faster.
 */
export async function movePost(tx: Tx, post: PostRow, step: Step, now: Date): Promise<PostRow> {
  const from = post.state as State;
  const to = nextState(from, step.move);
  if (!to) throw cannot(from, 'byHand' in step ? 'resolve' : step.move);
  const change = { ...changeOf(post, step, now), state: to, updated_at: now };
  const moved = await updatePostRow(tx, post, change);
  if (!moved) throw postChanged();
  await appendEvent(tx, {
    organizationId: moved.organization_id,
    accountId: moved.account_id,
    postId: moved.id,
    type: eventTypes[step.move],
    at: now,
    data: eventData(from, moved, step),
  });
  // A worker's own moves need no wake-up: it finds the next one when it lets go of the lane.
  if (step.move === 'schedule') await lowerWake(tx, moved.account_id, step.sendAt, now);
  return moved;
}

export interface NewPost {
  id: string;
  organizationId: string;
  accountId: string;
  title: string | null;
  description: string | null;
  url: string | null;
  boardId: string | null;
  altText: string | null;
  isSimplifiedPin: boolean;
  mediaType: 'image' | 'video';
  mediaId: string;
  sourceMediaUrl: string | null;
  /** Null: a draft. */
  sendAt: Date | null;
}

/** A post comes to life as a draft, or queued when it has a time. */
export async function createPost(tx: Tx, post: NewPost, now: Date): Promise<PostRow> {
  const row: NewPostRow = {
    id: post.id,
    organization_id: post.organizationId,
    account_id: post.accountId,
    state: post.sendAt ? 'queued' : 'draft',
    title: post.title,
    description: post.description,
    url: post.url,
    board_id: post.boardId,
    alt_text: post.altText,
    is_simplified_pin: post.isSimplifiedPin,
    media_type: post.mediaType,
    media_id: post.mediaId,
    source_media_url: post.sourceMediaUrl,
    send_at: post.sendAt,
    run_at: post.sendAt,
    match_key: matchKey(post),
    created_at: now,
    updated_at: now,
  };
  const created = await insertPostRow(tx, row);
  await appendEvent(tx, {
    organizationId: post.organizationId,
    accountId: post.accountId,
    postId: post.id,
    type: 'post.created',
    at: now,
    data: { status: created.status, sendAt: post.sendAt?.toISOString() ?? null },
  });
  if (post.sendAt) await lowerWake(tx, post.accountId, post.sendAt, now);
  return created;
}

/** How long the mark of a deleted post is kept (api.md, section 3). */
const deletedKeptMs = 28 * 24 * 3600 * 1000;

export function deletedBefore(now: Date): Date {
  return addMs(now, -deletedKeptMs);
}

/**
 * Marks a post as deleted. Same guard as a move, so a deletion and a worker's claim cannot both win.
 * @throws postCannot when it is sent or in flight, postChanged when someone was faster.
 */
export async function deletePost(tx: Tx, post: PostRow, now: Date): Promise<void> {
  const from = post.state as State;
  if (!canDelete(from)) throw cannot(from, 'delete');
  if (!(await updatePostRow(tx, post, { deleted_at: now, run_at: null, updated_at: now })))
    throw postChanged();
  await appendEvent(tx, {
    organizationId: post.organization_id,
    accountId: post.account_id,
    postId: post.id,
    type: 'post.deleted',
    at: now,
    data: { status: post.status },
  });
}

/** The columns that a move sets, besides the state. */
function changeOf(post: PostRow, step: Step, now: Date): PostChange {
  switch (step.move) {
    case 'schedule':
      return {
        send_at: step.sendAt,
        run_at: step.sendAt,
        board_id: step.boardId,
        match_key: matchKey(toMatchable({ ...post, board_id: step.boardId })),
        failure: null,
        postponements: 0,
        looks: 0,
      };
    case 'unschedule':
      return { send_at: null, run_at: null, failure: null };
    case 'claim':
      return { run_at: null };
    case 'mediaReady':
      return { attempts: post.attempts + 1, attempt_started_at: now };
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
      return { run_at: step.lookAt, looks: 0, failure: stamped(step.failure, now) };
    case 'look':
      return {
        run_at: step.lookAt,
        looks: post.looks + (step.counts ? 1 : 0),
        failure: stamped(step.failure, now),
      };
    case 'find':
      // It went out when it was asked for, not when it was found.
      return { pin_id: step.pinId, sent_at: post.attempt_started_at, run_at: null, failure: null };
    case 'clear':
      // What was said of looking for the Pin is over.
      return { run_at: now, looks: 0, postponements: 0, failure: null };
  }
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
  return json({ ...failure, at: now.toISOString() });
}

/** The contract's names where it has one (api.md, section 5); the finer ones show in the timeline only. */
const eventTypes: Record<Move, string> = {
  schedule: 'post.scheduled',
  unschedule: 'post.unscheduled',
  claim: 'post.claimed',
  mediaReady: 'post.publishing',
  accept: 'post.sent',
  postpone: 'post.postponed',
  refuse: 'post.failed',
  lose: 'post.unknown',
  look: 'post.looked',
  find: 'post.sent',
  clear: 'post.cleared',
};

function eventData(from: State, moved: PostRow, step: Step): Record<string, unknown> {
  // What happens before the line belongs to no attempt.
  const isOfAttempt = step.move === 'mediaReady' || from === 'publishing' || from === 'unknown';
  return { ...step, ...(isOfAttempt && { attempt: moved.attempts }) };
}

const whatCanBeDone: Record<State, string> = {
  draft: 'It is a draft: it can be scheduled, edited or deleted.',
  queued: 'It is queued: it can be rescheduled, unscheduled, edited or deleted.',
  uploading: 'It is being published right now.',
  publishing: 'It is being published right now.',
  sent: 'It is published. Delete the Pin on Pinterest if it should go.',
  failed: 'It failed: it can be scheduled again, edited or deleted.',
  unknown:
    'Its outcome is not known: it is looked up on Pinterest, and a person can settle it (POST …/resolve).',
};

function cannot(state: State, what: string) {
  return postCannot([{ path: '', code: `${what}_not_allowed`, message: whatCanBeDone[state] }]);
}
