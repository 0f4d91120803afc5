// The port of the worker to the database: all that it reads and writes of lanes and their posts. Each call is one
// statement or one transaction. It is an interface because the simulation (server/test/simulation) puts a model of lanes
// and posts in memory in its place, and runs the real worker on that; a second test compares the model with PostgreSQL.

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
  /** Another lease has followed: this worker must stop. */
  | { kind: 'lane_lost' }
  /** The user edited, unscheduled or deleted the post a moment before: theirs counts. */
  | { kind: 'post_changed' };

/** A move that is to be written. */
export interface PlannedMove {
  post: PostRow;
  step: Step;
}

export interface LaneStore {
  /**
   * Leases up to `limit` lanes that are due and that nobody has a lease of, or whose lease has expired; and reads what
   * serving them begins with, as far as that can be read at once.
   */
  claim(claim: LaneClaim): Promise<ClaimedLane[]>;
  /** Renews the leases that are still ours under these fences; returns their accounts. */
  renew(renewal: { lanes: readonly LaneFence[]; leaseUntil: Date }): Promise<Set<string>>;
  /**
   * Releases the lane and sets its next wake-up; changes nothing if another lease has followed. With a last move of a
   * post, if there is one: in one transaction, which costs little more than either. Returns the result of that move.
   */
  release(lane: LaneFence, rest: LaneRest, last?: PlannedMove): Promise<LaneMove['kind'] | null>;
  /** When the next lane wakes that nobody has a lease of; null for none. */
  findNextWake(now: Date): Promise<Date | null>;
  getAccount(accountId: string): Promise<AccountRow>;
  /**
   * The next post of the account on which work is due. Undefined if the queue was paused or resumed since `account` was
   * read: it has to be read again. `unknownOnly`: only posts whose answer was lost.
   */
  findDuePost(
    account: AccountRow,
    now: Date,
    options: { unknownOnly: boolean },
  ): Promise<DuePost | undefined>;
  /** The account's queued posts by `sendAt`, without held ones. */
  listQueue(accountId: string): Promise<PostRow[]>;
  /** Posts in flight, which a worker that died may have left in the lane. */
  listInFlight(accountId: string): Promise<PostRow[]>;
  /** Moves a post, if this lease is still the lane's last and the post is as it was read. */
  move(lane: LaneFence, post: PostRow, step: Step, now: Date): Promise<LaneMove>;
  /** Of these Pins, the ones that belong to posts of the account already. */
  listOwnedPinIds(accountId: string, pinIds: readonly string[]): Promise<Set<string>>;
  /** Wakes lanes that would wake too late for their posts. Returns how many there were; a count above 0 is a bug. */
  sweepLanes(now: Date): Promise<number>;
}

/** The store of this installation: PostgreSQL. */
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
