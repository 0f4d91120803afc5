// Creating many posts with one request.
import { pause } from '../../../server/src/platform/clock.ts';
import { startBareServer } from '../bare/start.ts';
import { interleave, ratios } from '../interleave.ts';
import { cpuSeconds } from '../processes.ts';
import { row } from '../row.ts';
import { openSite } from '../site.ts';
import { median, sum } from '../statistics.ts';
import { accountOf, newPost } from './posts.ts';

const perBatch = 1000;
const pollMs = 20;
const timeoutMs = 60_000;

export const batch = row({
  name: 'batch',
  what: `create ${perBatch} posts with one request, stored media, until all are created`,
  against: 'a bare insert of the same rows in one statement',
  figures: {
    ratio: { label: 'posts/s, of the bare server', unit: '×' },
    rate: { label: 'posts/s', unit: '/s', atLeast: 5000 },
    cpu: { label: 'CPU of the server per post', unit: 'ms' },
    accepted: { label: 'until the request is answered', unit: 'ms' },
    bareRate: { label: 'bare: posts/s', unit: '/s' },
  },
  async run(lab, form) {
    const site = await openSite(lab, { accounts: 1 });
    const bare = await startBareServer(lab, site, 1);
    try {
      // Batches are background work, so this server also runs a worker.
      const server = await site.start('all');
      const client = site.client(server, 1);
      const path = `/v1/accounts/${accountOf(site, 0).id}/posts/batches`;
      let last = 0;
      const posts = () =>
        Array.from({ length: perBatch }, () => {
          last += 1;
          return { ...newPost(site, 0, last), mediaId: site.mediaId };
        });
      const ours = async () => {
        const body = { posts: posts() };
        const cpuBefore = cpuSeconds(server.pid);
        const began = Date.now();
        const answer = await client.expect(202, 'POST', path, body);
        const acceptedMs = Date.now() - began;
        const { id } = answer.data.batch;
        await untilCompleted(async () => {
          const { data } = await client.expect(200, 'GET', `${path}/${id}?limit=1`);
          if (data.batch.failed > 0) throw new Error('Posts of the batch were refused.');
          return data.batch.status === 'completed';
        });
        // The stored time, by the same clock: the time at which this process learns of it depends on the polling.
        const { rows } = await site.sql.query('select completed_at from batches where id = $1', [id]);
        const seconds = (rows[0].completed_at.getTime() - began) / 1000;
        return { rate: perBatch / seconds, acceptedMs, cpu: cpuSeconds(server.pid) - cpuBefore };
      };
      const theirs = async () => {
        const body = { posts: posts() };
        const began = performance.now();
        await bare.client.expect(201, 'POST', '/many', body);
        return { rate: perBatch / ((performance.now() - began) / 1000), acceptedMs: 0, cpu: 0 };
      };
      await ours();
      await theirs();
      const windows = await interleave(form === 'full' ? 20 : 6, { ours, bare: theirs });
      const rates = (name: 'ours' | 'bare') => windows[name].map((window) => window.rate);
      return {
        values: {
          ratio: median(ratios(rates('ours'), rates('bare'))),
          rate: median(rates('ours')),
          cpu: (sum(windows.ours.map((window) => window.cpu)) * 1000) / (windows.ours.length * perBatch),
          accepted: median(windows.ours.map((window) => window.acceptedMs)),
          bareRate: median(rates('bare')),
        },
        notes: [],
      };
    } finally {
      await bare.stop();
      await site.close();
    }
  },
});

async function untilCompleted(isCompleted: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await isCompleted())) {
    if (performance.now() > deadline) throw new Error('The batch was not completed in time.');
    await pause(pollMs);
  }
}
