// Counts requests. By the route's pattern, never by the path: paths hold ids.
import type { FastifyInstance } from 'fastify';
import type { Metrics } from '../metrics.ts';
import type { BodyMemory } from './bodies/body-memory.ts';
import { bodiesTooLarge, bodyMemoryFull, overloaded, rateLimitExceeded } from './contract/refusals.ts';

const buckets = [0.005, 0.02, 0.1, 0.5, 2, 10];

/** The metrics that the servers of a process share. */
export function createHttpWatch(metrics: Metrics, bodyMemory: BodyMemory): (app: FastifyInstance) => void {
  const requests = metrics.counter(
    'pintail_http_requests_total',
    'Requests answered, by route and class of status. route="none": unknown route.',
    ['method', 'route', 'status'],
  );
  const seconds = metrics.histogram(
    'pintail_http_request_seconds',
    'From a request to the end of its answer.',
    buckets,
    ['method', 'route'],
  );
  const turnedAway = metrics.counter(
    'pintail_http_turned_away_total',
    'Requests refused for their number: rate_limit (of their API key), overload (of this process), bodies (too many or too large ones on the way).',
    ['reason'],
  );
  const replays = metrics.counter(
    'pintail_http_replays_total',
    'Requests answered with the kept answer to the first one with the same Idempotency-Key.',
  );
  turnedAway.inc({ reason: 'rate_limit' }, 0);
  turnedAway.inc({ reason: 'overload' }, 0);
  turnedAway.inc({ reason: 'bodies' }, 0);
  const bodyBytes = metrics.gauge(
    'pintail_http_body_bytes',
    'Memory that the bodies of requests under way take.',
  );
  metrics.beforeReading(() => bodyBytes.set(bodyMemory.heldBytes()));
  return (app) => {
    app.addHook('onResponse', async (request, reply) => {
      const route = request.routeOptions.url ?? 'none';
      // A method that no route has is what a caller wrote, and could be anything.
      const method = route === 'none' ? 'any' : request.method;
      requests.inc({ method, route, status: `${Math.floor(reply.statusCode / 100)}xx` });
      if (request.refusedAs === rateLimitExceeded.declaration) turnedAway.inc({ reason: 'rate_limit' });
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
