// A pretend Pinterest: API v5 for boards, Pins and media over real HTTP, with faults on demand.
// A sandbox for people who lack Pinterest's approval, and the test double of everything else here.

import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClock } from './clock.ts';
import { ensureBuiltInApp } from './control/seed.ts';
import { buildApp } from './http/app.ts';
import { createFaultBook } from './http/faults.ts';
import { createLedger } from './http/ledger.ts';
import { createLimits } from './http/limits.ts';
import { createPreviews } from './images/previews.ts';
import { openStore } from './store/store.ts';
import { createUploadServer } from './uploads/server.ts';
import { settingsOf, type World } from './world.ts';

export interface SimulatorOptions {
  /** 127.0.0.1 unless told otherwise. */
  host?: string;
  /** 0 is any free port. */
  port?: number;
  /** The journal; without it everything is forgotten at the end. */
  dataFile?: string;
  now?: () => Date;
}

export interface Simulator {
  /** Such as http://127.0.0.1:8788 */
  url: string;
  /** The base of the production API: url + '/v5'. */
  apiUrl: string;
  /** The base of the sandbox API, which has tokens, boards and ids of its own. */
  sandboxApiUrl: string;
  /** Where a browser is sent to connect an account. */
  authorizeUrl: string;
  /** Where videos are uploaded: another port, as S3 is another host. */
  uploadUrl: string;
  close(): Promise<void>;
}

export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { host = '127.0.0.1', port = 0, dataFile, now = () => new Date() } = options;
  const store = openStore(dataFile, () => Date.now());
  const ledger = createLedger();
  for (const pin of store.rows.pins.values()) ledger.startAfter(pin.requestNumber);
  const offsetMs = store.kept('clockOffsetMs');
  const closing = new AbortController();

  const world: World = {
    store,
    ledger,
    clock: createClock(now, typeof offsetMs === 'number' ? offsetMs : 0),
    faults: createFaultBook(),
    limits: createLimits(),
    previews: createPreviews(dataFile === undefined ? undefined : `${dataFile}.previews`),
    ...settingsOf(store),
    addresses: { url: '', uploadUrl: '' },
    closing: closing.signal,
    goAway: () => {},
  };
  ensureBuiltInApp(world);

  const app = buildApp(world);
  const uploads = createUploadServer(world);
  try {
    await app.listen({ host, port });
    await listenNear(uploads, port, host);
    store.startJournal();
  } catch (error) {
    await app.close();
    store.close();
    throw error;
  }
  const address = app.server.address() as AddressInfo;
  const url = urlOf(host, address);
  world.addresses.url = url;
  world.addresses.uploadUrl = `${urlOf(host, uploads.address() as AddressInfo)}/pinterest-media-upload/`;

  // A host that is down: nothing listens, so the next connections are refused, until it is back.
  let comeBack: NodeJS.Timeout | undefined;
  const comeBackIn = (milliseconds: number) => {
    comeBack = setTimeout(() => {
      comeBack = undefined;
      app.server.listen(address.port, host);
    }, milliseconds);
  };
  world.goAway = (milliseconds) => {
    if (comeBack !== undefined || closing.signal.aborted) return;
    app.server.close();
    app.server.closeAllConnections();
    comeBackIn(milliseconds);
  };
  // Another program may have taken the port meanwhile: try until it is free again.
  app.server.on('error', () => {
    if (comeBack === undefined && !closing.signal.aborted) comeBackIn(200);
  });

  return {
    url,
    apiUrl: `${url}/v5`,
    sandboxApiUrl: `${url}/sandbox/v5`,
    authorizeUrl: `${url}/oauth/`,
    uploadUrl: world.addresses.uploadUrl,
    close: async () => {
      closing.abort();
      clearTimeout(comeBack);
      uploads.close();
      uploads.closeAllConnections();
      await app.close();
      store.close();
    },
  };
}

/** The port after the simulator's own, so that it is the same after a restart; any other when it is taken. */
async function listenNear(uploads: Server, port: number, host: string): Promise<void> {
  try {
    uploads.listen(port === 0 ? 0 : port + 1, host);
    await once(uploads, 'listening');
  } catch {
    uploads.listen(0, host);
    await once(uploads, 'listening');
  }
}

/** An address that a client on this machine can use, also when all interfaces are listened on. */
function urlOf(host: string, address: AddressInfo): string {
  if (host === '0.0.0.0' || host === '::') return `http://127.0.0.1:${address.port}`;
  return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`;
}
