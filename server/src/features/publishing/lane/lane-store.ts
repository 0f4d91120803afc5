// The worker's interface to the database, for lanes and their posts. Each call is one statement or one transaction. The
// simulation (server/test/simulation) implements it with a model in memory and runs the real worker on that; a second
// test compares the model with PostgreSQL.

import type { Database } from '../../../platform/db/index.ts';
import { systemActor } from '../../../platform/use-case/index.ts';
import { type AccountRow, getAccountForWork } from '../../accounts/index.ts';
import {
  findNextWake,
  guardingLease,
  guardingRelease,
  type LaneClaim,
  type LaneFence,
  type LaneRest,
  releasing,
  renewLaneLeases,
  sweepLanes,
} from '../../lanes/index.ts';
import {
  type DuePost,
  earliestWork,
  findDuePost,
  kindOfWritten,
  listInFlight,
  listOwnedPinIds,
  listQueue,
  movingIf,
  type PostRow,
  readWritten,
  type Step,
  type WrittenRow,
} from '../../posts/index.ts';
import { type ClaimedLane, claimLanes } from './claim-lanes.queries.ts';

export type LaneMove =
  | { kind: 'moved'; post: PostRow }
  /** The lane has been leased again: this worker must stop. */
  | { kind: 'lane_lost' }
  /** A user has just edited, unscheduled or deleted the post. The user's change takes precedence. */
  | { kind: 'post_changed' };

/** A move that has not been written yet. */
export interface PlannedMove {
  post: PostRow;
  step: Step;
}

export interface LaneStore {
  /**
   * Leases up to `limit` due lanes without a lease, or with an expired one, and reads their openings where that is
   * possible in the same statement.
   */
  claim(claim: LaneClaim): Promise<ClaimedLane[]>;
  /** Renews the leases that are still valid under these fences; returns their accounts. */
  renew(renewal: { lanes: readonly LaneFence[]; leaseUntil: Date }): Promise<Set<string>>;
  /**
   * Releases the lane and sets its next wake-up, unless it has been leased again. Writes the last move, if any, in the
   * same transaction, which costs little more than either alone, and returns its result.
   */
  release(lane: LaneFence, rest: LaneRest, last?: PlannedMove): Promise<LaneMove['kind'] | null>;
  /** Finds the earliest wake-up among the lanes without a lease. */
  findNextWake(now: Date): Promise<Date | null>;
  getAccount(accountId: string): Promise<AccountRow>;
  /**
   * Finds the next due post of the account. Undefined if there is none, or if the queue was paused or resumed since
   * `account` was read. With `unknownOnly`, finds only posts whose answer was lost.
   */
  findDuePost(
    account: AccountRow,
    now: Date,
    options: { unknownOnly: boolean },
  ): Promise<DuePost | undefined>;
  /** Lists the account's queued posts by `sendAt`, without held posts. */
  listQueue(accountId: string): Promise<PostRow[]>;
  /** Lists the posts in flight, which a worker that died may have left in the lane. */
  listInFlight(accountId: string): Promise<PostRow[]>;
  /** Moves a post, if this lease is still the lane's last and the post is unchanged since it was read. */
  move(lane: LaneFence, post: PostRow, step: Step, now: Date): Promise<LaneMove>;
  /** Returns those of these Pins that already belong to posts of the account. */
  listOwnedPinIds(accountId: string, pinIds: readonly string[]): Promise<Set<string>>;
  /** Wakes lanes that would wake too late for their posts. Returns their number; a number above 0 means a bug. */
  sweepLanes(now: Date): Promise<number>;
}

/** Creates the store that uses PostgreSQL. */
export function createLaneStore({
  db,
  transactionAtOnce,
}: Pick<Database, 'db' | 'transactionAtOnce'>): LaneStore {
  return {
    claim: (claim) => claimLanes(db, claim),
    renew: (renewal) => renewLaneLeases(db, renewal),
    async release(lane, rest, last) {
      const guard = guardingRelease(lane);
      const first = last
        ? movingIf(guard, { ...last, stamp: { actor: systemActor, now: rest.now }, answersWithId: true })
        : guard;
      const statements = [first, releasing(lane, rest, earliestWork)].map((statement) =>
        statement.compile(db),
      );
      const [rows] = await transactionAtOnce(statements);
      return last ? toKind[kindOfWritten(rows as WrittenRow[])] : null;
    },
    findNextWake: (now) => findNextWake(db, now),
    getAccount: (accountId) => getAccountForWork(db, accountId),
    findDuePost: (account, now, options) => findDuePost(db, account, now, options),
    listQueue: (accountId) => listQueue(db, accountId),
    listInFlight: (accountId) => listInFlight(db, accountId),
    async move(lane, post, step, now) {
      const { rows } = await movingIf(guardingLease(lane), {
        post,
        step,
        stamp: { actor: systemActor, now },
      }).execute(db);
      const written = readWritten(rows);
      return written.kind === 'written'
        ? { kind: 'moved', post: written.post }
        : { kind: toKind[written.kind] };
    },
    listOwnedPinIds: (accountId, pinIds) => listOwnedPinIds(db, accountId, pinIds),
    sweepLanes: (now) => sweepLanes(db, now, earliestWork),
  };
}

const toKind = { written: 'moved', forbidden: 'lane_lost', changed: 'post_changed' } as const;
