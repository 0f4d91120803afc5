// A random walk through everything that can happen, at about ten thousand steps a second: users who change their minds,
// workers that interleave in any order, die, are suspended and resume, and a Pinterest that loses answers.
import type { AccountRow } from '../../src/features/accounts/index.ts';
import { fairWeather } from './model-pinterest.ts';
import { createUsers, type Users } from './users.ts';
import { createWorld, leaseMs, type Mutation, type World } from './world.ts';

export interface Figures {
  steps: number;
  /** The acts of workers: transactions, calls, reads. */
  acts: number;
  posts: number;
  pins: number;
  /** The number of steps of each kind. */
  taken: Record<string, number>;
  /** The number of moves of each kind, of lost lanes and of lost connections. */
  counts: Record<string, number>;
}

const accountsCount = 3;
const calmEvery = 1_500;
const calmMs = 30 * 60_000;
const hour = 3600 * 1000;

/** Runs a walk. @throws Error with the seed, the step and the events before it. */
export async function simulate({
  seed,
  steps,
  mutation,
}: {
  seed: number;
  steps: number;
  mutation?: Mutation;
}): Promise<Figures> {
  const world = createWorld(seed, mutation);
  const { draw, invariants } = world;
  const taken: Record<string, number> = {};
  let step = 0;
  const users = createUsers(world, taken);
  const lots = lotsOf(world, users);

  const check = () => {
    if (invariants.broken.length === 0) invariants.check();
    if (invariants.broken.length === 0) return;
    const last = world.trace
      .slice(-30)
      .map(([at, what, detail]) => `  ${new Date(at).toISOString()} ${what} ${detail}`);
    throw new Error(
      `seed ${seed}, step ${step}: ${invariants.broken.slice(0, 3).join('\n')}\n${last.join('\n')}`,
    );
  };

  const ids = Array.from({ length: accountsCount }, (_, index) => `acc_${index + 1}`);
  for (const id of ids) world.model.addAccount(newAccount(id));
  while (world.processes.length < 2) world.start();
  for (; step < steps; step += 1) {
    const [name, act] = draw.pick(lots);
    taken[name] = (taken[name] ?? 0) + 1;
    act();
    await world.settle();
    check();
    if (step % calmEvery === calmEvery - 1) await calmDown(world, check);
  }
  await calmDown(world, check);
  await finish(world, users, check);
  return {
    steps,
    taken,
    counts: world.counts,
    acts: world.actCount(),
    posts: users.count(),
    pins: world.pinterest.ledger.size,
  };
}

type Lot = [string, () => void];

function lotsOf(world: World, users: Users): Lot[] {
  const { draw, awake } = world;
  const faults = { creates: 0.3, listings: 0.1, delayMsMax: 600_000 };
  const weathers: [typeof faults, number][] = [
    [fairWeather, 0],
    [faults, 0],
    [faults, 0.02],
    [{ creates: 0.9, listings: 0.3, delayMsMax: 600_000 }, 0],
  ];

  function proceed(): void {
    const ready = world.ready();
    if (ready.length > 0) world.proceed(draw.pick(ready));
    else pass();
  }

  function pass(): void {
    const isBusy = world.ready().length > 0;
    const dice = draw.next();
    if (isBusy)
      world.pass(dice < 0.85 ? draw.pick([1, 50, 500]) : dice < 0.98 ? 4_000 : draw.pick([13_000, 900_000]));
    else if (dice < 0.6) world.pass(untilNext(world));
    else if (dice < 0.98) world.pass(draw.pick([1_000, 13_000, 60_000]));
    else world.pass(draw.between(1, 3) * hour);
  }

  const someone = (act: (process: World['processes'][number]) => void) => () => {
    const process = awake();
    if (process.length > 0) act(draw.pick(process));
  };

  const weights: Record<string, [number, () => void]> = {
    proceed: [600, proceed],
    pass: [120, pass],
    create: [60, users.create],
    schedule: [25, users.schedule],
    unschedule: [6, users.unschedule],
    edit: [15, users.edit],
    delete: [8, users.remove],
    resolve: [12, users.resolve],
    pace: [5, users.pace],
    policies: [3, users.policies],
    pause: [2, users.pause],
    resume: [6, users.resume],
    reconnect: [8, users.reconnect],
    weather: [6, () => world.setWeather(...draw.pick(weathers))],
    kill: [5, someone((process) => world.kill(process))],
    sleep: [5, someone((process) => world.sleep(process))],
    wake: [
      5,
      () => {
        const sleeping = world.processes.filter((process) => process.state === 'asleep');
        if (sleeping.length > 0) world.wake(draw.pick(sleeping));
      },
    ],
    stop: [
      2,
      someone(
        (process) =>
          void process.worker.stop(10_000).then(() => process.state === 'dead' || world.kill(process)),
      ),
    ],
    start: [10, () => void (awake().length < 3 && world.start())],
  };
  return Object.entries(weights).flatMap(([name, [weight, act]]) =>
    Array.from({ length: weight }, (): Lot => [name, act]),
  );
}

