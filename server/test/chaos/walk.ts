// A random walk through everything that can happen to posts, with a clock that the walk advances: users who change
// their minds, workers that die or are suspended, a Pinterest that loses responses. The invariants are checked after
// each step.

import { newId } from '../../src/domain/ids.ts';
import { createPosts } from '../../src/features/posts/record/content.ts';
import type { Worker } from '../../src/features/publishing/index.ts';
import { addMs } from '../../src/platform/clock.ts';
import { sql } from '../../src/platform/db/index.ts';
import { systemActor } from '../../src/platform/use-case/index.ts';
import { type Json, type PinterestAccount, plainGrant, type TestApp } from '../app.ts';
import { newPost } from '../new-post.ts';
import { checkHistory } from './history.ts';
import { createMortalWorker, type MortalWorker } from './mortal-worker.ts';
import { type Seeded, seeded } from './seeded.ts';

export interface WalkFigures {
  steps: number;
  posts: number;
  pins: number;
  /** Workers that stopped during their work, and those of them that continued later. */
  stops: number;
  wakes: number;
  /** The number of steps of each kind. */
  taken: Record<string, number>;
}

const accountsCount = 3;
/** Pinterest's Pins are checked after this many steps; our own tables after every step. */
const ledgerEvery = 10;

const createFaults: Json[] = [
  { kind: 'status', status: 500, when: 'before' },
  { kind: 'status', status: 503, when: 'after' },
  { kind: 'status', status: 502, when: 'after', body: 'html' },
  { kind: 'reset', when: 'before' },
  { kind: 'reset', when: 'after' },
  { kind: 'truncate', when: 'after' },
  { kind: 'status', status: 429, code: 8, when: 'before' },
  { kind: 'status', status: 401, code: 2, when: 'before' },
  { kind: 'status', status: 404, code: 40, when: 'before' },
];

export async function walk(
  app: TestApp,
  { seed, steps }: { seed: number; steps: number },
): Promise<WalkFigures> {
  const draw = seeded(seed);
  const accounts: PinterestAccount[] = [];
  for (let index = 0; index < accountsCount; index += 1)
    accounts.push(await app.connectAccount({ boards: ['Walk'] }));
  const walker = await createWalker(app, accounts, draw, seed);
  const actions = Object.entries(walker.actions).flatMap(([name, [weight, act]]) =>
    Array.from({ length: weight }, () => ({ name, act })),
  );
  const taken: Record<string, number> = {};
  let name = 'start';
  let step = 0;
  try {
    for (; step < steps; step += 1) {
      const action = draw.pick(actions);
      name = action.name;
      taken[name] = (taken[name] ?? 0) + 1;
      await action.act();
      await walker.checkTables();
      if (step % ledgerEvery === 0) await walker.checkLedger();
    }
    name = 'end';
    await walker.finish();
  } catch (error) {
    throw new Error(`seed ${seed}, step ${step} (${name}): ${String(error)}`, { cause: error });
  }
  return { steps, taken, ...(await walker.counts()) };
}

