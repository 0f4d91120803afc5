// Lanes and posts in memory: a LaneStore, and the writes of users, each call one transaction. The columns of a move come from
// the code that writes them into PostgreSQL, the decisions of the SQL are in model-rules.ts, and the constraints are
// checked here too.
import { isAtRest, isInFlight, mayHavePin, type PostSituation } from '../../src/domain/post-states.ts';
import type { AccountRow } from '../../src/features/accounts/index.ts';
import { lateAfterMs } from '../../src/features/lanes/index.ts';
import type { PostRow, Step } from '../../src/features/posts/index.ts';
import { editOf, type NewPost, newRow, type PostContent } from '../../src/features/posts/record/content.ts';
import { afterMove } from '../../src/features/posts/record/lifecycle.ts';
import { changeOf } from '../../src/features/posts/record/move-columns.ts';
import { postCannot, postChanged } from '../../src/features/posts/record/posts.errors.ts';
import type { ClaimedLane } from '../../src/features/publishing/lane/claim-lanes.queries.ts';
import type { LaneMove, LaneStore } from '../../src/features/publishing/lane/lane-store.ts';
import { Refusal } from '../../src/platform/errors.ts';
import { blankPost, brokenConstraint, withDerived } from './model-row.ts';
import {
  createRules,
  greatest,
  least,
  type ModelAccount,
  type ModelLane,
  type Rules,
} from './model-rules.ts';

/** The same store without promises: each call is one atomic act. */
type AtOnce<Store> = {
  [Name in keyof Store]: Store[Name] extends (...parameters: infer Parameters) => Promise<infer Answer>
    ? (...parameters: Parameters) => Answer
    : never;
};

export interface ModelWatch {
  /** After each write. @param before Undefined for a new post. */
  wrote?(post: PostRow, before: PostRow | undefined): void;
  /** A lane wakes soon, of which NOTIFY notifies the workers. */
  notify?(): void;
}

export type Model = ReturnType<typeof createModel>;

