// Random calls on the model and on PostgreSQL at once: after each call the results of both must be equal, and so must
// every row.
import { isUnresolved } from '../../src/domain/post-states.ts';
import { type AccountRow, updateAccountRow } from '../../src/features/accounts/accounts.queries.ts';
import {
  type LaneLease,
  lockLane,
  lowerWake,
  repaceLane,
  resetQueue,
  wakeLane,
} from '../../src/features/lanes/index.ts';
import type { PostRow, Step } from '../../src/features/posts/index.ts';
import { createPosts, markDeleted, writeEdit } from '../../src/features/posts/record/content.ts';
import { movePost } from '../../src/features/posts/record/move.ts';
import { createLaneStore } from '../../src/features/publishing/index.ts';
import { addMs } from '../../src/platform/clock.ts';
import type { Database } from '../../src/platform/db/index.ts';
import { systemActor } from '../../src/platform/use-case/index.ts';
import { seeded } from '../chaos/seeded.ts';
import { newPost } from '../new-post.ts';
import { createComparison } from './model-comparison.ts';
import type { Rules } from './model-rules.ts';
import { anyStep } from './model-steps.ts';
import { createModel } from './model-store.ts';

export interface CallFigures {
  calls: number;
  /** The number of calls of each kind. */
  callCounts: Record<string, number>;
  /** The number of successful moves of each kind. */
  moved: Record<string, number>;
}

const postsMax = 14;

interface CallsOptions {
  /** Rows that PostgreSQL has, without posts. */
  accounts: readonly AccountRow[];
  mediaId: string;
  seed: number;
  calls: number;
  /** Rules with a planted mistake, which the comparison must notice. */
  rules?: Rules;
}

