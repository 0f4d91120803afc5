// The HTTP server: the API with both prefixes, the control interface, samples and pages, and what they share: request ids,
// the ledger, error responses that are never an accidental 5xx.
import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { appOperations, operations } from './api/operations.ts';
import { prefixOf } from './api/views.ts';
import { addControlRoutes, type ControlParts } from './control/control.routes.ts';
import { ControlError } from './ground/control-error.ts';
import { bodyTooLarge, Refusal, routeNotFound } from './ground/refusal.ts';
import { newRequestId } from './ground/request-id.ts';
import {
  closeEntry,
  enterLedger,
  type PipelineParts,
  serveAppOperation,
  serveOperation,
} from './http/pipeline.ts';
import { refuseForeignForm, refuseForeignHost } from './page/forms.ts';
import { addPages, type PageParts } from './page/page.routes.ts';
import { addSamples } from './samples/samples.routes.ts';
import type { Environment } from './store/model.ts';

/** Above any sensible setting of bodyBytesMax. Prevents a hostile body from filling the memory. */
const bodyBytesCeiling = 72_000_000;

export function buildApp(parts: PipelineParts & ControlParts & PageParts): FastifyInstance {
  const app = fastify({
    bodyLimit: bodyBytesCeiling,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 500 },
    frameworkErrors: (_error, request, reply) => {
      reply.header('x-pinterest-rid', newRequestId());
      sendRefusal(reply, routeNotFound(request.method, '(unreadable)'));
    },
  });

  // Bodies are read as bytes. The operation parses them as JSON or as a form, or ignores them.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.decorateRequest('ledgerEntry', null);
  app.decorateRequest('startedAt', 0);

  // A client that disconnects is in the ledger as one that received no response.
  app.addHook('onRequestAbort', async (request) => closeEntry(request, null, 'none'));
  app.addHook('onResponse', async (request, reply) => closeEntry(request, reply.statusCode, 'sent'));
  app.addHook('onRequest', async (request, reply) => {
    refuseForeignHost(request, parts.addresses.url);
    if (!reply.hasHeader('x-pinterest-rid')) reply.header('x-pinterest-rid', newRequestId());
  });

  app.setErrorHandler((error: FastifyError, request, reply) => handleError(error, request, reply));
  app.setNotFoundHandler((request, reply) => {
    sendRefusal(reply, routeNotFound(request.method, request.url.slice(0, 200)));
  });

  for (const environment of ['production', 'sandbox'] as const) addApi(app, parts, environment);
  app.register(async (control) => {
    // A page of another site must not be able to reset or change the simulator.
    control.addHook('onRequest', async (request) => refuseForeignForm(request));
    addControlRoutes(control, parts);
  });
  addSamples(app);
  addPages(app, parts);
  return app;
}

function addApi(app: FastifyInstance, parts: PipelineParts, environment: Environment): void {
  app.register(
    async (api) => {
      api.setNotFoundHandler((request, reply) => {
        enterLedger(parts, environment, request, reply, null);
        sendRefusal(reply, routeNotFound(request.method, request.url.slice(0, 200)));
      });
      for (const operation of operations) {
        api.route({
          method: operation.method,
          url: operation.path,
          onRequest: async (request, reply) => enterLedger(parts, environment, request, reply, operation.id),
          handler: (request, reply) => serveOperation(parts, environment, operation, request, reply),
        });
      }
      for (const operation of appOperations) {
        api.route({
          method: operation.method,
          url: operation.path,
          onRequest: async (request, reply) => enterLedger(parts, environment, request, reply, operation.id),
          handler: (request, reply) => serveAppOperation(parts, environment, operation, request, reply),
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
  // A bug, not a requested fault: log it.
  console.error(`simulator: ${request.method} ${request.url.split('?')[0]}:`, error);
  reply.code(500).send({ code: 500, message: 'Internal error of the simulator. This is a bug.' });
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
