// The sender of webhooks: the fan-out makes deliveries, and a poller claims the endpoints that have some due.
import type { Cancel } from '../../../platform/clock.ts';
import { createPoller } from '../../../platform/work/poller.ts';
import { claimEndpoints, type LeasedEndpoint, leaseMs, renewEndpoints } from './endpoints.queries.ts';
import { createFanOut, deliveryPollMs } from './fan-out.ts';
import { type EndpointParts, serveEndpoint } from './serve-endpoint.ts';

export interface Sender {
  /** Creates the deliveries of all new events in the log. */
  run(): Promise<void>;
  /** Sends all due deliveries, and resolves when none is due. */
  runDue(): Promise<void>;
  /** Polls immediately, for a new webhook or an urgent delivery. */
  wake(): Promise<void>;
  start(): Promise<void>;
  /** Stops claiming. Work that takes longer than `graceMs` is left to other processes. */
  stop(graceMs: number): Promise<void>;
}

/** Endpoints served at a time, for each process, and for an organization in a process. */
const endpointsMax = 16;
const perOrganization = 8;
/** Endpoints that are finished at nearly the same time are followed by one poll. */
const spacingMs = 100;

export function createSender(parts: EndpointParts): Sender {
  const { clock, log } = parts;
  const { db } = parts.database;
  const fanOut = createFanOut({ ...parts, handedOut: () => poller.wake() });
  const poller = createPoller<LeasedEndpoint>({
    ...{ clock, log, leaseMs, key: 'webhookId', concurrency: endpointsMax, pollMs: deliveryPollMs },
    spacingMs: () => spacingMs,
    claim: async (claim) => (fanOut.isAwake() ? claimEndpoints(db, { ...claim, perOrganization }) : []),
    serve: (endpoint, serving) => serveEndpoint(parts, endpoint, serving),
    async renew(endpoints, leaseUntil) {
      const ours = await renewEndpoints(db, { endpoints, leaseUntil });
      return endpoints.filter(({ id }) => ours.has(id));
    },
  });
  let cancel: Cancel = () => {};
  return {
    run: fanOut.run,
    async runDue() {
      await poller.runDue();
    },
    async wake() {
      fanOut.wake();
      await fanOut.run();
    },
    async start() {
      cancel = await fanOut.start();
      poller.start();
    },
    async stop(graceMs) {
      cancel();
      await poller.stop(graceMs);
    },
  };
}
