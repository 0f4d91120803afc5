// The rules of the SQL that finds due work, in TypeScript: the model that the simulation runs on. model.slow.test.ts
// compares every result with the SQL (the room of lanes, and due.queries.ts). They are an object, so that a test can
// replace a rule by a planted mistake.
import { isInFlight, isUnresolved, mayHavePin } from '../../src/domain/post-states.ts';
import type { AccountRow } from '../../src/features/accounts/index.ts';
import { lateAfterMs } from '../../src/features/lanes/index.ts';
import type { PostRow } from '../../src/features/posts/index.ts';

/** Moments are milliseconds; Infinity is PostgreSQL's 'infinity'. */
export interface ModelLane {
  wakeAt: number | null;
  notBefore: number | null;
  owner: string | null;
  leaseUntil: number | null;
  fence: number;
  pacedUntil: number | null;
  awayUntil: number | null;
}

export interface ModelAccount {
  row: AccountRow;
  lane: ModelLane;
  /** Every post that the account ever had, deleted ones included. */
  posts: Map<string, PostRow>;
  /** The posts that run, or of which a Pin may exist. */
  open: Map<string, PostRow>;
  /** The posts that were sent less than a day ago, and a few older ones. */
  recent: PostRow[];
  pinIds: Set<string>;
}

const dayMs = 24 * 3600 * 1000;
const catchUpSeconds = 60;

/** GREATEST and LEAST ignore nulls. */
export function greatest(...moments: (number | null)[]): number | null {
  const present = moments.filter((moment) => moment !== null);
  return present.length === 0 ? null : Math.max(...present);
}

export function least(...moments: (number | null)[]): number | null {
  const present = moments.filter((moment) => moment !== null);
  return present.length === 0 ? null : Math.min(...present);
}

export type Rules = ReturnType<typeof createRules>;

export function createRules() {
  const rules = {
    /** Returns true if a write with this fence is allowed. */
    isHeldUnder: (lane: ModelLane, fence: number) => lane.fence === fence,

    isAsRead: (stored: PostRow, read: PostRow) =>
      stored.version === read.version && stored.deleted_at === null,

    isBlockedByTwin(account: ModelAccount, post: PostRow): boolean {
      if (post.state !== 'queued') return false;
      for (const other of account.open.values())
        if (isUnresolved(other) && other.match_key === post.match_key) return true;
      return false;
    },

    /** A Pin that may exist counts. */
    countsForPacing: (post: PostRow) => mayHavePin(post),

    isBefore: (a: PostRow, b: PostRow) =>
      (a.run_at?.getTime() ?? 0) - (b.run_at?.getTime() ?? 0) || (a.id < b.id ? -1 : 1),

    pacedUntil(account: ModelAccount, now: number): number | null {
      const { row } = account;
      if (row.publishing === 'paused') return row.paused_policy === 'hold' ? Number.POSITIVE_INFINITY : null;
      const isCatchingUp = row.missed_policy === 'publish' && hasMissed(account);
      const seconds = isCatchingUp
        ? Math.max(row.min_interval_seconds, catchUpSeconds)
        : row.min_interval_seconds;
      if (seconds === 0 && row.daily_pin_limit === null) return null;
      const pins = pinsOfDay(account, rules.countsForPacing, now);
      const newest = pins[0] ?? null;
      const oldest = row.daily_pin_limit === null ? null : (pins[row.daily_pin_limit - 1] ?? null);
      return greatest(
        seconds > 0 && newest !== null ? newest + seconds * 1000 : null,
        oldest === null ? null : oldest + dayMs,
      );
    },

    earliestWork(account: ModelAccount, pacedUntil: number | null): number | null {
      let queued: number | null = null;
      let unknown: number | null = null;
      let inFlight: number | null = null;
      for (const post of account.open.values()) {
        if (isInFlight(post)) inFlight = least(inFlight, post.updated_at.getTime());
        const runAt = post.run_at?.getTime() ?? null;
        if (runAt === null) continue;
        if (post.state === 'unknown') unknown = least(unknown, runAt);
        else if (post.state === 'queued' && !rules.isBlockedByTwin(account, post))
          queued = least(queued, runAt);
      }
      const paced = queued === null ? null : greatest(queued, pacedUntil);
      return least(paced === Number.POSITIVE_INFINITY ? null : paced, unknown, inFlight);
    },

    /** Wakes the lane at `runAt`, or as soon afterwards as its rest and its pacing allow. Returns whether it changed. */
    lowerWake({ lane }: ModelAccount, runAt: number): boolean {
      const at = greatest(runAt, lane.notBefore, lane.pacedUntil) ?? runAt;
      if (lane.pacedUntil === Number.POSITIVE_INFINITY) return false;
      if (lane.wakeAt !== null && lane.wakeAt <= at) return false;
      lane.wakeAt = at;
      return true;
    },
  };
  return rules;
}

/** Returns the account without its held posts. For planted mistakes. */
export function withoutHeld(account: ModelAccount): ModelAccount {
  return { ...account, open: new Map([...account.open].filter(([, post]) => post.state !== 'held')) };
}

function hasMissed({ lane, open }: ModelAccount): boolean {
  if (lane.awayUntil === null) return false;
  for (const post of open.values())
    if (
      post.state === 'queued' &&
      post.run_at !== null &&
      post.run_at.getTime() < lane.awayUntil - lateAfterMs
    )
      return true;
  return false;
}

/** Returns when the Pins of the last 24 hours were, or may have been, created; the newest first. */
function pinsOfDay(account: ModelAccount, counts: (post: PostRow) => boolean, now: number): number[] {
  const since = now - dayMs;
  const pins: number[] = [];
  for (const post of account.recent)
    if (post.listed_at.getTime() > since) pins.push(post.listed_at.getTime());
  for (const post of account.open.values())
    if (counts(post) && (post.attempt_started_at?.getTime() ?? 0) > since)
      pins.push(post.attempt_started_at?.getTime() ?? 0);
  return pins.sort((a, b) => b - a);
}
