// Metrics for Prometheus. The registry is created once and passed to the rooms, which declare their own metrics with
// it.
import { statfs } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type * as Prometheus from 'prom-client';
import type { Clock } from './clock.ts';
import type { Connection } from './db/index.ts';

// Imported separately, because the index of the package also loads support for clusters and gateways, 18 MB.
const require = createRequire(import.meta.url);
const Registry: typeof Prometheus.Registry = require('prom-client/lib/registry');
const Counter: typeof Prometheus.Counter = require('prom-client/lib/counter');
const Gauge: typeof Prometheus.Gauge = require('prom-client/lib/gauge');
const Histogram: typeof Prometheus.Histogram = require('prom-client/lib/histogram');

export interface Metrics {
  /** @param labels Labels with few values each: never an id, an address or input of callers */
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
  /** Registers a function that sets gauges before each read. It must be fast, because the scrape waits for it. */
  beforeReading(take: () => void | Promise<void>): void;
  /** Returns all metrics in the format of Prometheus. */
  read(): Promise<{ contentType: string; text: string }>;
}

/**
 * Sets a room's gauges from the database. Its statements must cost about the same for ten posts as for ten million:
 * they read small tables and partial indexes of unfinished rows, and limit every count.
 */
export type GaugeReading = (connection: Connection, now: Date) => Promise<void>;

/** The limit of gauges that count rows. */
export const gaugeCountMax = 100_000;

/** Returns an age in seconds, or 0 for null. */
export function secondsSince(since: Date | null, now: Date): number {
  return since === null ? 0 : Math.max(0, now.getTime() - since.getTime()) / 1000;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const takes: (() => void | Promise<void>)[] = [];
  /** Concurrent reads share one, because the gauges are read from the database. */
  let reading: Promise<{ contentType: string; text: string }> | null = null;

  async function readAll() {
    await Promise.all(takes.map((take) => take()));
    return { contentType: registry.contentType, text: await registry.metrics() };
  }

  return {
    counter: (name, help, labels = []) => new Counter({ name, help, labelNames: [...labels], registers }),
    gauge: (name, help, labels = []) => new Gauge({ name, help, labelNames: [...labels], registers }),
    histogram: (name, help, buckets, labels = []) =>
      new Histogram({ name, help, buckets: [...buckets], labelNames: [...labels], registers }),
    beforeReading(take) {
      takes.push(take);
    },
    read() {
      reading ??= readAll().finally(() => {
        reading = null;
      });
      return reading;
    },
  };
}

/** Adds the usual process metrics of Prometheus. Others are omitted because they cost memory. */
export function watchProcess(metrics: Metrics, clock: Clock): void {
  const started = metrics.gauge('process_start_time_seconds', 'Start time of this process, in Unix seconds.');
  started.set(Math.round(clock.now().getTime() / 1000 - process.uptime()));
  const resident = metrics.gauge('process_resident_memory_bytes', 'Resident memory of this process.');
  const cpu = metrics.counter('process_cpu_seconds_total', 'Processor time used by this process.');
  const busy = metrics.gauge(
    'nodejs_eventloop_utilization_ratio',
    'Utilization of the event loop since the last scrape, 0 to 1. Near 1, everything is delayed.',
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

/** Adds a gauge for the free space on the disk of a folder. */
export function watchDisk(metrics: Metrics, folder: string): void {
  const free = metrics.gauge('pintail_disk_free_bytes', 'Free space on the disk of the data folder.');
  metrics.beforeReading(async () => {
    const { bavail, bsize } = await statfs(folder);
    free.set(bavail * bsize);
  });
}

/** Adds gauges for the connections of a pool. */
export function watchPool(
  metrics: Metrics,
  pool: { totalCount: number; idleCount: number; waitingCount: number },
): void {
  const connections = metrics.gauge(
    'pintail_db_pool_connections',
    'Connections to the database: total and idle. waiting: requests that wait for a connection.',
    ['state'],
  );
  metrics.beforeReading(() => {
    connections.set({ state: 'total' }, pool.totalCount);
    connections.set({ state: 'idle' }, pool.idleCount);
    connections.set({ state: 'waiting' }, pool.waitingCount);
  });
}
