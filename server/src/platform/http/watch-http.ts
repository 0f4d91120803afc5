// Counts requests by the route's pattern rather than the path, because paths contain ids.
import type { FastifyInstance } from 'fastify';
import type { Metrics } from '../metrics.ts';
import type { BodyMemory } from './bodies/body-memory.ts';
import {
  bodiesTooLarge,
  bodyMemoryFull,
  organizationRateLimitExceeded,
  overloaded,
  rateLimitExceeded,
} from './contract/refusals.ts';

const buckets = [0.005, 0.02, 0.1, 0.5, 2, 10];

/** Creates the metrics, which the servers of a process share. */
export function createHttpWatch(metrics: Metrics, bodyMemory: BodyMemory): (app: FastifyInstance) => void {
  const requests = metrics.counter(
    'pintail_http_requests_total',
    'Requests answered, by route and class of status. route="none" is an unknown route.',
    ['method', 'route', 'status'],
  );
  const seconds = metrics.histogram(
    'pintail_http_request_seconds',
    'Duration of requests, to the end of the response.',
    buckets,
    ['method', 'route'],
  );
  const turnedAway = metrics.counter(
    'pintail_http_turned_away_total',
    'Requests refused because of load: rate_limit (of the API key or its organization), overload (of this process), bodies (too many or too large bodies in progress).',
    ['reason'],
  );
  const replays = metrics.counter(
    'pintail_http_replays_total',
    'Requests answered with the stored response to the first request with the same Idempotency-Key.',
  );
  turnedAway.inc({ reason: 'rate_limit' }, 0);
  turnedAway.inc({ reason: 'overload' }, 0);
  turnedAway.inc({ reason: 'bodies' }, 0);
  const bodyBytes = metrics.gauge(
    'pintail_http_body_bytes',
    'Memory used by the bodies of requests in progress.',
  );
  metrics.beforeReading(() => bodyBytes.set(bodyMemory.heldBytes()));
  return (app) => {
    app.addHook('onResponse', async (request, reply) => {
      const route = request.routeOptions.url ?? 'none';
      // The method of an unknown route is arbitrary input.
      const method = route === 'none' ? 'any' : request.method;
      requests.inc({ method, route, status: `${Math.floor(reply.statusCode / 100)}xx` });
      const isForRate = [rateLimitExceeded, organizationRateLimitExceeded].some(
        ({ declaration }) => declaration === request.refusedAs,
      );
      if (isForRate) turnedAway.inc({ reason: 'rate_limit' });
      if (request.refusedAs === overloaded.declaration) turnedAway.inc({ reason: 'overload' });
      const isForBodies = [bodiesTooLarge, bodyMemoryFull].some(
        ({ declaration }) => declaration === request.refusedAs,
      );
      if (isForBodies) turnedAway.inc({ reason: 'bodies' });
      if (reply.getHeader('idempotent-replayed') !== undefined) replays.inc();
      seconds.observe({ method, route }, reply.elapsedTime / 1000);
    });
  };
}
