// Starts the parts of a process for its role, and stops them in order.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import type { Simulator } from '@pintail/simulator';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../config.ts';
import { callbackPath, startRefreshTimer } from '../features/accounts/index.ts';
import { keysChannel } from '../features/auth/index.ts';
import { lanesChannel } from '../features/lanes/index.ts';
import { startMediaSweeper } from '../features/media/index.ts';
import { type Worker, workerCheck } from '../features/publishing/index.ts';
import {
  type Installation,
  makeDataDir,
  openInstallation,
  publicUrlOf,
  simulatorAppOf,
} from '../installation.ts';
import { clockCheck } from '../platform/checks/index.ts';
import { type Closer, closeAll } from '../platform/closers.ts';
import { listen, SetupProblem } from '../platform/db/index.ts';
import { jobsChannel } from '../platform/jobs/index.ts';
import type { Log } from '../platform/log.ts';
import { type FirstRunResult, firstRun } from './first-run.ts';

export interface Served {
  /** The URL of the API; null for a worker only. */
  url: string | null;
  simulatorUrl: string | null;
  firstRun: FirstRunResult | null;
  /** Completes running work, then closes everything. */
  stop(): Promise<void>;
}

/** The time that a stop waits for running calls to Pinterest. Then another worker acquires the lane. */
const graceMs = 10_000;

/**
 * Starts a process for the role in the settings.
 * @param signal Cancels the start: stops everything that was started, then throws the signal's reason.
 */
export async function serve(config: Config, log: Log, signal: AbortSignal): Promise<Served> {
  const stoppers: Closer[] = [];
  const stop = () => closeAll(stoppers);
  try {
    makeDataDir(config);
    // The URLs of media and the redirect address of the consent page contain the port, so it is chosen first.
    const isReserved = config.port === 0 && config.role !== 'worker';
    const { port, release } = isReserved ? await reservePort(config.host) : { ...config, release: () => {} };
    stoppers.push(release);
    const publicUrl = publicUrlOf(config, port);
    const simulator = await startOwnSimulator(config);
    if (simulator) stoppers.push(() => simulator.close());
    signal.throwIfAborted();
    const installation = await openInstallation({
      config,
      log,
      publicUrl,
      signal,
      // Its sample images are on private addresses.
      ...(simulator && { simulatorUrl: simulator.url, allowedPrivateHosts: hostsOf(simulator) }),
    });
    stoppers.push(() => installation.close());
    const key = await installation.app.encryptionKeyCheck.run();
    if (key.status === 'failed') throw new SetupProblem(`${key.message} ${key.fix}`);
    const prepared =
      config.role === 'worker'
        ? null
        : await firstRun({
            database: installation.database,
            auth: installation.app.auth,
            accounts: installation.app.accounts,
            keyFile: join(config.dataDir, 'first-api-key'),
            isSimulator: config.pinterestEnvironment === 'simulator',
            simulatorUrl: simulator?.url ?? null,
            redirectUri: `${publicUrl}${callbackPath}`,
            app: simulatorAppOf(config),
          });
    signal.throwIfAborted();
    if (config.role !== 'api') stoppers.push(await startWorker(installation, log));
    const isApi = config.role !== 'worker';
    if (isApi) {
      await release();
      const http = await startHttp({ ...config, port }, installation, log);
      stoppers.push(() => closeHttp(http, installation));
      const { app, clock } = installation;
      stoppers.push(startMediaSweeper({ media: app.media, clock, log }));
    } else if (config.workerPort !== undefined) {
      const http = await startStatus(config, config.workerPort, installation, log);
      stoppers.push(() => closeHttp(http, installation));
    }
    signal.throwIfAborted();
    return { url: isApi ? publicUrl : null, simulatorUrl: simulator?.url ?? null, firstRun: prepared, stop };
  } catch (error) {
    await stop().catch((stopError: unknown) => log.error({ err: stopError }, 'graceful stop failed'));
    throw error;
  }
}