export async function compareCalls(
  database: Database,
  { accounts, mediaId, seed, calls, rules }: CallsOptions,
): Promise<CallFigures> {
  const draw = seeded(seed);
  const sql = createLaneStore(database);
  const model = createModel({}, rules);
  for (const account of accounts) model.addAccount(account);
  const ids = accounts.map((account) => account.id);
  const moved: Record<string, number> = {};
  let now = new Date('2027-03-01T08:00:00Z');
  let count = 0;
  /** Leases of workers; many are no longer the last of their lane. */
  const held: LaneLease[] = [];
  /** Posts as they were read; many have changed since. */
  const read: PostRow[] = [];

  const { both, callCounts } = createComparison({ database, model, place: () => ({ seed, count, now }) });

  const anyAccount = () => draw.pick(ids);
  const later = () => addMs(now, draw.pick([0, 1, 1_000, 30_000, 700_000, 7_200_000]) * draw.between(1, 3));
  const posts = () => [...model.accounts.values()].flatMap((account) => [...account.posts.values()]);

  /** A post, mostly as it is now and sometimes as it was earlier. */
  function anyPost(accountId?: string): PostRow | undefined {
    const isOf = (post: PostRow) => accountId === undefined || post.account_id === accountId;
    const present = posts().filter((post) => post.deleted_at === null && isOf(post));
    const once = read.filter(isOf);
    const post =
      once.length > 0 && draw.chance(0.1)
        ? draw.pick(once)
        : present.length > 0
          ? draw.pick(present)
          : undefined;
    if (post) read.push(post);
    if (read.length > 20) read.shift();
    return post;
  }

  const transaction = <T>(work: Parameters<typeof database.transaction<T>>[0]) => database.transaction(work);

  async function create(): Promise<unknown> {
    if (posts().filter((post) => post.deleted_at === null && post.state !== 'sent').length >= postsMax)
      return remove();
    const post = newPost({
      id: `post_${String(count).padStart(6, '0')}`,
      organizationId: accounts[0]?.organization_id ?? '',
      accountId: anyAccount(),
      mediaId,
      title: draw.chance(0.5) ? 'equal' : `title ${count}`,
      boardId: draw.pick(['1', '2']),
      sendAt: draw.chance(0.85) ? later() : null,
    });
    return both(
      'create',
      post,
      () => model.create(post, now),
      () => transaction(async (tx) => (await createPosts(tx, [post], { actor: systemActor, now }))[0]),
    );
  }

  async function remove(): Promise<unknown> {
    const post = anyPost();
    if (!post) return;
    return both(
      'remove',
      post.id,
      () => model.remove(post, now),
      () => transaction((tx) => markDeleted(tx, post, { actor: systemActor, now })),
    );
  }

  async function edit(): Promise<unknown> {
    const post = anyPost();
    if (!post) return;
    const content = newPost({ organizationId: '', accountId: '', mediaId, sendAt: null });
    const boardId = draw.chance(0.9) || post.state !== 'draft' ? draw.pick(['1', '2']) : null;
    const edited = { ...content, boardId, title: draw.chance(0.5) ? 'equal' : `edited ${count}` };
    return both(
      'edit',
      [post.id, edited.title, boardId],
      () => model.edit(post, edited, now),
      () => transaction((tx) => writeEdit(tx, post, edited, { actor: systemActor, now })),
    );
  }

  async function moveByHand(): Promise<unknown> {
    const post = anyPost();
    if (!post) return;
    const step: Step = draw.chance(0.8)
      ? { move: 'schedule', sendAt: later(), boardId: draw.pick(['1', '2']) }
      : { move: 'unschedule' };
    return both(
      'moveByHand',
      [post.id, step],
      () => model.move(post, step, now),
      () => transaction((tx) => movePost(tx, post, step, { actor: systemActor, now })),
    );
  }

  async function resolve(): Promise<unknown> {
    const unresolved = posts().filter(isUnresolved);
    if (unresolved.length === 0) return;
    const post = draw.pick(unresolved);
    const pinId = draw.chance(0.5) ? String(100 + count) : null;
    return both(
      'resolve',
      [post.id, pinId],
      () => model.resolve(post, pinId, now),
      () =>
        transaction(async (tx) => {
          await lockLane(tx, post.account_id);
          const step: Step =
            pinId === null
              ? { move: 'clear', byHand: true }
              : { move: 'find', pinId, pinUrl: '', byHand: true };
          const settled = await movePost(tx, post, step, { actor: systemActor, now });
          await lowerWake(tx, post.account_id, now, now);
          return settled;
        }),
    );
  }

  async function move(): Promise<void> {
    const post = anyPost();
    if (!post) return;
    const own = held.filter((lane) => lane.accountId === post.account_id);
    const lane = own.at(draw.chance(0.9) ? -1 : 0) ?? {
      accountId: post.account_id,
      fence: 0,
      awayUntil: null,
    };
    const step = anyStep(post, { draw, later, now, count });
    const answer = await both(
      'move',
      [lane, post.id, step],
      () => model.lanes.move(lane, post, step, now),
      () => sql.move(lane, post, step, now),
    );
    if ((answer as { kind?: string } | undefined)?.kind === 'moved')
      moved[step.move] = (moved[step.move] ?? 0) + 1;
  }

  async function claim(): Promise<void> {
    const owner = draw.pick(['worker 1', 'worker 2']);
    const leaseUntil = addMs(now, 12_000);
    // The limit is large enough for all lanes, because the order of two that wake at the same moment is undefined.
    const request = { owner, now, leaseUntil, limit: ids.length };
    const sorted = (lanes: LaneLease[]) => lanes.sort((a, b) => (a.accountId < b.accountId ? -1 : 1));
    const taken = await both(
      'claim',
      request,
      () => sorted(model.lanes.claim(request)),
      async () => sorted(await sql.claim(request)),
    );
    held.push(...(taken as LaneLease[]));
    if (held.length > 12) held.splice(0, 4);
  }

  async function release(): Promise<unknown> {
    if (held.length === 0) return;
    const lane = draw.chance(0.8) ? (held.at(-1) as LaneLease) : draw.pick(held);
    const rest = {
      notBefore: draw.chance(0.15) ? later() : null,
      queueNotBefore: draw.chance(0.1) ? later() : null,
      isAway: draw.chance(0.1),
      now,
    };
    const post = draw.chance(0.4) ? anyPost(lane.accountId) : undefined;
    const last = post && { post, step: anyStep(post, { draw, later, now, count }) };
    const answer = await both(
      'release',
      [lane, rest, last],
      () => model.lanes.release(lane, rest, last),
      () => sql.release(lane, rest, last),
    );
    if (last && answer === 'moved') moved[last.step.move] = (moved[last.step.move] ?? 0) + 1;
    return answer;
  }

  async function findDuePost(): Promise<unknown> {
    const account = model.accountOf(anyAccount()).row;
    const accountAsRead = draw.chance(0.9)
      ? account
      : { ...account, publishing: 'paused' as const, paused_policy: 'fail' as const };
    const options = { unknownOnly: draw.chance(0.1) };
    return both(
      'findDuePost',
      account.id,
      () => model.lanes.findDuePost(accountAsRead, now, options),
      () => sql.findDuePost(accountAsRead, now, options),
    );
  }

  async function changeRules(): Promise<unknown> {
    const id = anyAccount();
    const to = draw.pick<Partial<AccountRow>>([
      { min_interval_seconds: draw.pick([0, 0, 30, 600]) },
      { daily_pin_limit: draw.pick([null, 1, 2, 5]) },
      { unknown_policy: draw.pick(['retry', 'ask']) },
      { missed_policy: draw.pick(['publish', 'hold']) },
    ]);
    return both(
      'changeRules',
      [id, to],
      () => model.changeRules(id, to, now),
      () =>
        transaction(async (tx) => {
          await updateAccountRow(tx, id, to);
          await repaceLane(tx, id, now);
        }),
    );
  }

  async function changePublishing(): Promise<unknown> {
    const id = anyAccount();
    const to = {
      publishing: draw.chance(0.3) ? 'paused' : 'active',
      paused_policy: draw.pick(['hold', 'fail', 'shift'] as const),
    } as const;
    const { row } = model.accountOf(id);
    return both(
      'changePublishing',
      [id, to],
      () => model.changePublishing(id, to, now),
      () =>
        transaction(async (tx) => {
          if (row.publishing === to.publishing && row.paused_policy === to.paused_policy) return;
          await updateAccountRow(tx, id, to);
          await resetQueue(tx, id, now, { wasAway: to.publishing === 'active' });
        }),
    );
  }

  const actions: Record<string, [number, () => Promise<unknown>]> = {
    create: [12, create],
    remove: [2, remove],
    edit: [4, edit],
    moveByHand: [5, moveByHand],
    resolve: [2, resolve],
    move: [40, move],
    claim: [8, claim],
    release: [8, release],
    findDuePost: [14, findDuePost],
    changeRules: [3, changeRules],
    changePublishing: [3, changePublishing],
    time: [
      14,
      async () => {
        now = addMs(now, draw.pick([1, 1_000, 13_000, 60_000, 900_000, 9_000_000]) * draw.between(1, 3));
      },
    ],
    wake: [
      1,
      () => {
        const id = anyAccount();
        return both(
          'wake',
          id,
          () => model.wake(id, now),
          () => wakeLane(database.db, id, now),
        );
      },
    ],
    renew: [
      4,
      () => {
        const request = {
          lanes: ids.flatMap(
            (id) => held.filter((lane) => lane.accountId === id).at(draw.chance(0.8) ? -1 : 0) ?? [],
          ),
          leaseUntil: addMs(now, draw.pick([12_000, 12_000, 9_000])),
        };
        return both(
          'renew',
          request,
          () => model.lanes.renew(request),
          () => sql.renew(request),
        );
      },
    ],
    findNextWake: [
      3,
      () =>
        both(
          'findNextWake',
          null,
          () => model.lanes.findNextWake(now),
          () => sql.findNextWake(now),
        ),
    ],
    listQueue: [
      2,
      () => {
        const id = anyAccount();
        return both(
          'listQueue',
          id,
          () => model.lanes.listQueue(id),
          () => sql.listQueue(id),
        );
      },
    ],
    listInFlight: [
      2,
      () => {
        const id = anyAccount();
        const sorted = (rows: PostRow[]) => rows.sort((a, b) => (a.id < b.id ? -1 : 1));
        return both(
          'listInFlight',
          id,
          () => sorted(model.lanes.listInFlight(id)),
          async () => sorted(await sql.listInFlight(id)),
        );
      },
    ],
    listOwnedPinIds: [
      2,
      () => {
        const id = anyAccount();
        const pinIds = ['1', '2', ...posts().flatMap((post) => post.pin_id ?? [])];
        return both(
          'listOwnedPinIds',
          id,
          () => model.lanes.listOwnedPinIds(id, pinIds),
          () => sql.listOwnedPinIds(id, pinIds),
        );
      },
    ],
    sweepLanes: [
      3,
      () =>
        both(
          'sweepLanes',
          null,
          () => model.lanes.sweepLanes(now),
          () => sql.sweepLanes(now),
        ),
    ],
  };
  const lots = Object.values(actions).flatMap(([weight, act]) => Array.from({ length: weight }, () => act));
  for (; count < calls; count += 1) await draw.pick(lots)();
  return { calls, callCounts, moved };
}
