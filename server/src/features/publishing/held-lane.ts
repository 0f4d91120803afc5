// A lane as a worker holds it: every write goes through here, and none succeeds after a takeover.
import type { Clock } from '../../platform/clock.ts';
import type { Database, Tx } from '../../platform/db/index.ts';
import { Refusal } from '../../platform/errors.ts';
import { movePost, type PostRow, postChanged, type Step } from '../posts/index.ts';
import { holdLane, type Lane } from './lanes.queries.ts';

export interface HeldLane extends Lane {
  /**
   * Moves a post, if the lane is still ours and the post is as we read it.
   * Null: the lane was lost (stop) or someone changed the post (look again).
   */
  move(post: PostRow, step: Step): Promise<PostRow | null>;
  /** Raised by what Pinterest says, and by troubles: nothing of this account before then. */
  notBefore: Date | null;
  /** The lease is gone: whatever is under way must not go on. */
  isLost: boolean;
  /** Until when nobody else can take the lane. */
  leaseUntil: Date;
  /**
   * Whether the lease still runs, by our own clock. To be asked before anything that cannot be undone: a process
   * that was suspended may wake up after others have settled what it was about to do.
   */
  isHeld(): boolean;
}

export function holdLaneFor(
  lane: Lane,
  leaseUntil: Date,
  { database, clock }: { database: Database; clock: Clock },
): HeldLane {
  const held: HeldLane = {
    ...lane,
    notBefore: null,
    isLost: false,
    leaseUntil,
    isHeld: () => !held.isLost && clock.now() < held.leaseUntil,
    async move(post, step) {
      try {
        return await database.transaction(async (tx: Tx) => {
          if (held.isLost || !(await holdLane(tx, lane))) {
            held.isLost = true;
            return null;
          }
          return movePost(tx, post, step, clock.now());
        });
      } catch (error) {
        // The user edited, unscheduled or deleted it a moment before us: theirs counts.
        if (error instanceof Refusal && error.declaration === postChanged.declaration) return null;
        throw error;
      }
    },
  };
  return held;
}