/** Only the all-in-one process runs a simulator; others use the one in the settings. */
async function startOwnSimulator(config: Config): Promise<Simulator | null> {
  const isOwn =
    config.role === 'all' && config.pinterestEnvironment === 'simulator' && !config.pinterestApiUrl;
  if (!isOwn) return null;
  // Loaded only here: a process that uses Pinterest does not load the simulator.
  const { startSimulator } = await import('@pintail/simulator');
  return startSimulator({
    port: config.simulatorPort,
    dataFile: join(config.dataDir, 'simulator.jsonl'),
  });
}

function hostsOf(simulator: Simulator): string[] {
  const { port } = new URL(simulator.url);
  return [`127.0.0.1:${port}`, `localhost:${port}`];
}

async function startWorker(installation: Installation, log: Log): Promise<() => Promise<void>> {
  const { app, directUrl, clock } = installation;
  const worker: Worker = app.createWorker();
  const listener = await listen({
    url: directUrl,
    channel: lanesChannel,
    onNotify: worker.wake,
    onGap: worker.wake,
    log,
    clock,
  });
  const jobsListener = await listen({
    url: directUrl,
    channel: jobsChannel,
    onNotify: app.jobs.wake,
    onGap: app.jobs.wake,
    log,
    clock,
  });
  await app.jobs.start();
  const cancelSweeper = app.sweeper.start();
  const cancelRefresh = startRefreshTimer({ accounts: app.accounts, clock, log });
  await app.webhooks.start();
  worker.start();
  return async () => {
    cancelSweeper();
    cancelRefresh();
    await Promise.all([worker.stop(graceMs), app.webhooks.stop(graceMs), app.jobs.stop(graceMs)]);
    await Promise.all([listener.close(), jobsListener.close()]);
  };
}

async function startHttp(config: Config, installation: Installation, log: Log): Promise<FastifyInstance> {
  const { app, directUrl, clock } = installation;
  const http = app.createHttp(checksOf(config, installation));
  const listener = await listen({
    url: directUrl,
    channel: keysChannel,
    onNotify: app.auth.forgetCached,
    onGap: app.auth.forgetCached,
    log,
    clock,
  });
  http.addHook('onClose', () => listener.close());
  try {
    await http.listen({ host: config.host, port: config.port });
  } catch (error) {
    await http.close();
    throw error;
  }
  return http;
}

/** A process with only a worker serves only its status. */
async function startStatus(
  config: Config,
  port: number,
  installation: Installation,
  log: Log,
): Promise<FastifyInstance> {
  const http = installation.app.createStatusHttp(checksOf(config, installation));
  try {
    log.info({ url: await http.listen({ host: config.host, port }) }, 'status of the worker');
  } catch (error) {
    await http.close();
    throw error;
  }
  return http;
}

/** Returns the checks that only a serving process can run. */
function checksOf({ role }: Config, { app, database, clock, pinterestSkewMs }: Installation) {
  const witnesses = () => ({ setBack: clock.setBack, pinterestSkewMs: pinterestSkewMs() });
  const checks = [clockCheck(database, clock, witnesses)];
  return role === 'api' ? checks : [...checks, workerCheck(app.lastPollAt, clock)];
}

const idlePollMs = 50;

/**
 * Completes running requests. Connections that become idle meanwhile are closed, although their clients would keep
 * them alive. A client that does not read its response is disconnected after the grace period.
 */
async function closeHttp(http: FastifyInstance, { clock }: Installation): Promise<void> {
  const cancels = [
    clock.every(idlePollMs, () => http.server.closeIdleConnections()),
    clock.after(graceMs, () => http.server.closeAllConnections()),
  ];
  try {
    await http.close();
  } finally {
    for (const cancel of cancels) cancel();
  }
}

/**
 * Reserves a free port until `release`, so that no other program is given it while Pintail starts. Connections to it are
 * closed.
 */
async function reservePort(host: string): Promise<{ port: number; release: Closer }> {
  const server = createServer((socket) => void socket.destroy()).listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    async release() {
      if (server.listening) await once(server.close(), 'close');
    },
  };
}
