// The time from `sendAt` to the Pin, with more and more posts stored.
import { addLaterPosts } from '../fill.ts';
import { ratios } from '../interleave.ts';
import { type Published, publishDue } from '../publishing.ts';
import { row } from '../row.ts';
import { startSimulator } from '../simulator.ts';
import { openSite, type Server, type Site } from '../site.ts';
import { median, quantile, sum } from '../statistics.ts';

const accounts = 1000;
const perSecond = 200;
const p50 = (stored: string) => ({ label: `${stored} stored: p50`, unit: 'ms', atMost: 60 }) as const;
const p99 = (stored: string) => ({ label: `${stored} stored: p99`, unit: 'ms', atMost: 250 }) as const;

const sizes = {
  quick: { base: 10_000, hundredThousand: 100_000 },
  full: { base: 10_000, million: 1_000_000, tenMillion: 10_000_000 },
} as const;

type SizeName = 'base' | 'hundredThousand' | 'million' | 'tenMillion';

export const lag = row({
  name: 'lag',
  what: `from sendAt to the Pin: ${perSecond} due each second, ${accounts} accounts, one worker, posts stored for later`,
  against: 'itself with 10,000 posts stored',
  figures: {
    base50: p50('10,000'),
    base99: p99('10,000'),
    hundredThousand50: p50('100,000'),
    hundredThousand99: p99('100,000'),
    million50: p50('1,000,000'),
    million99: p99('1,000,000'),
    tenMillion50: p50('10,000,000'),
    tenMillion99: p99('10,000,000'),
    ratio50: { label: 'most stored, of 10,000: p50', unit: '×', atMost: 1.25 },
    ratio99: { label: 'most stored, of 10,000: p99', unit: '×', atMost: 1.25 },
    cpu: { label: 'CPU of the worker per post', unit: 'ms' },
    postgres: { label: 'CPU of PostgreSQL per post', unit: 'ms' },
    missing: { label: 'posts not published in time', unit: '', atMost: 0 },
  },
  async run(lab, form) {
    const simulator = await startSimulator(lab, accounts);
    const sites: { name: SizeName; site: Site; worker: Server; rounds: Published[] }[] = [];
    try {
      for (const [name, stored] of Object.entries(sizes[form])) {
        const site = await openSite(lab, { accounts, simulatorUrl: simulator.url, picture: 'small' });
        const worker = await site.start('worker');
        sites.push({ name: name as SizeName, site, worker, rounds: [] });
        lab.say(`storing ${stored.toLocaleString('en')} posts`);
        await addLaterPosts(site.sql, site, stored);
      }
      const [rounds, windowMs] = form === 'full' ? [3, 10_000] : [3, 2_000];
      // The first round is a warm-up.
      for (let round = 0; round <= rounds; round += 1) {
        for (const { name, site, worker, rounds: done } of round % 2 === 0 ? sites : sites.toReversed()) {
          const overMs = round === 0 ? 1_000 : windowMs;
          const count = (perSecond * overMs) / 1000;
          const tag = `due-${name}-${round}`;
          const due = { lab, site, workers: [worker], simulator, tag, count, overMs, timeoutMs: 20_000 };
          const published = await publishDue(due);
          if (round > 0) done.push(published);
        }
      }
      const all = sites.flatMap((entry) => entry.rounds);
      const lagsAt = (share: number, rounds: Published[]) =>
        rounds.map((published) => quantile(published.lags, share));
      const [first, last] = [sites[0]?.rounds ?? [], sites.at(-1)?.rounds ?? []];
      return {
        values: {
          ...Object.fromEntries(
            sites.flatMap(({ name, rounds: done }) => [
              [`${name}50`, median(lagsAt(0.5, done))],
              [`${name}99`, median(lagsAt(0.99, done))],
            ]),
          ),
          ratio50: median(ratios(lagsAt(0.5, last), lagsAt(0.5, first))),
          ratio99: median(ratios(lagsAt(0.99, last), lagsAt(0.99, first))),
          cpu: median(all.map((published) => published.cpuMsEach)),
          postgres: median(all.map((published) => published.postgresMsEach)),
          missing: sum(all.map((published) => published.missing)),
        },
        notes: [simulatorNote(all)],
      };
    } finally {
      for (const { site } of sites) await site.close();
      await simulator.stop();
    }
  },
});

/** A note on the CPU time of the simulator, which says when it was the bottleneck. */
export function simulatorNote(rounds: readonly Published[]): string {
  const share = median(rounds.map((published) => published.simulatorShare));
  const percent = `The simulator used ${Math.round(share * 100)} % of one processor`;
  return share > 0.9 ? `${percent}: it was the bottleneck.` : `${percent}.`;
}
