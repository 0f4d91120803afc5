import { startBareServer } from '../bare/start.ts';
import { interleave, ratios } from '../interleave.ts';
import { cpuMsEach, latency, measure } from '../load.ts';
import { row } from '../row.ts';
import { openSite } from '../site.ts';
import { median } from '../statistics.ts';
import { accountOf, knownMedia, newPost } from './posts.ts';

const concurrency = 32;

export const create = row({
  name: 'create',
  what: `create a scheduled post whose media is known, ${concurrency} connections`,
  against: 'bare node:http and one prepared insert of the same row',
  figures: {
    ratio: { label: 'requests/s, of the bare server', unit: '×', atLeast: 0.6 },
    cpu: { label: 'CPU of the server per request', unit: 'ms', atMost: 1.2 },
    rate: { label: 'requests/s', unit: '/s' },
    p50: { label: 'latency p50', unit: 'ms' },
    p99: { label: 'latency p99', unit: 'ms' },
    bareRate: { label: 'bare: requests/s', unit: '/s' },
    bareCpu: { label: 'bare: CPU per request', unit: 'ms' },
  },
  async run(lab, form) {
    const site = await openSite(lab, { accounts: 1 });
    const bare = await startBareServer(lab, site, concurrency);
    try {
      const server = await site.start('api');
      const client = site.client(server, concurrency);
      const media = await knownMedia(lab, site, client);
      const { id } = accountOf(site, 0);
      const body = (index: number) => ({ ...newPost(site, 0, index), ...media.fields });
      const ours = (forMs: number) =>
        measure({
          concurrency,
          forMs,
          watch: server.pid,
          operation: async (index) => {
            await client.expect(201, 'POST', `/v1/accounts/${id}/posts`, body(index));
          },
        });
      const theirs = (forMs: number) =>
        measure({
          concurrency,
          forMs,
          watch: bare.pid,
          operation: async (index) => {
            await bare.client.expect(201, 'POST', '/insert', body(index));
          },
        });
      const [warmUpMs, windowMs, rounds] = form === 'full' ? [3000, 5000, 10] : [1500, 1500, 4];
      await ours(warmUpMs);
      await theirs(warmUpMs);
      const windows = await interleave(rounds, {
        ours: () => ours(windowMs),
        bare: () => theirs(windowMs),
      });
      const rates = (name: 'ours' | 'bare') => windows[name].map((window) => window.perSecond);
      return {
        values: {
          ratio: median(ratios(rates('ours'), rates('bare'))),
          cpu: cpuMsEach(windows.ours),
          rate: median(rates('ours')),
          p50: latency(windows.ours, 0.5),
          p99: latency(windows.ours, 0.99),
          bareRate: median(rates('bare')),
          bareCpu: cpuMsEach(windows.bare),
        },
        notes: media.notes,
      };
    } finally {
      await bare.stop();
      await site.close();
    }
  },
});