export function createModel(watch: ModelWatch = {}, rules: Rules = createRules()) {
  const accounts = new Map<string, ModelAccount>();

  function accountOf(accountId: string): ModelAccount {
    const account = accounts.get(accountId);
    if (!account) throw new Error(`no account ${accountId}`);
    return account;
  }

  /** @throws Error for a row that a constraint of the table would refuse. */
  function write(account: ModelAccount, post: PostRow, before: PostRow | undefined): PostRow {
    const row = withDerived(post);
    const broken = brokenConstraint(row);
    if (broken) throw new Error(`constraint ${broken} refuses ${JSON.stringify(row)}`);
    if (row.pin_id !== null && before?.pin_id !== row.pin_id) {
      if (account.pinIds.has(row.pin_id))
        throw new Error(`constraint posts_by_pin refuses Pin ${row.pin_id}`);
      account.pinIds.add(row.pin_id);
    }
    account.posts.set(row.id, row);
    const isOpen = row.run_at !== null || mayHavePin(row);
    if (isOpen) account.open.set(row.id, row);
    else account.open.delete(row.id);
    if (row.state === 'sent') account.recent.push(row);
    watch.wrote?.(row, before);
    return row;
  }

  function change(account: ModelAccount, read: PostRow, columns: Partial<PostRow>): PostRow {
    const stored = account.posts.get(read.id);
    if (!stored || !rules.isAsRead(stored, read)) throw postChanged();
    return write(account, { ...stored, ...columns, version: stored.version + 1 }, stored);
  }

  function lowerWake(account: ModelAccount, runAt: Date, now: Date): void {
    if (rules.lowerWake(account, runAt.getTime()) && (account.lane.wakeAt ?? 0) <= now.getTime() + 2000)
      watch.notify?.();
  }

  /** A move of a worker, which wakes no lane. */
  function moveOnly(read: PostRow, step: Step, now: Date): PostRow {
    const to = mustBeAllowed(read, step);
    const columns = { ...changeOf(read, step, now), ...to, updated_at: now };
    return change(accountOf(read.account_id), read, columns);
  }

  function movePost(read: PostRow, step: Step, now: Date): PostRow {
    const account = accountOf(read.account_id);
    const moved = moveOnly(read, step, now);
    if (step.move === 'schedule') lowerWake(account, step.sendAt, now);
    if (step.move === 'doubt') lowerWake(account, step.confirmAt, now);
    return moved;
  }

  const lanes: AtOnce<LaneStore> = {
    claim({ owner, now, leaseUntil, limit }) {
      const at = now.getTime();
      const due = [...accounts.values()]
        .filter(({ lane }) => isDue(lane, at))
        .sort((a, b) => (a.lane.wakeAt ?? 0) - (b.lane.wakeAt ?? 0))
        .slice(0, limit);
      return due.map((account): ClaimedLane => {
        const { row, lane } = account;
        const wasAwayUntil = lane.awayUntil;
        lane.owner = owner;
        lane.leaseUntil = leaseUntil.getTime();
        lane.fence += 1;
        if ((lane.wakeAt ?? at) < at - lateAfterMs) lane.awayUntil = at;
        return {
          accountId: row.id,
          fence: lane.fence,
          awayUntil: lane.awayUntil === null ? null : new Date(lane.awayUntil),
          opening:
            lane.awayUntil === wasAwayUntil && lanes.listInFlight(row.id).length === 0
              ? { account: row, first: lanes.findDuePost(row, now, { unknownOnly: false }) }
              : null,
        };
      });
    },

    renew({ lanes: held, leaseUntil }) {
      const renewed = held
        .filter(({ accountId, fence }) => {
          const { lane } = accountOf(accountId);
          return lane.owner !== null && rules.isHeldUnder(lane, fence);
        })
        .map(({ accountId }) => accountId);
      for (const id of renewed) {
        const { lane } = accountOf(id);
        lane.leaseUntil = greatest(lane.leaseUntil, leaseUntil.getTime());
      }
      return new Set(renewed);
    },

    release(held, { notBefore, queueNotBefore = null, isAway = false, now }, last) {
      const account = accountOf(held.accountId);
      const { lane } = account;
      const moved = last ? lanes.move(held, last.post, last.step, now).kind : null;
      if (!rules.isHeldUnder(lane, held.fence)) return moved;
      const at = now.getTime();
      forget(account, at);
      const paced = greatest(rules.pacedUntil(account, at), queueNotBefore?.getTime() ?? null);
      const nextAt = rules.earliestWork(account, paced);
      lane.notBefore = greatest(lane.notBefore, notBefore?.getTime() ?? null);
      lane.owner = null;
      lane.leaseUntil = null;
      lane.pacedUntil = paced;
      if (isAway) lane.awayUntil = at;
      lane.wakeAt = nextAt === null ? null : greatest(nextAt, lane.notBefore, at);
      return moved;
    },

    findNextWake(now) {
      const wakes = [...accounts.values()]
        .filter(({ lane }) => isFree(lane, now.getTime()))
        .map(({ lane }) => lane.wakeAt);
      const next = least(...wakes);
      return next === null ? null : new Date(next);
    },

    getAccount: (accountId) => accountOf(accountId).row,

    findDuePost({ id, publishing, paused_policy }, now, { unknownOnly }) {
      const account = accountOf(id);
      const at = now.getTime();
      const { row } = account;
      const isAsRead = row.publishing === publishing && row.paused_policy === paused_policy;
      let mayGoOut: boolean | undefined;
      let first: PostRow | undefined;
      let count = 0;
      for (const post of account.open.values()) {
        if (post.run_at === null || post.run_at.getTime() > at) continue;
        if (post.state !== 'unknown') {
          if (rules.isBlockedByTwin(account, post)) continue;
          mayGoOut ??= isAsRead && !unknownOnly && (rules.pacedUntil(account, at) ?? at) <= at;
          if (!mayGoOut) continue;
        }
        count += 1;
        if (!first || rules.isBefore(post, first) < 0) first = post;
      }
      return first && { ...first, is_last_due: count === 1 };
    },

    listQueue: (accountId) =>
      [...accountOf(accountId).open.values()]
        .filter((post) => post.state === 'queued' && post.run_at !== null)
        .sort((a, b) => (a.send_at?.getTime() ?? 0) - (b.send_at?.getTime() ?? 0) || (a.id < b.id ? -1 : 1)),

    listInFlight: (accountId) => [...accountOf(accountId).open.values()].filter(isInFlight),

    move(lane, read, step, now): LaneMove {
      mustBeAllowed(read, step);
      if (!rules.isHeldUnder(accountOf(lane.accountId).lane, lane.fence)) return { kind: 'lane_lost' };
      try {
        return { kind: 'moved', post: moveOnly(read, step, now) };
      } catch (error) {
        if (error instanceof Refusal && error.declaration === postChanged.declaration)
          return { kind: 'post_changed' };
        throw error;
      }
    },

    listOwnedPinIds(accountId, pinIds) {
      const { pinIds: owned } = accountOf(accountId);
      return new Set(pinIds.filter((id) => owned.has(id)));
    },

    sweepLanes(now) {
      let count = 0;
      for (const account of accounts.values()) {
        const { lane } = account;
        const due = rules.earliestWork(account, lane.pacedUntil);
        if (lane.owner !== null || due === null) continue;
        if (lane.wakeAt !== null && lane.wakeAt <= (greatest(due, lane.notBefore, now.getTime()) ?? 0))
          continue;
        lane.wakeAt = greatest(due, lane.notBefore);
        count += 1;
      }
      return count;
    },
  };

  return {
    accounts,
    accountOf,
    lanes,

    addAccount(row: AccountRow): void {
      const lane = { wakeAt: null, notBefore: null, owner: null, leaseUntil: null, fence: 0 };
      accounts.set(row.id, {
        row,
        lane: { ...lane, pacedUntil: null, awayUntil: null },
        posts: new Map(),
        open: new Map(),
        recent: [],
        pinIds: new Set(),
      });
    },

    create(post: NewPost, now: Date): PostRow {
      const account = accountOf(post.accountId);
      const row = write(account, { ...blankPost, ...newRow(post, now) }, undefined);
      if (post.sendAt) lowerWake(account, post.sendAt, now);
      return row;
    },

    /** @throws Refusal as movePost does. */
    move: movePost,

    edit(read: PostRow, content: PostContent, now: Date): PostRow {
      if (!isAtRest(read)) throw postCannot();
      const { columns, changed } = editOf(read, content);
      if (changed.length === 0) return read;
      const account = accountOf(read.account_id);
      const edited = change(account, read, { ...columns, updated_at: now });
      if (edited.run_at) lowerWake(account, edited.run_at, now);
      return edited;
    },

    remove(read: PostRow, now: Date): void {
      if (!isAtRest(read)) throw postCannot();
      change(accountOf(read.account_id), read, { deleted_at: now, run_at: null, updated_at: now });
    },

    /** As the service does it: lockLane, the move, lowerWake. */
    resolve(read: PostRow, pinId: string | null, now: Date): PostRow {
      const account = accountOf(read.account_id);
      const moved = movePost(
        read,
        pinId === null ? { move: 'clear', byHand: true } : { move: 'find', pinId, pinUrl: '', byHand: true },
        now,
      );
      account.lane.pacedUntil = null;
      lowerWake(account, now, now);
      return moved;
    },

    /** updateAccount and repaceLane. */
    changeRules(accountId: string, to: Partial<AccountRow>, now: Date): void {
      const account = accountOf(accountId);
      const { lane } = account;
      account.row = { ...account.row, ...to };
      if (lane.pacedUntil !== Number.POSITIVE_INFINITY) lane.pacedUntil = null;
      if (lane.wakeAt !== null) lane.wakeAt = least(lane.wakeAt, greatest(now.getTime(), lane.notBefore));
    },

    /** resetQueue. */
    changePublishing(
      accountId: string,
      to: Pick<AccountRow, 'publishing' | 'paused_policy'>,
      now: Date,
    ): void {
      const account = accountOf(accountId);
      const { lane, row } = account;
      if (row.publishing === to.publishing && row.paused_policy === to.paused_policy) return;
      account.row = { ...row, ...to };
      lane.pacedUntil = null;
      lane.wakeAt = greatest(now.getTime(), lane.notBefore);
      if (to.publishing === 'active') lane.awayUntil = now.getTime();
    },

    setAuthorized(accountId: string, isAuthorized: boolean): void {
      const account = accountOf(accountId);
      account.row = { ...account.row, token_authorized: isAuthorized };
    },

    /** wakeLane: it was connected again. */
    wake(accountId: string, now: Date): void {
      Object.assign(accountOf(accountId).lane, { notBefore: null, wakeAt: now.getTime() });
    },
  };
}

/** @throws Refusal where the table does not allow the move. */
function mustBeAllowed(post: PostRow, { move }: Step): PostSituation {
  const to = afterMove(post, move);
  if (!to) throw postCannot([{ path: '', code: move, message: `not allowed: ${post.state}` }]);
  return to;
}

const isDue = (lane: ModelLane, at: number) => lane.wakeAt !== null && lane.wakeAt <= at && isFree(lane, at);

const isFree = (lane: { leaseUntil: number | null }, at: number) =>
  lane.leaseUntil === null || lane.leaseUntil <= at;

/** Removes posts that no rule reads any more. */
function forget(account: ModelAccount, at: number): void {
  if (account.recent.length < 50) return;
  account.recent = account.recent.filter((post) => post.listed_at.getTime() > at - 24 * 3600 * 1000);
}
