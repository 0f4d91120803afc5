// A lane is the row of one account that says when the account has work and who works on it.
//
// An account publishes in order and one post at a time, so workers divide the work by account and not by post. A worker
// polls lanes only: a poll costs the same with ten posts stored as with ten million. While one worker has the lease of
// a lane, no other worker touches the account's posts.
//
// ## The columns, and who may write which
//
// Every write is a function of this room. The callers are given in parentheses.
//
// account_id   The account. Written once, by `openLane` (when an account is connected for the first time).
// wake_at      When a worker should next lease the lane; null if the account has no work. It may be too early (a worker
//              then finds nothing to do, and releases), and must never be later than the first work is due.
//              Lowered by `lowerWake` (a post gets a `runAt`), set by `wakeLane`, `repaceLane` and
//              `resetQueue` (an account's settings), recomputed by a release, repaired by `sweepLanes`.
// not_before   Nothing is done for the account before this time: Pinterest asked us to wait, the token does not work, or
//              we had an error. Raised by a release, removed by `wakeLane` (the account was connected again).
// paced_until  No queued post is published before this time, according to the account's own rules when last computed:
//              interval, daily limit, catching up; 'infinity' while a pause stops the queue. Searches for lost Pins are
//              not affected. A cached result: pacing.queries.ts computes it from the posts, a release stores it, and
//              changes that invalidate it reset it to null (`repaceLane`, `resetQueue`, `lockLane`).
// away_until   The end of the last period in which the account was not served: no worker ran, no token worked, or it
//              was paused. A post that became due long before this time was missed. Written by a late claim, by a release
//              that could not serve the account, and by `resetQueue` when an account is resumed.
// owner        The process with the lease; null if there is no lease. Written by a claim, cleared by a release.
// lease_until  When the lease expires. Written by a claim, raised by `renewLaneLeases`, cleared by a release. An
//              expired lease has no effect, even if `owner` is set. Neither has one that is further ahead than a lease
//              can be: the clock was set back (platform/work/lease.queries.ts).
// fence        Grows by one with each lease and never decreases. Every write of a worker names the fence of its lease,
//              and changes nothing if the lane has been leased again. Written by a claim only.
//
// ## The states of a lane
//
// The state of a lane is not stored in a column; it follows from the columns above.
//
//   idle      wake_at is null. The account has nothing to do.
//   waiting   wake_at is in the future: for a post's `runAt`, or for one of the two below.
//   resting   Waiting, and not_before is in the future. Nothing is done for the account.
//   paced     Waiting, and paced_until is in the future. Lost Pins are searched for; no queued post is published.
//   paused    paced_until is 'infinity'. Like paced, until the account is resumed. (A pause that fails or moves
//             due posts is not visible in the lane, because those posts are work.)
//   due       wake_at has passed and there is no lease. The next poll leases the lane.
//   leased    owner is set and lease_until is in the future. One worker is serving the account.
//   expired   owner is set and lease_until has passed. The worker died, hangs or was suspended. Treated as due once
//             wake_at has passed, as it had when the lane was leased.
//
// ## The transitions
//
//   idle, waiting → waiting, due    `lowerWake`: a post was scheduled. Never earlier than not_before and paced_until,
//                                   and never while paused.
//   waiting → due                   Time passes. Nothing is written.
//   resting → due                   `wakeLane`: the account has a new token.
//   paced → due                     `repaceLane`: its rules changed. The next worker computes the pacing again.
//   paused → due, any → due         `resetQueue`: paused, resumed, or paused with another policy; not_before remains.
//   due, expired → leased           A claim: `owner`, `lease_until`, and `fence + 1` in one statement, with SKIP
//                                   LOCKED, so that several workers can claim at once.
//   leased → leased                 `renewLaneLeases`, several times in each lease.
//   leased → idle, waiting,         A release, which recomputes wake_at from the posts. A lane that is still due is
//            resting, paced, due    served after the accounts that waited in the meantime.
//   leased → expired                No renewal for a whole lease.
//
// A leased lane can be lowered, woken and reset like any other; the release takes this into account. This is delicate:
// a post that is added while its lane is being released must not be stranded. A release is therefore two statements.
// The first locks the lane FOR UPDATE and so waits for every transaction that is adding a post, because those have
// locked the lane FOR KEY SHARE (`lowerWake`). The second recomputes wake_at, and sees what they wrote. As a safety
// net, `sweepLanes` finds lanes that would wake too late, and logs a warning.
//
// ## What this room does not read
//
// The posts room defines which posts are work, and when. Statements that need this receive it from the caller as a
// fragment (`NextWork`). Pacing reads posts and accounts, and writes neither.
import type { RawBuilder } from 'kysely';

/** Identifies a lease in a write: the lane, and the fence under which it was leased. */
export interface LaneFence {
  accountId: string;
  fence: number;
}

/** A lease as the database granted it. */
export interface LaneLease extends LaneFence {
  /** The end of the last period in which the account was not served; null if there was none. */
  awayUntil: Date | null;
}

/**
 * Returns SQL for the time at which an account next has work; null if it has none.
 * @param pacedUntil The earliest time for queued posts; searches for lost Pins ignore it.
 */
export type NextWork = (
  accountId: RawBuilder<unknown>,
  pacedUntil: RawBuilder<unknown>,
) => RawBuilder<Date | null>;

/** The channel on which workers are notified that a lane wakes soon. */
export const lanesChannel = 'pintail_lanes';

/** The longest time between two polls of a worker. Only a lane that wakes sooner needs a notification. */
export const lanePollMs = 2_000;

/**
 * A post that is this late because its account was not served has been missed. Long enough that a restart, or waiting
 * for another worker's lease to expire, does not change how posts are published.
 */
export const lateAfterMs = 10 * 60 * 1000;
