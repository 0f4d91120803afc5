// The world of one seed: models of PostgreSQL and Pinterest, worker processes, and a clock that jumps. Acts run one at a
// time, and the invariants are checked after each.
import { setImmediate } from 'node:timers/promises';
import type { AccountRow } from '../../src/features/accounts/index.ts';
import type { LaneStore, WorkerParts } from '../../src/features/publishing/index.ts';
import type { PinterestEnvironments } from '../../src/pinterest/index.ts';
import type { Clock } from '../../src/platform/clock.ts';
import { Outage } from '../../src/platform/errors.ts';
import type { Log } from '../../src/platform/log.ts';
import { seeded } from '../chaos/seeded.ts';
import { createInvariants } from './invariants.ts';
import { createModelPinterest, fairWeather, type ModelPinterest } from './model-pinterest.ts';
import { createRules, type Rules } from './model-rules.ts';
import { createModel, type Model } from './model-store.ts';
import { type Act, Broken, createActs, createJumpingClock, type Process, startProcess } from './processes.ts';

export const leaseMs = 12_000;
/** The defaults of the settings. */
const confirmDelaysMs = [10_000, 30_000, 120_000, 600_000];
/** The maximum time of a request on the way to Pinterest: less than the searches take. */
const networkMsMax = 30_000;
const minute = 60_000;

/** The share of acts whose result is received later. */
const lateness = 0.1;

/** A planted mistake, which the simulation must notice. */
export interface Mutation {
  rules?(right: Rules): Partial<Rules>;
  lanes?(right: Model['lanes']): Partial<Model['lanes']>;
  confirmDelaysMs?: readonly number[];
}

export type World = ReturnType<typeof createWorld>;

