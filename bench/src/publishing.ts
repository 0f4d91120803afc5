// Rows about publishing: posts that become due, and when the simulator's ledger has their Pins.

import { lanesChannel } from '../../server/src/features/lanes/index.ts';
import { pause } from '../../server/src/platform/clock.ts';
import { addPosts } from './fill.ts';
import type { Lab } from './lab.ts';
import { cpuSeconds, cpuSecondsOfTree } from './processes.ts';
import type { SimulatorProcess } from './simulator.ts';
import type { Server, Site } from './site.ts';
import { sum } from './statistics.ts';

/** Time to write the posts down, and for workers to hear of them. */
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
  /** Over how long they become due. */
  overMs: number;
  /** How long after the last was due to wait for it. */
  patienceMs: number;
}

export interface Published {
  /** Of each, milliseconds from its time to its Pin. */
  lags: number[];
  /** From the first one's time to the last Pin. */
  seconds: number;
  missing: number;
  /** Of the workers, for each post. */
  cpuMsEach: number;
  /** Likewise, of PostgreSQL. */
  postgresMsEach: number;
  /** Of one processor, while it went on. */
  simulatorShare: number;
}

/** Lets posts become due and waits until Pinterest has them all. */
export async function publishDue(due: Due): Promise<Published> {
  const { lab, site, workers, simulator, tag, count, overMs, patienceMs } = due;
  const from = Date.now() + leadMs(count);
  const stepMs = overMs / count;
  await addPosts(site.sql, { ...site, tag, count, from: new Date(from), stepMs });
  await site.sql.query('select pg_notify($1, $2)', [lanesChannel, '']);
  const earlyMs = from - Date.now();
  if (earlyMs < 0) throw new Error(`The posts were written down ${-earlyMs} ms too late.`);
  await pause(earlyMs);
  const cpu = () => ({
    workers: sum(workers.map((worker) => cpuSeconds(worker.pid))),
    postgres: cpuSecondsOfTree(lab.postgresPid),
    simulator: cpuSeconds(simulator.pid),
  });
  const before = cpu();
  await untilNothingIsDue(site, from + overMs, from + overMs + patienceMs);
  const [after, endedAt] = [cpu(), Date.now()];
  const pins = await simulator.pinsOf(tag);
  if (pins.length > new Set(pins.map((pin) => pin.number)).size) throw new Error('A post has two Pins.');
  return {
    lags: pins.map((pin) => pin.at - (from + pin.number * stepMs)),
    seconds: (pins.reduce((latest, pin) => Math.max(latest, pin.at), from) - from) / 1000,
    missing: count - pins.length,
    cpuMsEach: ((after.workers - before.workers) * 1000) / Math.max(1, pins.length),
    postgresMsEach: ((after.postgres - before.postgres) * 1000) / Math.max(1, pins.length),
    simulatorShare: (after.simulator - before.simulator) / ((endedAt - from) / 1000),
  };
}

/** Asks the lanes, which is less work for those who are measured than asking the simulator for all its Pins. */
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
