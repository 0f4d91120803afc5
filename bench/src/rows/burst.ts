// Many posts that are due in the same second.
import { startBarePins } from '../bare/start.ts';
import { interleave, ratios } from '../interleave.ts';
import { publishDue } from '../publishing.ts';
import { row } from '../row.ts';
import { startSimulator } from '../simulator.ts';
import { openSite } from '../site.ts';
import { median, quantile, sum } from '../statistics.ts';
import { simulatorNote } from './lag.ts';

const accounts = 1000;
const workers = 2;
/** The number of accounts that a worker serves concurrently (app.ts). */
const lanesOfWorker = 64;

export const burst = row({
  name: 'burst',
  what: `many posts due in the same second (10,000; 1,500 in the quick form), ${accounts} accounts, ${workers} workers`,
  against: 'a bare loop of undici POST /pins to the same simulator, with the same concurrency',
  figures: {
    ratio: { label: 'Pins/s, of the bare loop', unit: '×' },
    rate: { label: 'Pins/s', unit: '/s' },
    seconds: { label: 'until the last Pin', unit: 's' },
    lag99: { label: 'lag p99', unit: 's' },
    cpu: { label: 'CPU of the workers per post', unit: 'ms' },
    postgres: { label: 'CPU of PostgreSQL per post', unit: 'ms' },
    bareRate: { label: 'bare: Pins/s', unit: '/s' },
    bareCpu: { label: 'bare: CPU per Pin', unit: 'ms' },
    missing: { label: 'posts not published in time', unit: '', atMost: 0 },
  },
  async run(lab, form) {
    const count = form === 'full' ? 10_000 : 1_500;
    const simulator = await startSimulator(lab, accounts);
    const site = await openSite(lab, { accounts, simulatorUrl: simulator.url, picture: 'small' });
    try {
      const started = await Promise.all(Array.from({ length: workers }, () => site.start('worker')));
      const ours = (round: number | string, posts = count) =>
        publishDue({
          lab,
          site,
          workers: started,
          simulator,
          tag: `burst-${round}`,
          count: posts,
          overMs: 1_000,
          timeoutMs: posts * 20 + 20_000,
        });
      const bare = (round: number | string, pins = count) =>
        startBarePins(lab, {
          url: `${simulator.url}/v5/pins`,
          concurrency: workers * lanesOfWorker,
          count: pins,
          tag: `bare-${round}`,
          accounts: site.accounts.map(({ accessToken, boardId }) => ({ accessToken, boardId })),
          picture: lab.pictures.bytes('small').toString('base64'),
        });
      await ours('warm-up', 300);
      const rounds = await interleave(form === 'full' ? 3 : 2, { ours, bare });
      const rates = {
        ours: rounds.ours.map((round) => (count - round.missing) / round.seconds),
        bare: rounds.bare.map((round) => count / round.seconds),
      };
      return {
        values: {
          ratio: median(ratios(rates.ours, rates.bare)),
          rate: median(rates.ours),
          seconds: median(rounds.ours.map((round) => round.seconds)),
          lag99: median(rounds.ours.map((round) => quantile(round.lags, 0.99))) / 1000,
          cpu: median(rounds.ours.map((round) => round.cpuMsEach)),
          postgres: median(rounds.ours.map((round) => round.postgresMsEach)),
          bareRate: median(rates.bare),
          bareCpu: median(rounds.bare.map((round) => round.cpuMsEach)),
          missing: sum(rounds.ours.map((round) => round.missing)),
        },
        notes: [simulatorNote(rounds.ours)],
      };
    } finally {
      await site.close();
      await simulator.stop();
    }
  },
});
