// Publishing while webhook endpoints do not respond.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { ratios } from '../interleave.ts';
import { type Published, publishDue } from '../publishing.ts';
import { row } from '../row.ts';
import { startSimulator } from '../simulator.ts';
import { openSite, type Server, type Site } from '../site.ts';
import { median, quantile, sum } from '../statistics.ts';
import { simulatorNote } from './lag.ts';

const accounts = 1000;
const perSecond = 100;
const endpoints = 5;

export const webhooks = row({
  name: 'webhooks',
  what: `from sendAt to the Pin while ${endpoints} webhook endpoints accept connections and never respond: ${perSecond} due each second, API and worker in one process`,
  against: 'itself without webhooks',
  figures: {
    ratio50: { label: 'lag p50, of that without', unit: '×', atMost: 1.1 },
    ratio99: { label: 'lag p99, of that without', unit: '×', atMost: 1.1 },
    with50: { label: 'with: p50', unit: 'ms' },
    with99: { label: 'with: p99', unit: 'ms' },
    without50: { label: 'without: p50', unit: 'ms' },
    without99: { label: 'without: p99', unit: 'ms' },
    cpuWith: { label: 'with: CPU of the server per post', unit: 'ms' },
    cpuWithout: { label: 'without: CPU of the server per post', unit: 'ms' },
    missing: { label: 'posts not published in time', unit: '', atMost: 0 },
  },
  async run(lab, form) {
    const simulator = await startSimulator(lab, accounts);
    const dead = await startDeadEndpoint();
    const opened: Site[] = [];
    const open = async () => {
      const site = await openSite(lab, {
        accounts,
        simulatorUrl: simulator.url,
        picture: 'small',
        // Endpoints on loopback are refused by default.
        env: { WEBHOOK_ALLOWED_PRIVATE_HOSTS: dead.host },
      });
      opened.push(site);
      return { site, server: await site.start('all'), rounds: [] as Published[] };
    };
    try {
      const calling = await open();
      const client = calling.site.client(calling.server, 1);
      for (let number = 1; number <= endpoints; number += 1) {
        await client.expect(201, 'POST', '/v1/webhooks', { url: `http://${dead.host}/${number}` });
      }
      const silent = await open();
      const [rounds, windowMs] = form === 'full' ? [3, 10_000] : [2, 2_000];
      const runOnce = async (
        name: string,
        entry: { site: Site; server: Server; rounds: Published[] },
        round: number,
      ) => {
        const overMs = round === 0 ? 1_000 : windowMs;
        const published = await publishDue({
          lab,
          site: entry.site,
          workers: [entry.server],
          simulator,
          tag: `hooks-${name}-${round}`,
          count: (perSecond * overMs) / 1000,
          overMs,
          timeoutMs: 20_000,
        });
        // The first round is a warm-up.
        if (round > 0) entry.rounds.push(published);
      };
      for (let round = 0; round <= rounds; round += 1) {
        // In alternating order.
        const order = [['with', calling] as const, ['without', silent] as const];
        for (const [name, entry] of round % 2 === 0 ? order : order.toReversed()) {
          await runOnce(name, entry, round);
        }
      }
      const lagsAt = (share: number, { rounds: done }: typeof calling) =>
        done.map((published) => quantile(published.lags, share));
      const all = [...calling.rounds, ...silent.rounds];
      return {
        values: {
          ratio50: median(ratios(lagsAt(0.5, calling), lagsAt(0.5, silent))),
          ratio99: median(ratios(lagsAt(0.99, calling), lagsAt(0.99, silent))),
          with50: median(lagsAt(0.5, calling)),
          with99: median(lagsAt(0.99, calling)),
          without50: median(lagsAt(0.5, silent)),
          without99: median(lagsAt(0.99, silent)),
          cpuWith: median(calling.rounds.map((published) => published.cpuMsEach)),
          cpuWithout: median(silent.rounds.map((published) => published.cpuMsEach)),
          missing: sum(all.map((published) => published.missing)),
        },
        notes: [`The endpoint received ${dead.connections()} connections.`, simulatorNote(all)],
      };
    } finally {
      for (const site of opened) await site.close();
      await simulator.stop();
      await dead.close();
    }
  },
});

/** A server that accepts every connection, reads everything and never responds. */
async function startDeadEndpoint() {
  let connections = 0;
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.resume();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
