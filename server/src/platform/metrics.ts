// Figures for Prometheus. A registry that is created once and passed in; nothing is global. It is independent of what is
// counted: each room declares its own figures with it.
import { statfs } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type * as Prometheus from 'prom-client';
import type { Clock } from './clock.ts';
import type { Connection } from './db/index.ts';

// One by one: the package's front door loads a cluster's and a gateway's needs besides, 18 MB of them.
const require = createRequire(import.meta.url);
const Registry: typeof Prometheus.Registry = require('prom-client/lib/registry');
const Counter: typeof Prometheus.Counter = require('prom-client/lib/counter');
const Gauge: typeof Prometheus.Gauge = require('prom-client/lib/gauge');
const Histogram: typeof Prometheus.Histogram = require('prom-client/lib/histogram');

export interface Metrics {
  /** @param labels Of few values each: never an id, an address or what a caller wrote. */
  counter<Label extends string>(
    name: string,
    help: string,
    labels?: readonly Label[],
  ): Prometheus.Counter<Label>;
  gauge<Label extends string>(name: string, help: string, labels?: readonly Label[]): Prometheus.Gauge<Label>;
  histogram<Label extends string>(
    name: string,
    help: string,
    buckets: readonly number[],
    labels?: readonly Label[],
  ): Prometheus.Histogram<Label>;
  /** Runs before the figures are read, to set gauges. Must be quick: the scrape waits for it. */
  beforeReading(take: () => void | Promise<void>): void;
  /** All figures as Prometheus wants them. */
  read(): Promise<{ contentType: string; text: string }>;
}

/**
 * Sets a room's gauges from what the database holds. Its statements must cost about the same with ten posts stored and
 * with ten million: they read small tables and partial indexes of what is unfinished, and bound every count.
 */
export type GaugeReading = (connection: Connection, now: Date) => Promise<void>;

/** Gauges count the rows of one kind up to this number. */
export const gaugeCountMax = 100_000;

/** For gauges of an age; 0 where there is nothing that waits. */
export function secondsSince(since: Date | null, now: Date): number {
  return since === null ? 0 : Math.max(0, now.getTime() - since.getTime()) / 1000;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const takes: (() => void | Promise<void>)[] = [];
  return {
    counter: (name, help, labels = []) => new Counter({ name, help, labelNames: [...labels], registers }),
    gauge: (name, help, labels = []) => new Gauge({ name, help, labelNames: [...labels], registers }),
    histogram: (name, help, buckets, labels = []) =>
      new Histogram({ name, help, buckets: [...buckets], labelNames: [...labels], registers }),
    beforeReading(take) {
      takes.push(take);
    },
    async read() {
      await Promise.all(takes.map((take) => take()));
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}

/** The figures of a process that have these names everywhere with Prometheus; the others cost memory. */
export function watchProcess(metrics: Metrics, clock: Clock): void {
  const started = metrics.gauge('process_start_time_seconds', 'When this process began, in Unix seconds.');
  started.set(Math.round(clock.now().getTime() / 1000 - process.uptime()));
  const resident = metrics.gauge('process_resident_memory_bytes', 'Memory that this process holds.');
  const cpu = metrics.counter('process_cpu_seconds_total', 'Processor time that this process has used.');
  const busy = metrics.gauge(
    'nodejs_eventloop_utilization_ratio',
    'How busy the event loop was since it was asked last, 0 to 1. Near 1, everything waits.',
  );
  let lastLoop = performance.eventLoopUtilization();
  let lastCpu = process.cpuUsage();
  cpu.inc((lastCpu.user + lastCpu.system) / 1e6);
  metrics.beforeReading(() => {
    resident.set(process.memoryUsage.rss());
    const more = process.cpuUsage(lastCpu);
    lastCpu = process.cpuUsage();
    cpu.inc((more.user + more.system) / 1e6);
    const loop = performance.eventLoopUtilization();
    busy.set(performance.eventLoopUtilization(loop, lastLoop).utilization);
    lastLoop = loop;
  });
}

/** The room on the disk of a folder. */
export function watchDisk(metrics: Metrics, folder: string): void {
  const free = metrics.gauge('pintail_disk_free_bytes', 'Room on the disk of the data folder.');
  metrics.beforeReading(async () => {
    const { bavail, bsize } = await statfs(folder);
    free.set(bavail * bsize);
  });
}

/** The connections of a pool, as pg counts them. */
export function watchPool(
  metrics: Metrics,
  pool: { totalCount: number; idleCount: number; waitingCount: number },
): void {
  const connections = metrics.gauge(
    'pintail_db_pool_connections',
    'Connections to the database: total, idle; and requests waiting for one.',
    ['state'],
  );
  metrics.beforeReading(() => {
    connections.set({ state: 'total' }, pool.totalCount);
    connections.set({ state: 'idle' }, pool.idleCount);
    connections.set({ state: 'waiting' }, pool.waitingCount);
  });
}
