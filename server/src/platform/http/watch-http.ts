// Counts requests. By the route's pattern, never by the path: paths hold ids.
import type { FastifyInstance } from 'fastify';
import type { Metrics } from '../metrics.ts';

const buckets = [0.005, 0.02, 0.1, 0.5, 2, 10];

/** What the servers of a process have in common. */
export function createHttpWatch(metrics: Metrics): (app: FastifyInstance) => void {
  const requests = metrics.counter(
    'pintail_http_requests_total',
    'Requests answered, by route and class of status. route="none": there is no such route.',
    ['method', 'route', 'status'],
  );
  const seconds = metrics.histogram(
    'pintail_http_request_seconds',
    'From a request to the end of its answer.',
    buckets,
    ['method', 'route'],
  );
  return (app) => {
    app.addHook('onResponse', async (request, reply) => {
      const route = request.routeOptions.url ?? 'none';
      // A method that no route has is what a caller wrote, and could be anything.
      const method = route === 'none' ? 'any' : request.method;
      requests.inc({ method, route, status: `${Math.floor(reply.statusCode / 100)}xx` });
      seconds.observe({ method, route }, reply.elapsedTime / 1000);
    });
  };
}