export function createWorld(seed: number, mutation: Mutation = {}) {
  const draw = seeded(seed);
  const clock = createJumpingClock(new Date('2027-03-01T08:00:00Z'));
  const trace: [number, string, string][] = [];
  const processes: Process[] = [];
  const pauses = new Map<string, number>();
  let present: Process | null = null;
  let actCount = 0;
  let names = 0;
  let isNotified = false;
  let weather = fairWeather;
  /** The share of acts that fail, from 0 to 1. */
  let breakage = 0;

  const now = () => clock.now();
  const tell = (what: string, detail = '') => {
    trace.push([now().getTime(), what, detail]);
    if (trace.length > 60) trace.splice(0, 30);
  };

  const counts: Record<string, number> = {};
  const count = (what: string) => {
    counts[what] = (counts[what] ?? 0) + 1;
  };

  const invariants = createInvariants({
    model: () => model,
    pinterest: () => pinterest,
    present: () => ({ process: present, count: actCount }),
    now,
  });
  const rules = createRules();
  Object.assign(rules, mutation.rules?.(createRules()));
  const model: Model = createModel(
    {
      wrote: invariants.wrote,
      notify: () => {
        isNotified = true;
      },
    },
    rules,
  );
  Object.assign(model.lanes, mutation.lanes?.({ ...model.lanes }));
  const pinterest: ModelPinterest = createModelPinterest({
    now,
    draw: seeded(draw.between(0, 2 ** 31)),
    weather: () => weather,
    // Less than the two minutes that match-pin.ts allows for.
    skewMs: draw.between(-100_000, 100_000),
    created: invariants.created,
  });
  const acts = createActs(now, (act) => {
    actCount += 1;
    present = act.process;
    tell(act.process.name, act.name);
  });
  const { waiting, acting } = acts;
  const random = seeded(draw.between(0, 2 ** 31));

  /** The parts of a process. */
  function partsOf(process: Process, own: Clock): Omit<WorkerParts, 'clock' | 'publishGate'> {
    const act = <T>(name: string, work: () => T) => acting(process, name, work);
    const { lanes: stored } = model;
    const lanes: LaneStore = {
      claim: (request) =>
        act('claim', () => {
          const taken = stored.claim(request);
          for (const { accountId, fence, opening } of taken) {
            invariants.took(process, accountId, fence);
            if (opening?.first) process.foundAt.set(opening.first.id, actCount);
          }
          return taken;
        }),
      renew: (renewal) => act('renew', () => stored.renew(renewal)),
      release: (lane, rest, last) =>
        act(last ? `release with ${last.step.move} ${last.post.id}` : 'release', () => {
          const { owner } = model.accountOf(lane.accountId).lane;
          const moved = stored.release(lane, rest, last);
          if (moved === 'moved' || model.accountOf(lane.accountId).lane.owner !== owner)
            invariants.wroteIn(process, lane.accountId, lane.fence);
          if (last && moved) count(moved === 'moved' ? last.step.move : moved);
          return moved;
        }),
      findNextWake: (at) => act('findNextWake', () => stored.findNextWake(at)),
      getAccount: (id) => act('getAccount', () => stored.getAccount(id)),
      findDuePost: (account, at, options) =>
        act('findDuePost', () => {
          const post = stored.findDuePost(account, at, options);
          if (post) process.foundAt.set(post.id, actCount);
          return post;
        }),
      listQueue: (id) => act('listQueue', () => stored.listQueue(id)),
      listInFlight: (id) => act('listInFlight', () => stored.listInFlight(id)),
      move: (lane, post, step, at) =>
        act(`${step.move} ${post.id}`, () => {
          const moved = stored.move(lane, post, step, at);
          if (moved.kind === 'moved') invariants.wroteIn(process, lane.accountId, lane.fence);
          count(moved.kind === 'moved' ? step.move : moved.kind);
          return moved;
        }),
      listOwnedPinIds: (id, pinIds) => act('listOwnedPinIds', () => stored.listOwnedPinIds(id, pinIds)),
      sweepLanes: (at) => act('sweepLanes', () => stored.sweepLanes(at)),
    };
    return {
      ...{ lanes, leaseMs, log, videos: noVideos, videoLeadMs: 10 * minute, sendIsStandard: 'auto' },
      confirmDelaysMs: mutation.confirmDelaysMs ?? confirmDelaysMs,
      owner: process.name,
      lanesMax: draw.between(1, 3),
      random: random.next,
      metrics: { polled() {}, moved() {}, lastPollAt: () => null },
      nextTimeslot: (account, after) => act('nextTimeslot', () => nextTimeslot(account, after)),
      accounts: {
        accessToken: (account) => account.id,
        tokenRefused: (account, reason) =>
          act('tokenRefused', () => {
            if (reason === 'token_invalid' && random.chance(0.5)) return 'refreshed' as const;
            model.setAuthorized(account.id, false);
            return 'unauthorized' as const;
          }),
      },
      appBudget: {
        pausedUntil: (environment) =>
          act('pausedUntil', () => {
            const until = pauses.get(environment) ?? 0;
            return until > now().getTime() ? new Date(until) : null;
          }),
        pause: (environment, until) =>
          act('pauseApp', () => {
            pauses.set(environment, Math.max(pauses.get(environment) ?? 0, until.getTime()));
          }),
        spend: () => act('spend', () => null),
      },
      media: {
        readForPublishing: ({ mediaId }) =>
          act('readPicture', () => {
            if (weather.creates > 0 && random.chance(0.02)) throw new Outage('the storage is away');
            return { contentType: 'image/png' as const, bytes: Buffer.from(mediaId) };
          }),
        openVideo: async () => null as never,
      } as WorkerParts['media'],
      pinterest: {
        pinUrl: () => '',
        of: () => ({
          createPin(token: string, body: Parameters<ModelPinterest['createPin']>[1]) {
            invariants.asks(process, token);
            return act(`createPin ${pictureOf(body)}`, () => pinterest.createPin(token, body));
          },
          listBoardPins: (token: string, boardId: string) =>
            act('listBoardPins', () => pinterest.listBoardPins(token, boardId)),
        }),
      } as unknown as Pick<PinterestEnvironments, 'of' | 'pinUrl'>,
    } as Omit<WorkerParts, 'clock' | 'publishGate'> & { clock?: typeof own };
  }

  /** Reports an error that the simulation did not cause as a breach. */
  const complain = (entry: unknown, text?: string) => {
    const error = (entry as { err?: unknown } | undefined)?.err;
    if (!(error instanceof Broken)) invariants.breach(`${text}: ${String((error as Error)?.stack ?? error)}`);
  };
  const log = {
    child: () => log,
    ...{ trace() {}, debug() {}, info() {}, warn: complain, error: complain, fatal: complain },
  } as unknown as Log;

  const awake = () => processes.filter((process) => process.state === 'awake');
  /** Acts that may run now. */
  const ready = () => waiting.filter((act) => act.process.state === 'awake');

  /** Requests on the way to Pinterest arrive, even if the process that sent them dies. */
  function arriveIn(process: Process | null, until: number): void {
    for (const act of [...waiting])
      if (
        act.name.startsWith('createPin') &&
        (process ? act.process === process : act.since + networkMsMax < until)
      )
        act.go('later');
  }

  function start(): Process {
    names += 1;
    const process = startProcess(`worker ${names}`, clock, partsOf);
    processes.push(process);
    return process;
  }

  /** Like kill -9: each of its acts is either done without a result, or not done. */
  function kill(process: Process): void {
    tell('kill', process.name);
    process.state = 'dead';
    processes.splice(processes.indexOf(process), 1);
    for (const cancel of [...process.timers]) cancel();
    for (const act of waiting.filter((pending) => pending.process === process)) {
      if (draw.chance(0.5)) act.go('never');
      else acts.leave(act);
    }
  }

  return {
    draw,
    clock,
    now,
    model,
    pinterest,
    invariants,
    waiting,
    processes,
    trace,
    tell,
    awake,
    ready,
    start,
    kill,

    actCount: () => actCount,
    counts,
    isAppAway: () => (pauses.get('simulator') ?? 0) > now().getTime(),

    setWeather(to: typeof weather, breaking: number): void {
      weather = to;
      breakage = breaking;
    },

    proceed(act: Act): void {
      if (breakage > 0 && draw.chance(breakage)) {
        tell('broken', act.name);
        count('broken');
        act.fail(draw.chance(0.5));
      } else if (draw.chance(act.name.startsWith('createPin') ? 0.5 : lateness)) act.go('later');
      else act.go();
      present = null;
    },

    sleep(process: Process): void {
      tell('sleep', process.name);
      process.state = 'asleep';
      arriveIn(process, 0);
      // A statement that was sent may still run, and its result waits for the process.
      for (const act of [...waiting])
        if (act.process === process && !act.name.startsWith('hear') && draw.chance(0.5)) act.go('later');
      present = null;
    },

    wake(process: Process): void {
      tell('wake', process.name);
      process.state = 'awake';
      for (const run of process.missed) run();
      process.missed.clear();
    },

    pass(ms: number): void {
      arriveIn(null, now().getTime() + ms);
      tell('time', `${ms} ms`);
      clock.jump(ms);
    },

    /** Runs every process until it waits for an act or a timer. */
    async settle(): Promise<void> {
      present = null;
      if (isNotified) {
        isNotified = false;
        // The listener may have lost its connection.
        for (const process of awake()) if (draw.chance(0.9)) process.worker.wake();
      }
      await setImmediate();
    },
  };
}

const pictureOf = ({ source }: Parameters<ModelPinterest['createPin']>[1]) =>
  source.type === 'image_base64' ? Buffer.from(source.bytes).toString() : '';

const noVideos = {
  claim: async () => [],
  findReady: async () => null,
  sendAgain: async () => false,
} as unknown as WorkerParts['videos'];

/** Each hour at ten past; some accounts have none. */
function nextTimeslot(account: AccountRow, after: Date): Date | null {
  if (account.id.endsWith('1')) return null;
  const hour = 3600 * 1000;
  const slot = Math.floor(after.getTime() / hour) * hour + 10 * minute;
  return new Date(slot > after.getTime() ? slot : slot + hour);
}
