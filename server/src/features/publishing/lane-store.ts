// What a worker keeps and asks of lanes and their posts: the seam between publishing and the database. Behind it
// each call is one statement or one transaction; before it nobody knows of either.

import type { Database } from '../../platform/db/index.ts';
import { systemActor } from '../../platform/use-case/index.ts';
import { type AccountRow, getAccountForWork } from '../accounts/index.ts';
import {
  kindOfWritten,
  listOwnedPinIds,
  movingIf,
  type PostRow,
  readWritten,
  removeDeletedPosts,
  type Step,
  type WrittenRow,
} from '../posts/index.ts';
import {
  type ClaimedLane,
  claimLanes,
  type DuePost,
  findDuePost,
  findNextWake,
  type Lane,
  laneIsHeld,
  laneIsLeft,
  listInFlight,
  listQueue,
  type Rest,
  releasing,
  renewLeases,
  sweepLanes,
} from './lanes.queries.ts';

export type LaneMove =
  | { kind: 'moved'; post: PostRow }
  /** The lane was taken over: whoever held it must stop. */
  | { kind: 'lane_lost' }
  /** The user edited, unscheduled or deleted the post a moment before: theirs counts. */
  | { kind: 'post_changed' };

/** A move after which nothing more is done in the lane. */
export interface LastMove {
  post: PostRow;
  step: Step;
}

export interface LaneStore {
  /**
   * Takes up to `limit` lanes that are due and that nobody holds, or whose holder let the lease run out; and tells what
   * their turns begin with, as far as that is known.
   */
  claim(claim: { owner: string; now: Date; leaseUntil: Date; limit: number }): Promise<ClaimedLane[]>;
  /** Prolongs the leases of the lanes that are still held under these fences; returns their accounts. */
  renew(renewal: { lanes: readonly Lane[]; leaseUntil: Date }): Promise<Set<string>>;
  /**
   * Lets go of the lane and sets its next wake-up; nothing if the lane was taken over. With a last move of a post, if
   * there is one: in one transaction, which costs little more than either. What became of that move, if any.
   */
  release(lane: Lane, rest: Rest, last?: LastMove): Promise<LaneMove['kind'] | null>;
  /** When the next lane wakes that nobody holds; null for none. */
  findNextWake(now: Date): Promise<Date | null>;
  getAccount(accountId: string): Promise<AccountRow>;
  /**
   * The next post of the account on which work is due. Of a queue that was paused or resumed since `account` was
   * read there is none: it has to be read again. `looksOnly`: of lost answers, none that is queued.
   */
  findDuePost(account: AccountRow, now: Date, options: { looksOnly: boolean }): Promise<DuePost | undefined>;
  /** The account's queue by the user's times, without what waits for a person. */
  listQueue(accountId: string): Promise<PostRow[]>;
  /** What a worker that died may have left behind in a lane. */
  listInFlight(accountId: string): Promise<PostRow[]>;
  /** Moves a post, if the lane is still held under this fence and the post is as it was read. */
  move(lane: Lane, post: PostRow, step: Step, now: Date): Promise<LaneMove>;
  /** Of these Pins, the ones that belong to posts of the account already. */
  listOwnedPinIds(accountId: string, pinIds: readonly string[]): Promise<Set<string>>;
  /** Wakes lanes that would sleep past their posts. There should be none; returns how many there were. */
  sweepLanes(now: Date): Promise<number>;
  /** Removes the marks of posts deleted before a moment. */
  removeDeletedPosts(before: Date): Promise<number>;
}

/** The one that counts: PostgreSQL. */
export function createLaneStore({
  db,
  transactionAtOnce,
}: Pick<Database, 'db' | 'transactionAtOnce'>): LaneStore {
  return {
    claim: (claim) => claimLanes(db, claim),
    renew: (renewal) => renewLeases(db, renewal),
    async release(lane, rest, last) {
      const isLeft = laneIsLeft(lane);
      const first = last
        ? movingIf(isLeft, { ...last, stamp: { actor: systemActor, now: rest.now }, answersWithId: true })
        : isLeft;
      const statements = [first, releasing(lane, rest)].map((statement) => statement.compile(db));
      const [rows] = await transactionAtOnce(statements);
      return last ? toKind[kindOfWritten(rows as WrittenRow[])] : null;
    },
    findNextWake: (now) => findNextWake(db, now),
    getAccount: (accountId) => getAccountForWork(db, accountId),
    findDuePost: (account, now, options) => findDuePost(db, account, now, options),
    listQueue: (accountId) => listQueue(db, accountId),
    listInFlight: (accountId) => listInFlight(db, accountId),
    async move(lane, post, step, now) {
      const { rows } = await movingIf(laneIsHeld(lane), {
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
    sweepLanes: (now) => sweepLanes(db, now),
    removeDeletedPosts: (before) => removeDeletedPosts(db, before),
  };
}

const toKind = { written: 'moved', forbidden: 'lane_lost', changed: 'post_changed' } as const;
