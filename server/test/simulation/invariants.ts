// The rules that apply in every order of events, checked after each write, each Pin and each step. Where possible they
// are checked against the ledger of the model of Pinterest rather than Pintail's own rows.
import { isInFlight, isUnresolved, mayHavePin } from '../../src/domain/post-states.ts';
import type { PostRow } from '../../src/features/posts/index.ts';
import type { LedgerPin, ModelPinterest } from './model-pinterest.ts';
import { createRules, greatest, type ModelAccount } from './model-rules.ts';
import type { Model } from './model-store.ts';
import type { Process } from './processes.ts';

const dayMs = 24 * 3600 * 1000;

export type Invariants = ReturnType<typeof createInvariants>;

export function createInvariants({
  model,
  pinterest,
  present,
  now,
}: {
  model(): Model;
  pinterest(): ModelPinterest;
  /** The process of the present act, and the number of acts. */
  present(): { process: Process | null; count: number };
  now(): Date;
}) {
  // The correct rules, even when the model runs with a planted mistake.
  const rules = createRules();
  const broken: string[] = [];
  const owners = new Map<string, PostRow>();
  /** The number of acts at the last change of a post, of an account, and of an account with a match key. */
  const touched = new Map<string, number>();
  const ruledAt = new Map<string, number>();
  const freedAt = new Map<string, number>();
  const holders = new Map<string, { process: Process; fence: number }>();
  const pinsOf = new Map<string, { startedAt: number; madeAt: number }[]>();

  function breach(what: string): void {
    broken.push(what);
  }

  /** Returns true if something changed since this process found the post due. */
  const isSince = (changed: number | undefined, foundAt: number) =>
    changed !== undefined && changed >= foundAt;

  function checkPacing(account: ModelAccount, post: PostRow, foundAt: number): void {
    const { row } = account;
    const at = now().getTime();
    if (isSince(ruledAt.get(row.id), foundAt)) return;
    if (row.publishing === 'paused') breach(`${post.id} went out while its account was paused`);
    const earlier = pinsOf.get(row.id) ?? [];
    // From request to request: Pintail does not pace the time that Pinterest takes.
    const newest = Math.max(...earlier.map((pin) => pin.startedAt));
    if (at - newest < row.min_interval_seconds * 1000)
      breach(
        `${post.id} went out ${at - newest} ms after another Pin; ${row.min_interval_seconds} s were asked for`,
      );
    const ofDay = earlier.filter((pin) => pin.startedAt > at - dayMs).length;
    if (row.daily_pin_limit !== null && ofDay >= row.daily_pin_limit)
      breach(`${post.id} is Pin ${ofDay + 1} of 24 hours, and the limit is ${row.daily_pin_limit}`);
  }

  function checkOrder(account: ModelAccount, taken: PostRow, foundAt: number): void {
    for (const other of account.open.values()) {
      if (other.state !== 'queued' || other.run_at === null || rules.isBefore(taken, other) <= 0) continue;
      if (isSince(touched.get(other.id), foundAt) || rules.isBlockedByTwin(account, other)) continue;
      if (isSince(freedAt.get(`${account.row.id} ${other.match_key}`), foundAt)) continue;
      breach(`${taken.id} was taken before ${other.id}, which was due earlier`);
    }
  }

  /** The Pin of a lost answer could be mistaken for the Pin of an equal post. */
  function checkTwins(account: ModelAccount, taken: PostRow, foundAt: number): void {
    for (const other of account.open.values()) {
      if (other.id === taken.id || other.match_key !== taken.match_key || !isUnresolved(other)) continue;
      if (isSince(touched.get(other.id), foundAt)) continue;
      breach(`${taken.id} was taken while its equal ${other.id} was ${other.state}`);
    }
  }

  return {
    broken,
    breach,

    ruled: (accountId: string) => ruledAt.set(accountId, present().count),

    wrote(post: PostRow, before: PostRow | undefined): void {
      const { count, process } = present();
      touched.set(post.id, count);
      owners.set(post.media_id, post);
      if (before && isUnresolved(before) && !isUnresolved(post))
        freedAt.set(`${post.account_id} ${before.match_key}`, count);
      const pins = pinterest().of(post.media_id);
      if (post.state === 'sent') {
        if (pinterest().ledger.get(post.pin_id ?? '')?.mediaId !== post.media_id)
          breach(`${post.id} counts as sent, and Pin ${post.pin_id} is not its Pin`);
      } else if (!mayHavePin(post) && pins.length > 0)
        breach(`${post.id} became ${post.state}, and has a Pin`);
      if (post.state === 'publishing' && process) {
        const account = model().accountOf(post.account_id);
        const foundAt = process.foundAt.get(post.id) ?? 0;
        checkOrder(account, before ?? post, foundAt);
        checkTwins(account, post, foundAt);
      }
    },

    /** Called right after a Pin was created. */
    created({ mediaId, madeAt }: LedgerPin): void {
      const post = owners.get(mediaId);
      if (!post) {
        breach(`a Pin was made of ${mediaId}, which is of no post`);
        return;
      }
      if (pinterest().of(mediaId).length > 1) breach(`${post.id} was published twice`);
      if (!mayHavePin(post)) breach(`a Pin was made for ${post.id}, which is ${post.state}`);
      const { process } = present();
      const account = model().accountOf(post.account_id);
      checkPacing(account, post, process?.foundAt.get(post.id) ?? 0);
      const startedAt = post.attempt_started_at?.getTime() ?? madeAt;
      const earlier = (pinsOf.get(post.account_id) ?? []).filter(
        (pin) => pin.madeAt > madeAt - dayMs - 3_600_000,
      );
      pinsOf.set(post.account_id, [...earlier, { startedAt, madeAt }]);
    },

    /** Called before a worker sends a create request, which then cannot be canceled. */
    asks(process: Process, accountId: string): void {
      const { lane } = model().accountOf(accountId);
      if (holders.get(accountId)?.process !== process || (lane.leaseUntil ?? 0) <= now().getTime())
        breach(`${process.name} asked for a Pin of ${accountId}, whose lane it no longer held`);
    },

    took(process: Process, accountId: string, fence: number): void {
      holders.set(accountId, { process, fence });
    },

    /** Called after a worker has written in a lane. */
    wroteIn(process: Process, accountId: string, fence: number): void {
      const holder = holders.get(accountId);
      if (holder?.process !== process || holder.fence !== fence)
        breach(`${process.name} wrote in the lane of ${accountId}, which it no longer held`);
    },

    /** Called after each step. A post that was left in flight is work too: the lane must wake for it. */
    check(): void {
      const at = now().getTime();
      for (const account of model().accounts.values()) {
        const { lane, row } = account;
        if (lane.owner !== null) continue;
        const due = rules.earliestWork(account, lane.pacedUntil);
        const latest = greatest(due, lane.notBefore, at);
        if (due !== null && latest !== null && (lane.wakeAt === null || lane.wakeAt > latest))
          breach(`the lane of ${row.id} would sleep past its posts`);
      }
    },

    /** Called after a long calm: posts that were due before it must be finished, unless something blocks them. */
    checkLiveness(dueBefore: number, isAppAway: boolean): void {
      const at = now().getTime();
      for (const account of model().accounts.values()) {
        const { row, lane, open } = account;
        if (!row.token_authorized || isAppAway || (lane.notBefore ?? 0) > dueBefore) continue;
        for (const post of open.values()) {
          if (isInFlight(post)) breach(`${post.id} rests in ${post.state}`);
          if (post.run_at === null || post.run_at.getTime() > dueBefore) continue;
          if (post.state === 'queued') {
            if (row.publishing === 'paused' || rules.isBlockedByTwin(account, post)) continue;
            const isPaced =
              row.min_interval_seconds > 0 || row.daily_pin_limit !== null || lane.awayUntil !== null;
            if (isPaced && (rules.pacedUntil(account, at) ?? 0) > dueBefore) continue;
          }
          breach(
            `${post.id} has been ${post.state} and due for ${at - post.run_at.getTime()} ms, and nothing happens`,
          );
        }
      }
    },
  };
}
