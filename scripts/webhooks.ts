// Sends many events to many endpoints, a third of which fail, with worker processes of which one is killed:
// `node scripts/webhooks.ts --events 10000 --endpoints 20`. Prints the deliveries and the duration.

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { startThrowawayServer } from '@pintail/embedded-postgres';
import { pause, systemClock } from '../server/src/platform/clock.ts';
import { migrate, openDatabase } from '../server/src/platform/db/index.ts';
import { createLog } from '../server/src/platform/log.ts';
import { systemActor } from '../server/src/platform/use-case/index.ts';
import { type PintailProcess, startPintail } from '../server/test/pintail-process.ts';
import { sampleJson } from '../server/test/sample-events.ts';

const program = fileURLToPath(new URL('../server/bin/pintail.js', import.meta.url));

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '10000' },
    endpoints: { type: 'string', default: '20' },
    minutes: { type: 'string', default: '20' },
  },
});
const eventCount = Number(values.events);
const endpointCount = Number(values.endpoints);
const deadline = systemClock.now().getTime() + Number(values.minutes) * 60_000;

/** Two thirds accept everything. The others refuse, do not answer, or are not reachable, in turn. */
type Kind = 'good' | 'refuses' | 'silent' | 'away';
const bad: Kind[] = ['refuses', 'silent', 'away'];

interface Endpoint {
  kind: Kind;
  pair: string;
  ids: Map<string, number>;
}

async function startEndpoint(index: number): Promise<Endpoint> {
  const kind = index % 3 === 2 ? (bad[Math.floor(index / 3) % 3] ?? 'refuses') : 'good';
  const ids = new Map<string, number>();
  const answer: RequestListener = (request, response) => {
    request.resume();
    const id = String(request.headers['webhook-id']);
    ids.set(id, (ids.get(id) ?? 0) + 1);
    if (kind === 'silent') return;
    response.writeHead(kind === 'good' ? 204 : 500).end();
  };
  const server = createServer(answer).listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const pair = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  if (kind === 'away') server.close();
  server.unref();
  return { kind, pair, ids };
}

async function rssOf(process: PintailProcess): Promise<number> {
  const status = await readFile(`/proc/${process.child.pid}/status`, 'utf8').catch(() => '');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}

const log = createLog({ level: 'warn', format: 'pretty' });
const dataDir = await mkdtemp(join(tmpdir(), 'pintail-webhooks-'));
const postgres = await startThrowawayServer({ log, name: 'webhooks' });
const workers: PintailProcess[] = [];
try {
  await migrate({ url: postgres.url, log });
  const { pool, close } = openDatabase({ url: postgres.url, log });
  const endpoints = await Promise.all(
    Array.from({ length: endpointCount }, (_, index) => startEndpoint(index)),
  );
  const env = {
    DATABASE_URL: postgres.url,
    PINTAIL_ENCRYPTION_KEY: '42'.repeat(32),
    WEBHOOK_ALLOWED_PRIVATE_HOSTS: endpoints.map(({ pair }) => pair).join(','),
  };
  const startWorker = () => startPintail({ command: 'worker', dataDir, env });

  // A process with the API creates the webhooks, and stops.
  const api = await startPintail({ dataDir, env: { ...env, PINTAIL_ROLE: 'api' } });
  workers.push(api);
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [program, 'keys', 'create', '--name', 'webhooks', '--json'],
    { env: { ...env, PATH: process.env.PATH ?? '', PINTAIL_DATA_DIR: dataDir } },
  );
  const { key } = JSON.parse(stdout) as { key: string };
  const webhookIds: string[] = [];
  for (const { pair } of endpoints) {
    const answer = await fetch(`${api.url}/v1/webhooks`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ url: `http://${pair}/` }),
    });
    const body = (await answer.json()) as { data: { webhook: { id: string } } };
    webhookIds.push(body.data.webhook.id);
  }
  await workers.pop()?.stop();
  workers.push(...(await Promise.all([startWorker(), startWorker()])));

  const began = systemClock.now().getTime();
  const seconds = () => Math.round((systemClock.now().getTime() - began) / 1000);
  await pool.query(
    `insert into events (organization_id, account_id, post_id, type, at, actor, data)
     select o.id, 'acc_1', 'post_' || n, 'post.sent', now(), '${JSON.stringify(systemActor)}', $2
     from organizations o, generate_series(1, $1::int) n`,
    [eventCount, sampleJson('post.sent')],
  );
  const good = endpoints.filter(({ kind }) => kind === 'good');
  const arrived = () => good.reduce((sum, { ids }) => sum + ids.size, 0);
  const wanted = good.length * eventCount;
  let killedAt: number | null = null;
  let rssMax = 0;
  while (arrived() < wanted && systemClock.now().getTime() < deadline) {
    await pause(500);
    rssMax = Math.max(rssMax, ...(await Promise.all(workers.map(rssOf))));
    if (killedAt !== null || arrived() < wanted / 3) continue;
    killedAt = seconds();
    await workers.shift()?.kill9();
    workers.push(await startWorker());
  }
  const took = seconds();
  const { rows } = await pool.query<{ webhook_id: string; state: string; count: number }>(
    `select webhook_id, state, count(*)::int as count from webhook_deliveries group by 1, 2`,
  );
  const twice = good.reduce((sum, { ids }) => sum + [...ids.values()].filter((count) => count > 1).length, 0);
  console.log(
    `${eventCount} events to ${endpointCount} endpoints, ${endpointCount - good.length} of them failing`,
  );
  console.log(`${arrived()} of ${wanted} arrived at the others in ${took} s; ${twice} arrived twice`);
  console.log(`a worker was killed after ${killedAt} s; the largest worker had ${rssMax} MB`);
  for (const [index, { kind, ids }] of endpoints.entries()) {
    const own = rows.filter((row) => row.webhook_id === webhookIds[index]);
    const sum = own.reduce((total, { count }) => total + count, 0);
    const states = own.map(({ state, count }) => `${count} ${state}`).join(', ');
    const isRight = sum === eventCount && (kind !== 'good' || ids.size === eventCount);
    console.log(`  ${kind.padEnd(8)} ${states}${isRight ? '' : '   WRONG'}`);
    if (!isRight) process.exitCode = 1;
  }
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  await close();
} finally {
  for (const worker of workers) worker.child.kill('SIGKILL');
  await postgres.stop();
  await rm(dataDir, { recursive: true, force: true });
}
