// The HTTP server: the API under both prefixes, the control interface, samples and pages,
// and what all of them share: request ids, the ledger, errors that are never a 5xx by accident.

import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { appOperations, operations } from '../api/operations.ts';
import { prefixOf } from '../api/views.ts';
import { ControlError } from '../control/control-error.ts';
import { addControlRoutes } from '../control/routes.ts';
import { refuseForeignForm } from '../page/forms.ts';
import { addPages } from '../page/routes.ts';
import { addSamples } from '../samples/routes.ts';
import type { Environment } from '../store/model.ts';
import type { World } from '../world.ts';
import { closeEntry, enterLedger, serveAppOperation, serveOperation } from './pipeline.ts';
import { bodyTooLarge, Refusal, routeNotFound } from './refusal.ts';
import { newRequestId } from './request-id.ts';

/** Above any setting of bodyBytesMax that makes sense; keeps a hostile body from filling the memory. */
const bodyBytesCeiling = 72_000_000;

export function buildApp(world: World): FastifyInstance {
  const app = fastify({
    bodyLimit: bodyBytesCeiling,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 500 },
    frameworkErrors: (_error, request, reply) => {
      reply.header('x-pinterest-rid', newRequestId());
      sendRefusal(reply, routeNotFound(request.method, '(unreadable)'));
    },
  });

  // Bodies are read as bytes and parsed where the operation is known: JSON, a form, or nothing.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.decorateRequest('ledgerEntry', null);
  app.decorateRequest('startedAt', 0);

  // A caller who hangs up is in the ledger as one who got no answer.
  app.addHook('onRequestAbort', async (request) => closeEntry(request, null, 'none'));
  app.addHook('onResponse', async (request, reply) => closeEntry(request, reply.statusCode, 'sent'));
  app.addHook('onRequest', async (_request, reply) => {
    if (!reply.hasHeader('x-pinterest-rid')) reply.header('x-pinterest-rid', newRequestId());
  });

  app.setErrorHandler((error: FastifyError, request, reply) => handleError(error, request, reply));
  app.setNotFoundHandler((request, reply) => {
    sendRefusal(reply, routeNotFound(request.method, request.url.slice(0, 200)));
  });

  for (const environment of ['production', 'sandbox'] as const) addApi(app, world, environment);
  app.register(async (control) => {
    // A page of another site must not be able to reset or change this one.
    control.addHook('onRequest', async (request) => refuseForeignForm(request));
    addControlRoutes(control, world);
  });
  addSamples(app);
  addPages(app, world);
  return app;
}

function addApi(app: FastifyInstance, world: World, environment: Environment): void {
  app.register(
    async (api) => {
      api.setNotFoundHandler((request, reply) => {
        enterLedger(world, environment, request, reply, null);
        sendRefusal(reply, routeNotFound(request.method, request.url.slice(0, 200)));
      });
      for (const operation of operations) {
        api.route({
          method: operation.method,
          url: operation.path,
          onRequest: async (request, reply) => enterLedger(world, environment, request, reply, operation.id),
          handler: (request, reply) => serveOperation(world, environment, operation, request, reply),
        });
      }
      for (const operation of appOperations) {
        api.route({
          method: operation.method,
          url: operation.path,
          onRequest: async (request, reply) => enterLedger(world, environment, request, reply, operation.id),
          handler: (request, reply) => serveAppOperation(world, environment, operation, request, reply),
        });
      }
    },
    { prefix: prefixOf(environment) },
  );
}

function handleError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  if (error instanceof ControlError) {
    reply.code(error.status).send({ error: error.message });
    return;
  }
  const refusal = refusalFrom(error);
  if (refusal !== null) {
    sendRefusal(reply, refusal);
    return;
  }
  // A mistake of ours, not a fault on demand: say so where a developer looks.
  console.error(`simulator: ${request.method} ${request.url.split('?')[0]}:`, error);
  reply.code(500).send({ code: 500, message: 'The simulator itself failed. This is a bug in it.' });
}

function refusalFrom(error: FastifyError): Refusal | null {
  if (error instanceof Refusal) return error;
  if (error.statusCode === 413) return bodyTooLarge();
  const status = error.statusCode ?? 500;
  return status < 500 ? new Refusal(status, 1, error.message) : null;
}

function sendRefusal(reply: FastifyReply, refusal: Refusal): void {
  reply.code(refusal.status).headers(refusal.headers).send(refusal.body);
}