async function createWalker(app: TestApp, accounts: PinterestAccount[], draw: Seeded, seed: number) {
  const { clock, database } = app;
  const ids = accounts.map((account) => account.accountId);
  // Random numbers of its own, so that the order of concurrent workers does not change the walk.
  const random = seeded(draw.between(0, 2 ** 31)).next;
  const workers: Worker[] = Array.from({ length: 2 }, () => app.app.createWorker({ random }));
  const posts: { id: string; account: PinterestAccount }[] = [];
  const sleeping: MortalWorker[] = [];
  let titles = 0;
  let stops = 0;
  let wakes = 0;

  const nextTitle = () => {
    titles += 1;
    return `walk ${seed} ${titles}`;
  };
  const soon = () =>
    addMs(clock.now(), draw.pick([1, 1_000, 30_000, 300_000, 3_600_000]) * draw.between(1, 3));
  const boardOf = (account: PinterestAccount) => Object.values(account.boards)[0] ?? '';

  async function createByApi(): Promise<void> {
    const account = draw.pick(accounts);
    const sendAt = draw.chance(0.8) ? { sendAt: soon().toISOString() } : { sendAt: undefined };
    const post = await app.createPost(account, { title: nextTitle(), ...sendAt });
    posts.push({ id: post.id, account });
  }

  // All posts share one picture, because fetching and decoding it is most of the cost of a create.
  await createByApi();
  const model = await database.db
    .selectFrom('posts')
    .selectAll()
    .where('id', '=', posts[0]?.id ?? '')
    .executeTakeFirstOrThrow();

  async function createWithKnownPicture(): Promise<void> {
    const account = draw.pick(accounts);
    const id = newId('post');
    const sendAt = draw.chance(0.85) ? soon() : null;
    await database.transaction((tx) =>
      createPosts(
        tx,
        [
          newPost({
            id,
            organizationId: app.organizationId,
            accountId: account.accountId,
            title: nextTitle(),
            boardId: boardOf(account),
            mediaId: model.media_id,
            sendAt,
          }),
        ],
        { actor: systemActor, now: clock.now() },
      ),
    );
    posts.push({ id, account });
  }

  /** Sends a caller's request about a post. A refusal is a valid result, a 5xx is not. */
  async function change(method: string, path: string, body?: Json): Promise<void> {
    // Mostly the newest posts, because old ones are finished.
    const { id, account } = draw.pick(draw.chance(0.8) ? posts.slice(-10) : posts);
    const answer = await app.call(method, `/v1/accounts/${account.accountId}/posts/${id}${path}`, body);
    if (answer.status >= 500)
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  }

  async function changeAccount(method: string, path: string, body?: Json): Promise<void> {
    const { accountId } = draw.pick(accounts);
    const answer = await app.call(method, `/v1/accounts/${accountId}${path}`, body);
    if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status}`);
  }

  const schedule = () => change('POST', '/schedule', { sendAt: soon().toISOString() });
  const runOne = () => draw.pick(workers).runDue();

  function reconnect(account: PinterestAccount) {
    return app.app.accounts.connect({
      organizationId: app.organizationId,
      accessToken: account.accessToken,
      ...plainGrant,
    });
  }

  async function stopInTheMiddle(): Promise<void> {
    const stop = { act: draw.between(1, 8), when: draw.pick(['before', 'after'] as const) };
    const mortal = createMortalWorker(app.app, { clock, random }, stop);
    const isAsleep = draw.chance(0.5);
    // If nothing is due, no worker reaches the act at which it stops.
    clock.advance(draw.pick([60_000, 300_000, 1_800_000]));
    if (!(await mortal.runDue())) return;
    stops += 1;
    if (mortal.wake && isAsleep) sleeping.push(mortal);
  }

  async function wakeOne(): Promise<void> {
    const [woken] = sleeping.splice(draw.between(0, sleeping.length), 1);
    if (!woken?.wake) return;
    wakes += 1;
    await woken.wake();
  }

  async function setFault(): Promise<void> {
    const times = draw.between(1, 3);
    const looks = { operation: 'boards/list_pins', kind: 'status', status: 503, when: 'before', times };
    const create = { operation: 'pins/create', ...draw.pick(createFaults), times };
    await app.faults([draw.chance(0.15) ? looks : create]);
  }

  /** The weight of each step, and its function. */
  const actions: Record<string, [number, () => Promise<unknown>]> = {
    createByApi: [2, createByApi],
    create: [20, createWithKnownPicture],
    schedule: [8, schedule],
    delete: [4, () => change('DELETE', '')],
    advance: [
      22,
      async () => clock.advance(draw.pick([1, 1_000, 12_000, 60_000, 900_000]) * draw.between(1, 3)),
    ],
    run: [18, runOne],
    runTogether: [6, () => Promise.all([...workers.map((worker) => worker.runDue()), schedule()])],
    stopInTheMiddle: [8, stopInTheMiddle],
    wake: [3, wakeOne],
    fault: [6, setFault],
    clearFaults: [2, () => app.clearFaults()],
    reconnect: [4, () => reconnect(draw.pick(accounts))],
    pause: [3, () => changeAccount('POST', '/pause', { onDue: draw.pick(['hold', 'fail', 'shift']) })],
    resume: [6, () => changeAccount('POST', '/resume')],
    missedPolicy: [1, () => changeAccount('PATCH', '', { missedPolicy: draw.pick(['publish', 'hold']) })],
  };

  async function stored() {
    return database.db.selectFrom('posts').selectAll().where('account_id', 'in', ids).execute();
  }

  async function pinsByTitle(): Promise<Map<unknown, Json>> {
    const byTitle = new Map<unknown, Json>();
    for (const account of accounts) {
      for (const pin of await app.pins({ boardId: boardOf(account) })) {
        if (byTitle.has(pin.title)) throw new Error(`"${String(pin.title)}" was published twice`);
        byTitle.set(pin.title, pin);
      }
    }
    return byTitle;
  }

  const walker = {
    actions,

    async checkTables(): Promise<void> {
      // No post waits for an equal one here, because each has a unique title.
      const { rows: stranded } = await sql`
        select l.account_id from lanes l join posts p on p.account_id = l.account_id
        where l.account_id = any(${ids}) and l.owner is null and p.run_at is not null
          and l.paced_until is distinct from 'infinity'
          and (l.wake_at is null or l.wake_at > greatest(p.run_at, l.not_before, l.paced_until, ${clock.now()}))
      `.execute(database.db);
      if (stranded.length > 0) throw new Error(`${stranded.length} lanes would have slept past their posts`);
      // A worker releases a lane only when nothing is in flight in it.
      const { rows } = await sql<{ title: string; state: string }>`
        select p.title, p.state from posts p join lanes l on l.account_id = p.account_id
        where l.account_id = any(${ids}) and p.state = 'publishing' and l.owner is null
      `.execute(database.db);
      if (rows.length > 0)
        throw new Error(`left in flight in a lane that nobody holds: ${JSON.stringify(rows)}`);
    },

    async checkLedger(): Promise<void> {
      const pins = await pinsByTitle();
      for (const post of await stored()) {
        if (post.state === 'sent' && pins.get(post.title)?.id !== post.pin_id)
          throw new Error(`"${post.title}" counts as sent, and Pin ${post.pin_id} is not its Pin`);
        const mustHaveNone = post.state === 'draft' || post.state === 'failed' || post.deleted_at !== null;
        if (mustHaveNone && pins.has(post.title))
          throw new Error(`"${post.title}" is ${post.state}, and has a Pin`);
      }
    },

    /** Ends all faults and advances the time until every post must be finished. */
    async finish(): Promise<void> {
      await app.clearFaults();
      while (sleeping.length > 0) await wakeOne();
      for (const account of accounts) {
        await reconnect(account);
        await app.call('POST', `/v1/accounts/${account.accountId}/resume`);
      }
      for (let round = 0; round < 400; round += 1) {
        await runOne();
        await walker.checkTables();
        const left = (await stored()).filter((post) => post.run_at !== null && post.deleted_at === null);
        if (left.length === 0) break;
        // Missed posts are published a minute apart.
        const next = Math.min(...left.map((post) => post.run_at?.getTime() ?? 0));
        clock.advance(Math.max(61_000, next - clock.now().getTime()));
      }
      await walker.checkLedger();
      const pins = await pinsByTitle();
      for (const { title, state, failure, deleted_at } of await stored()) {
        if (deleted_at !== null || state === 'draft') continue;
        if (state === 'failed' && failure !== null) continue;
        // The post is held for a person.
        if (state === 'held') continue;
        if (state !== 'sent' || !pins.has(title)) throw new Error(`"${title}" ended as ${state}`);
      }
      await checkHistory(database.db, ids);
    },

    async counts() {
      return { posts: posts.length, pins: (await pinsByTitle()).size, stops, wakes };
    },
  };
  return walker;
}
