// Puts a load on something: so many at once, for a time or a number of them. Knows not what it does.
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
  /** Of each, in milliseconds. */
  latencies: number[];
  /** What the watched processes used, in seconds. */
  cpu: Record<Watched, number>;
}

export interface Load {
  /** How many at once. */
  concurrency: number;
  /** Stops after so long, … */
  forMs?: number;
  /** … or after so many. */
  times?: number;
  /** The processes whose use of the processors is counted. */
  watch?: Record<Watched, number>;
  /** The so-manieth, from 0. Fails when the operation does. */
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
  const before = used();
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
    cpu: { program: after.program - before.program, postgres: after.postgres - before.postgres },
  };
}

/** Over several windows: milliseconds of processor time for each operation. */
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

export interface HttpAnswer {
  status: number;
  body: AnyShape;
}

export interface HttpTarget {
  request(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<HttpAnswer>;
  /** As `request`, and fails on any other status. */
  expect(status: number, method: 'GET' | 'POST', path: string, body?: unknown): Promise<HttpAnswer>;
  close(): Promise<void>;
}

/** A client with so many kept connections to one server. */
export function openTarget(url: string, connections: number, key?: string): HttpTarget {
  const pool = new Pool(url, { connections, headersTimeout: 60_000, bodyTimeout: 60_000 });
  const headers = {
    'content-type': 'application/json',
    ...(key !== undefined && { authorization: `Bearer ${key}` }),
  };
  const target: HttpTarget = {
    async request(method, path, body) {
      const answer = await pool.request({
        method,
        path,
        headers,
        body: body === undefined ? null : JSON.stringify(body),
      });
      const text = await answer.body.text();
      return { status: answer.statusCode, body: text === '' ? null : JSON.parse(text) };
    },
    async expect(status, method, path, body) {
      const answer = await target.request(method, path, body);
      if (answer.status === status) return answer;
      throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    },
    close: () => pool.close(),
  };
  return target;
}
