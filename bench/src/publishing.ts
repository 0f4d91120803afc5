// For rows about publishing: posts that become due, and when the simulator has their Pins.
import { lanesChannel } from '../../server/src/features/lanes/index.ts';
import { pause } from '../../server/src/platform/clock.ts';
import { addPosts } from './fill.ts';
import type { Lab } from './lab.ts';
import { cpuSeconds, cpuSecondsOfTree } from './processes.ts';
import type { SimulatorProcess } from './simulator.ts';
import type { Server, Site } from './site.ts';
import { sum } from './statistics.ts';

/** The time to insert the posts and to notify the workers. */
const leadMs = (count: number) => 1_000 + count / 4;
const pollMs = 250;

export interface Due {
  lab: Lab;
  site: Site;
  workers: readonly Server[];
  simulator: SimulatorProcess;
  /** Differs at each call. */
  tag: string;
  count: number;
  /** The time over which they become due. */
  overMs: number;
  /** How long to wait after the last one is due. */
  timeoutMs: number;
}

export interface Published {
  /** Milliseconds from the due time to the Pin, per post. */
  lags: number[];
  /** From the first due time to the last Pin. */
  seconds: number;
  missing: number;
  /** CPU time of the workers per post. */
  cpuMsEach: number;
  /** CPU time of PostgreSQL per post. */
  postgresMsEach: number;
  /** CPU time of the simulator, as a share of one processor. */
  simulatorShare: number;
}

/** Inserts posts that become due, and waits until the simulator has their Pins. */
export async function publishDue(due: Due): Promise<Published> {
  const { lab, site, workers, simulator, tag, count, overMs, timeoutMs } = due;
  const from = Date.now() + leadMs(count);
  const stepMs = overMs / count;
  await addPosts(site.sql, { ...site, tag, count, from: new Date(from), stepMs });
  await site.sql.query('select pg_notify($1, $2)', [lanesChannel, '']);
  const earlyMs = from - Date.now();
  if (earlyMs < 0) throw new Error(`The posts were inserted ${-earlyMs} ms too late.`);
  await pause(earlyMs);
  const cpu = () => ({
    workers: sum(workers.map((worker) => cpuSeconds(worker.pid))),
    postgres: cpuSecondsOfTree(lab.postgresPid),
    simulator: cpuSeconds(simulator.pid),
  });
  const cpuBefore = cpu();
  await untilNothingIsDue(site, from + overMs, from + overMs + timeoutMs);
  const [cpuAfter, endedAt] = [cpu(), Date.now()];
  const pins = await simulator.pinsOf(tag);
  if (pins.length > new Set(pins.map((pin) => pin.number)).size) throw new Error('A post has two Pins.');
  return {
    lags: pins.map((pin) => pin.at - (from + pin.number * stepMs)),
    seconds: (pins.reduce((latest, pin) => Math.max(latest, pin.at), from) - from) / 1000,
    missing: count - pins.length,
    cpuMsEach: ((cpuAfter.workers - cpuBefore.workers) * 1000) / Math.max(1, pins.length),
    postgresMsEach: ((cpuAfter.postgres - cpuBefore.postgres) * 1000) / Math.max(1, pins.length),
    simulatorShare: (cpuAfter.simulator - cpuBefore.simulator) / ((endedAt - from) / 1000),
  };
}

/** Polls the lanes, which costs the measured processes less than requesting all Pins from the simulator. */
async function untilNothingIsDue(site: Site, lastDueAt: number, deadline: number): Promise<void> {
  while (Date.now() < deadline) {
    const { rows } = await site.sql.query(
      'select 1 from lanes where wake_at <= $1 or owner is not null limit 1',
      [new Date(lastDueAt)],
    );
    if (rows.length === 0) return;
    await pause(pollMs);
  }
}
