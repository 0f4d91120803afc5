// The reference page at /docs: Swagger UI with /openapi.json. Everything is served from this server.
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { SystemPaths } from '../contract/system-path.ts';

// Only the files are needed. An import of the package would load all of it into this process, 20 MB of memory.
const require = createRequire(import.meta.url);
const assets = dirname(require.resolve('swagger-ui-dist/package.json'));

// Addresses are relative, so that the page works under the path prefix of a proxy.
const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Pintail API</title>
    <link rel="stylesheet" href="docs/assets/swagger-ui.css">
    <link rel="icon" href="docs/assets/favicon-32x32.png">
  </head>
  <body>
    <div id="reference"></div>
    <script src="docs/assets/swagger-ui-bundle.js"></script>
    <script src="docs/start.js"></script>
  </body>
</html>
`;

const start = `SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  persistAuthorization: true,
  validatorUrl: null,
});
`;

/** For JSON.stringify. No schema of the document has a property of one of these names. */
function leaveOutExamples(key: string, value: unknown): unknown {
  return key === 'example' || key === 'examples' ? undefined : value;
}

/** No script, style or picture from other hosts. Swagger UI needs inline styles and data: pictures. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'";

export const docsPaths: SystemPaths = {
  '/openapi.json': {
    operationId: 'getOpenApi',
    summary: 'This document',
    query: z.object({
      examples: z.boolean().optional().meta({
        description: '`false` leaves out the examples, a fifth of it. Default: `true`.',
      }),
    }),
    responses: { 200: { description: 'An OpenAPI 3.1 document.', type: 'application/json' } },
  },
  '/docs': {
    operationId: 'getDocs',
    summary: 'The API reference as a page',
    responses: { 200: { description: 'A page for people.', type: 'text/html' } },
  },
};

/**
 * Serves the document and the page.
 * @param createDocument Called once for each of the two forms, at the first request
 */
export function serveDocs(app: FastifyInstance, createDocument: () => object): void {
  const texts = new Map<boolean, string>();
  app.get<{ Querystring: { examples?: string } }>('/openapi.json', (request, reply) => {
    const hasExamples = request.query.examples !== 'false';
    let text = texts.get(hasExamples);
    if (text === undefined) {
      text = JSON.stringify(createDocument(), hasExamples ? undefined : leaveOutExamples);
      texts.set(hasExamples, text);
    }
    return reply.type('application/json').send(text);
  });
  app.get('/docs', (_request, reply) =>
    reply.type('text/html').header('content-security-policy', policy).send(page),
  );
  app.get('/docs/start.js', (_request, reply) => reply.type('text/javascript').send(start));
  app.register(fastifyStatic, {
    root: assets,
    prefix: '/docs/assets/',
    index: false,
    decorateReply: false,
  });
}
