// A lane is the row of one account that says when the account has work and who works on it.
//
// An account publishes in order and one post at a time, so workers lease accounts and not posts. A worker polls lanes
// only: a poll costs the same for ten stored posts as for ten million, and the lease of a lane keeps all other workers
// away from the account's posts.
//
// ## The columns, and who may write which
//
// Every write is a function of this room. The callers are given in parentheses.
//
// account_id   The account. Written once, by `openLane` (when an account is connected for the first time).
// wake_at      When a worker should next lease the lane; null if there is no work. It may be too early (a worker then
//              finds nothing to do, and releases the lane), but never later than the first work is due.
//              Lowered by `lowerWake` (a post gets a `runAt`), set by `wakeLane`, `repaceLane` and
//              `resetQueue` (an account's settings), recomputed by a release, repaired by `sweepLanes`.
// not_before   No work of any kind before this: Pinterest asked us to wait, the token does not work, or an error of
// ours.
//              Raised by a release, removed by `wakeLane` (the account was connected again).
// paced_until  No queued post before this, as the account's own rules were when last computed: interval, daily limit,
//              catching up; 'infinity' while a pause holds the queue. Searches for lost Pins are not affected.
//              A cached result: pacing.queries.ts computes it from the posts, a release stores it, and changes that
//              invalidate it reset it to null (`repaceLane`, `resetQueue`, `lockLane`).
// away_until   Until when the account was not served: no worker ran, no token worked, or it was paused. Posts that
// became
//              due long before this were missed. Written by a late claim, by a release that could not serve the
// account,
//              and by `resetQueue` when an account is resumed.
// owner        The process with the lease; null without a lease. Written by a claim, cleared by a release.
// lease_until  When the lease expires. Written by a claim, raised by `renewLaneLeases`, cleared by a release. After it,
//              another process can lease the lane, also if `owner` is set.
// fence        Grows by one with each lease, and never decreases. Every write of a worker names the fence of its lease,
// and
//              changes nothing if another lease has followed. Written by a claim only.
//
// ## The states of a lane
//
// The state of a lane is not stored; it follows from the columns.
//
//   idle      wake_at is null. The account has nothing to do.
//   waiting   wake_at is in the future: for a post's `runAt`, or for one of the two below.
//   resting   … and not_before is in the future. Nothing is done for the account.
//   paced     … and paced_until is in the future. Lost Pins are searched for; no queued post is published.
//   paused    paced_until is 'infinity': paced until publishing is resumed. (A pause that fails or moves due posts is
// not
//             visible in the lane, because there is work to do.)
//   due       wake_at has passed and there is no lease. The next poll leases it.
//   leased    owner is set and lease_until is in the future. One worker serves it.
//   expired   owner is set and lease_until has passed: its worker died, hangs or was suspended. It is treated as due,
//             because wake_at had passed when it was leased.
//
// ## The transitions
//
//   idle, waiting → waiting, due    `lowerWake`: a post was scheduled. Never earlier than not_before and paced_until
//                                   allow, and never while paused.
//   waiting → due                   Time passes. Nothing is written.
//   resting → due                   `wakeLane`: the account has a new token.
//   paced → due                     `repaceLane`: its rules changed. The next worker computes the pacing again.
//   paused → due, any → due         `resetQueue`: paused, resumed, or paused with another policy. A rest remains.
//   due, expired → leased           A claim: `owner`, `lease_until`, and `fence + 1` in one statement, with SKIP
// LOCKED,
//                                   so that several workers claim at once.
//   leased → leased                 `renewLaneLeases`, several times in each lease.
//   leased → idle, waiting,         A release, which recomputes wake_at from the posts. A lane that is still due is
// served
//            resting, paced, due    after the accounts that waited meanwhile.
//   leased → expired                No renewal for a whole lease.
//
// A leased lane can be lowered, woken and reset like any other; the release takes it into account. A post that is added
// while its lane is being released must not be stranded, so a release has two statements. The first locks the lane FOR
// UPDATE and waits for all transactions that are adding a post, because they hold it FOR KEY SHARE (`lowerWake`); the
// second recomputes wake_at, and sees what they wrote. `sweepLanes` finds lanes that would wake too late in spite of
// this, and logs a warning; none has been found so far.
//
// ## The room of posts
//
// The room of posts decides which posts are work, and when. The caller passes it to a statement as a fragment
// (`NextWork`). Pacing reads posts and accounts, and writes neither.
import type { RawBuilder } from 'kysely';

/** Identifies a lease in a write: the lane, and the fence under which it was leased. */
export interface LaneFence {
  accountId: string;
  fence: number;
}

/** A lease as the database granted it. */
export interface LaneLease extends LaneFence {
  /** Until when the account is known to have been without service; null if it never was. */
  awayUntil: Date | null;
}

/**
 * SQL for the moment at which an account next has work for a worker; null for none.
 * @param pacedUntil Queued posts wait until then; searches for lost Pins do not.
 */
export type NextWork = (
  accountId: RawBuilder<unknown>,
  pacedUntil: RawBuilder<unknown>,
) => RawBuilder<Date | null>;

/** The channel on which workers are notified that a lane wakes soon. */
export const lanesChannel = 'pintail_lanes';

/** Workers poll at least this often, so only a lane that wakes sooner needs to be announced. */
export const lanePollMs = 2_000;

/**
 * A post that is this late for want of service has been missed. Shorter than this nobody notices, and a restart or
 * another worker's lease must not change how posts are published.
 */
export const lateAfterMs = 10 * 60 * 1000;
