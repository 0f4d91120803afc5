// The same load on Pintail and on the bare server, alternately.
import type { BareServer } from './bare/start.ts';
import { interleave, ratios } from './interleave.ts';
import type { Lab } from './lab.ts';
import { cpuMsEach, latency, type Measured, measure } from './load.ts';
import type { Figure, Form } from './row.ts';
import type { Server } from './site.ts';
import { median } from './statistics.ts';

export interface Compare {
  lab: Lab;
  concurrency: number;
  server: Server;
  bare: BareServer;
  ours(index: number): Promise<unknown>;
  theirs(index: number): Promise<unknown>;
  form: Form;
}

/** The figures of `compare`. Without a target they are information. */
export function comparedFigures(targets: { ratio?: number; cpu?: number }) {
  return {
    ratio: {
      label: 'requests/s, of the bare server',
      unit: '×',
      ...(targets.ratio !== undefined && { atLeast: targets.ratio }),
    },
    cpu: {
      label: 'CPU of the server per request',
      unit: 'ms',
      ...(targets.cpu !== undefined && { atMost: targets.cpu }),
    },
    postgres: { label: 'CPU of PostgreSQL per request', unit: 'ms' },
    rate: { label: 'requests/s', unit: '/s' },
    p50: { label: 'latency p50', unit: 'ms' },
    p99: { label: 'latency p99', unit: 'ms' },
    bareRate: { label: 'bare: requests/s', unit: '/s' },
    bareCpu: { label: 'bare: CPU per request', unit: 'ms' },
    barePostgres: { label: 'bare: CPU of PostgreSQL per request', unit: 'ms' },
  } satisfies Record<string, Figure>;
}

export async function compare({ lab, concurrency, server, bare, ours, theirs, form }: Compare) {
  const variant = (watch: number, operation: (index: number) => Promise<unknown>) => {
    let last = 0;
    return (forMs: number): Promise<Measured> =>
      measure({
        concurrency,
        forMs,
        watch: { program: watch, postgres: lab.postgresPid },
        operation: async () => {
          last += 1;
          await operation(last);
        },
      });
  };
  const run = { ours: variant(server.pid, ours), bare: variant(bare.pid, theirs) };
  const [warmUpMs, windowMs, rounds] = form === 'full' ? [2000, 4000, 6] : [800, 1200, 3];
  await run.ours(warmUpMs);
  await run.bare(warmUpMs);
  const windows = await interleave(rounds, {
    ours: () => run.ours(windowMs),
    bare: () => run.bare(windowMs),
  });
  const rates = (name: 'ours' | 'bare') => windows[name].map((window) => window.perSecond);
  return {
    ratio: median(ratios(rates('ours'), rates('bare'))),
    cpu: cpuMsEach(windows.ours, 'program'),
    postgres: cpuMsEach(windows.ours, 'postgres'),
    rate: median(rates('ours')),
    p50: latency(windows.ours, 0.5),
    p99: latency(windows.ours, 0.99),
    bareRate: median(rates('bare')),
    bareCpu: cpuMsEach(windows.bare, 'program'),
    barePostgres: cpuMsEach(windows.bare, 'postgres'),
  };
}
