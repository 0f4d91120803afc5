// A simulator of Pinterest: API v5 for boards, Pins and media over real HTTP, with faults on demand.
// A sandbox for people without Pinterest's approval, and the test double of this repository.
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildApp } from './app.ts';
import { ensureBuiltInApp } from './control/seed.ts';
import { createClock } from './ground/clock.ts';
import { createFaultBook } from './http/faults.ts';
import { createLedger } from './http/ledger.ts';
import { createLimits } from './http/limits.ts';
import { createPreviews } from './images/previews.ts';
import { openStore } from './store/store.ts';
import { openSwitches } from './store/switches.ts';
import { createUploadServer } from './uploads/server.ts';

export interface SimulatorOptions {
  /** Default: 127.0.0.1 */
  host?: string;
  /** Default: 0, any free port. */
  port?: number;
  /** The journal. Without it, everything is in memory only. */
  dataFile?: string;
  now?: () => Date;
}

export interface Simulator {
  /** For example http://127.0.0.1:8788 */
  url: string;
  /** The base URL of the production API: url + '/v5'. */
  apiUrl: string;
  /** The base URL of the sandbox API, which has tokens, boards and ids of its own. */
  sandboxApiUrl: string;
  /** The page that a browser opens to connect an account. */
  authorizeUrl: string;
  /** The URL for video uploads, on another port, as S3 is another host. */
  uploadUrl: string;
  close(): Promise<void>;
}

/** Starts the simulator, listening on its port and on the port for uploads. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { host = '127.0.0.1', port = 0, dataFile, now = () => new Date() } = options;
  const store = openStore(dataFile, () => Date.now());
  const ledger = createLedger();
  for (const pin of store.rows.pins.values()) ledger.startAfter(pin.requestNumber);
  const offsetMs = store.getValue('clockOffsetMs');
  const closing = new AbortController();
  const addresses = { url: '', uploadUrl: '' };

  const parts = {
    ...openSwitches(store),
    store,
    ledger,
    clock: createClock(now, typeof offsetMs === 'number' ? offsetMs : 0),
    faults: createFaultBook(),
    limits: createLimits(),
    previews: createPreviews(dataFile === undefined ? undefined : `${dataFile}.previews`),
    addresses,
    closing: closing.signal,
    refuseConnections: (milliseconds: number) => outages.start(milliseconds),
  };
  ensureBuiltInApp(store);

  const app = buildApp(parts);
  const outages = createOutages(app.server, host, closing.signal);
  const uploads = createUploadServer(parts);
  try {
    await app.listen({ host, port });
    await listenNear(uploads, port, host);
    store.startJournal();
  } catch (error) {
    await app.close();
    store.close();
    throw error;
  }
  addresses.url = urlOf(host, app.server.address() as AddressInfo);
  addresses.uploadUrl = `${urlOf(host, uploads.address() as AddressInfo)}/pinterest-media-upload/`;

  return {
    url: addresses.url,
    apiUrl: `${addresses.url}/v5`,
    sandboxApiUrl: `${addresses.url}/sandbox/v5`,
    authorizeUrl: `${addresses.url}/oauth/`,
    uploadUrl: addresses.uploadUrl,
    async close() {
      closing.abort();
      uploads.close();
      uploads.closeAllConnections();
      await app.close();
      store.close();
    },
  };
}

/** Outages of the host: the server stops listening, so that connections are refused, and later listens on its port again. */
function createOutages(server: Server, host: string, closing: AbortSignal) {
  let port = 0;
  let timer: NodeJS.Timeout | undefined;

  function listenIn(milliseconds: number): void {
    timer = setTimeout(() => {
      timer = undefined;
      server.listen(port, host);
    }, milliseconds);
  }

  closing.addEventListener('abort', () => clearTimeout(timer));
  // Another program may use the port meanwhile: retry until it is free.
  server.on('error', () => {
    if (port !== 0 && timer === undefined && !closing.aborted) listenIn(200);
  });
  return {
    start(milliseconds: number): void {
      if (timer !== undefined || closing.aborted) return;
      port ||= (server.address() as AddressInfo).port;
      server.close();
      server.closeAllConnections();
      listenIn(milliseconds);
    },
  };
}

/** Listens on the port after the simulator's own, so that it is the same after a restart, or on any port if it is taken. */
async function listenNear(uploads: Server, port: number, host: string): Promise<void> {
  try {
    uploads.listen(port === 0 ? 0 : port + 1, host);
    await once(uploads, 'listening');
  } catch {
    uploads.listen(0, host);
    await once(uploads, 'listening');
  }
}

/** Returns a URL that a client on this machine can use, also when the server listens on all interfaces. */
function urlOf(host: string, address: AddressInfo): string {
  if (host === '0.0.0.0' || host === '::') return `http://127.0.0.1:${address.port}`;
  return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`;
}