/** Moves time to the next timer. */
function untilNext(world: World): number {
  const at = world.now().getTime();
  const moments = [...world.model.accounts.values()].flatMap(({ lane }) =>
    lane.wakeAt === null ? [] : [Math.max(lane.wakeAt, lane.leaseUntil ?? 0)],
  );
  return Math.max(1, Math.min(hour, ...moments.filter((moment) => moment > at).map((moment) => moment - at)));
}

/** Ends all faults and resumes all processes; posts that were due must be finished soon. */
async function calmDown(world: World, check: () => void, ms = calmMs): Promise<void> {
  world.tell('calm');
  world.setWeather(fairWeather, 0);
  for (const process of [...world.processes]) if (process.state === 'asleep') world.wake(process);
  if (world.awake().length < 2) world.start();
  const dueBefore = world.now().getTime();
  const end = dueBefore + ms;
  while (world.now().getTime() < end) {
    await runAll(world, check);
    if (world.ready().length > 0) {
      world.invariants.breach('the workers find no end');
      check();
    }
    world.pass(Math.min(untilNext(world), end - world.now().getTime(), leaseMs * 20));
  }
  await runAll(world, check);
  world.invariants.checkLiveness(dueBefore, world.isAppAway());
  check();
}

/** Runs acts until every process waits for a timer. */
async function runAll(world: World, check: () => void): Promise<void> {
  await world.settle();
  for (let acts = 0; acts < 5_000; acts += 1) {
    const [act] = world.ready();
    if (!act) return;
    world.proceed(act);
    await world.settle();
    check();
  }
}

/** Removes every obstacle and advances the time until every post must be finished. */
async function finish(world: World, users: Users, check: () => void): Promise<void> {
  const { model, now } = world;
  for (const { row } of model.accounts.values()) {
    model.setAuthorized(row.id, true);
    model.wake(row.id, now());
    world.invariants.ruled(row.id);
    model.changeRules(row.id, { min_interval_seconds: 0, daily_pin_limit: null }, now());
    model.changePublishing(row.id, { publishing: 'active', paused_policy: 'hold' }, now());
  }
  for (let round = 0; ; round += 1) {
    await calmDown(world, check);
    users.resolveAll();
    const left = [...model.accounts.values()].flatMap(({ open }) => [...open.values()]);
    if (left.length === 0) return;
    if (round === 100) throw new Error(`left over: ${JSON.stringify(left.slice(0, 3))}`);
  }
}

function newAccount(id: string): AccountRow {
  return {
    id,
    organization_id: 'org',
    environment: 'simulator',
    token_authorized: true,
    unknown_policy: 'retry',
    min_interval_seconds: 0,
    daily_pin_limit: null,
    publishing: 'active',
    paused_policy: 'hold',
    missed_policy: 'publish',
    // The worker reads only these fields.
  } as AccountRow;
}
