// A local server for tests of outbound requests, and functions that fetch from it.
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTestClock } from '../../../test/clock.ts';
import { createOutbound, OutboundFailure, type OutboundOptions } from './index.ts';

export const clock = createTestClock();
const closers: (() => Promise<void>)[] = [];

/** Closes all servers. Call it in `afterEach`. */
export async function closeSites(): Promise<void> {
  await Promise.all(closers.splice(0).map((close) => close()));
}

/** Starts a server on a free port of 127.0.0.1 that records its requests. */
export async function serve(answer: RequestListener) {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  closers.push(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
  const { port } = server.address() as AddressInfo;
  return { port, pair: `127.0.0.1:${port}`, url: `http://127.0.0.1:${port}/`, requests, server };
}

export function outboundTo(pairs: string[], options: Partial<OutboundOptions> = {}) {
  return createOutbound({ allowedPrivateHosts: pairs, clock, ...options });
}

/** Returns the whole body. */
export async function get(site: { pair: string; url: string }, bytesMax = 1_000_000): Promise<string> {
  const { body } = await outboundTo([site.pair]).fetchStream(site.url, { bytesMax });
  return Buffer.concat(await body.toArray()).toString();
}

export async function failureOf(work: Promise<unknown>): Promise<OutboundFailure> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof OutboundFailure)) throw new Error(`Not a failure: ${error}`);
  return error;
}
