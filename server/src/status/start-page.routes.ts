// The page at `/`, for people who open the server's address in a browser.
import type { FastifyInstance } from 'fastify';
import type { SystemPaths } from '../platform/http/contract/index.ts';

// Links are relative, so that they work under the path prefix of a proxy.
const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Pintail</title>
    <link rel="icon" href="docs/assets/favicon-32x32.png">
    <style>
      :root { color-scheme: light dark; }
      body { font: 1rem/1.6 system-ui, sans-serif; max-width: 38rem; margin: 12vh auto; padding: 0 1.5rem; }
      h1 { font-size: 1.5rem; }
      code { font-size: 0.9em; }
      dt { margin-top: 1rem; font-weight: 600; }
      dd { margin: 0; }
    </style>
  </head>
  <body>
    <main>
      <h1>Pintail is running</h1>
      <p>This is the address of the REST API, which schedules and publishes Pins.</p>
      <dl>
        <dt><a href="docs">API reference</a></dt>
        <dd>All operations, with examples to try.</dd>
        <dt><a href="openapi.json">OpenAPI document</a></dt>
        <dd>For generators of clients.</dd>
        <dt><a href="ready">Readiness</a></dt>
        <dd>Whether the database, the storage and the worker are available.</dd>
      </dl>
      <p>Requests need an API key: <code>Authorization: Bearer …</code>. On the server,
        <code>npm run pintail -- keys create --name NAME</code> creates one.</p>
    </main>
  </body>
</html>
`;

/** No script, and nothing from other hosts. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'";

export const startPagePaths: SystemPaths = {
  '/': {
    operationId: 'getStartPage',
    summary: 'A page with links to the API reference',
    responses: { 200: { description: 'A page for people.', type: 'text/html' } },
  },
};

export function registerStartPage(app: FastifyInstance): void {
  app.get('/', (_request, reply) =>
    reply.type('text/html').header('content-security-policy', policy).send(page),
  );
}
