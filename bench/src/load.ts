// Runs an operation repeatedly with a concurrency, for a time or a number of times, and measures it.
import { Pool } from 'undici';
import type { AnyShape } from '../../server/test/answer.ts';
import { cpuSeconds, cpuSecondsOfTree } from './processes.ts';
import { quantile, sum } from './statistics.ts';

/** The program under test, and PostgreSQL with all its processes. */
type Watched = 'program' | 'postgres';

export interface Measured {
  operations: number;
  seconds: number;
  perSecond: number;
  /** The latency of each operation, in milliseconds. */
  latencies: number[];
  /** CPU time of the watched processes, in seconds. */
  cpu: Record<Watched, number>;
}

export interface Load {
  /** The number of concurrent operations. */
  concurrency: number;
  /** Stops after this time, … */
  forMs?: number;
  /** … or after this number of operations. */
  times?: number;
  /** The pids of the processes whose CPU time is counted. */
  watch?: Record<Watched, number>;
  /** @param index The number of the operation, from 0. An error fails the measurement. */
  operation(index: number): Promise<void>;
}

export async function measure({
  concurrency,
  forMs = Number.POSITIVE_INFINITY,
  times = Number.POSITIVE_INFINITY,
  watch,
  operation,
}: Load): Promise<Measured> {
  const latencies: number[] = [];
  const used = () => ({
    program: watch ? cpuSeconds(watch.program) : 0,
    postgres: watch ? cpuSecondsOfTree(watch.postgres) : 0,
  });
  const usedBefore = used();
  const began = performance.now();
  let next = 0;
  async function work(): Promise<void> {
    while (next < times && performance.now() - began < forMs) {
      const index = next;
      next += 1;
      const start = performance.now();
      await operation(index);
      latencies.push(performance.now() - start);
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work));
  const seconds = (performance.now() - began) / 1000;
  const after = used();
  return {
    operations: latencies.length,
    seconds,
    perSecond: latencies.length / seconds,
    latencies,
    cpu: { program: after.program - usedBefore.program, postgres: after.postgres - usedBefore.postgres },
  };
}

/** Returns milliseconds of CPU time per operation, over several windows. */
export function cpuMsEach(windows: readonly Measured[], of: Watched): number {
  const operations = sum(windows.map((window) => window.operations));
  return (sum(windows.map((window) => window.cpu[of])) * 1000) / operations;
}

export function latency(windows: readonly Measured[], share: number): number {
  return quantile(
    windows.flatMap((window) => window.latencies),
    share,
  );
}

export interface HttpTarget {
  /** Sends a request and returns the parsed body. Throws on any other status. */
  expect(status: number, method: 'GET' | 'POST', path: string, body?: unknown): Promise<AnyShape>;
  close(): Promise<void>;
}

/** A client with a number of persistent connections to one server. */
export function openTarget(url: string, connections: number, key?: string): HttpTarget {
  const pool = new Pool(url, { connections, headersTimeout: 60_000, bodyTimeout: 60_000 });
  const headers = {
    'content-type': 'application/json',
    ...(key !== undefined && { authorization: `Bearer ${key}` }),
  };
  return {
    async expect(status, method, path, body) {
      const content = body === undefined ? null : JSON.stringify(body);
      const answer = await pool.request({ method, path, headers, body: content });
      const text = await answer.body.text();
      if (answer.statusCode === status) return text === '' ? null : JSON.parse(text);
      throw new Error(`${method} ${path} answered ${answer.statusCode}: ${text}`);
    },
    close: () => pool.close(),
  };
}
