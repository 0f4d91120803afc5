// The reference page at /docs: Swagger UI with /openapi.json. Everything is served from this server.
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { namesTag } from '../contract/entity-tags.ts';
import type { SystemPaths } from '../contract/system-path.ts';

// Only the files are needed. Importing the package would take 20 MB of memory.
const require = createRequire(import.meta.url);
const assets = dirname(require.resolve('swagger-ui-dist/package.json'));

const assetNames = new Set(['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png']);

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
  validatorUrl: null,
});
`;

/** A replacer for JSON.stringify. No schema of the document has a property with one of these names. */
function omitExamples(key: string, value: unknown): unknown {
  return key === 'example' || key === 'examples' ? undefined : value;
}

/** Allows nothing from other hosts. Swagger UI needs inline styles and data: images. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export const docsPaths: SystemPaths = {
  '/openapi.json': {
    operationId: 'getOpenApi',
    summary: 'This document',
    query: z.object({
      examples: z.boolean().optional().meta({
        description: '`false` omits the examples, a fifth of the document. Default: `true`.',
      }),
    }),
    responses: {
      200: {
        description: 'An OpenAPI 3.1 document, compressed if the client accepts gzip.',
        type: 'application/json',
      },
      304: { description: 'The document has not changed since the `ETag` in `If-None-Match`.' },
    },
  },
  '/docs': {
    operationId: 'getDocs',
    summary: 'The API reference as a page',
    responses: { 200: { description: 'An HTML page.', type: 'text/html' } },
  },
};

/** A variant of the document as it is sent. */
interface SentDocument {
  etag: string;
  plain: Buffer;
  zipped: Buffer;
}

async function prepare(document: object, hasExamples: boolean): Promise<SentDocument> {
  const plain = Buffer.from(JSON.stringify(document, hasExamples ? undefined : omitExamples));
  const etag = `"${createHash('sha256').update(plain).digest('base64url')}"`;
  return { etag, plain, zipped: await promisify(gzip)(plain) };
}

function serveDocument(app: FastifyInstance, createDocument: () => object): void {
  const documents = new Map<boolean, Promise<SentDocument>>();
  app.get<{ Querystring: { examples?: string } }>('/openapi.json', async (request, reply) => {
    const hasExamples = request.query.examples !== 'false';
    const preparing = documents.get(hasExamples) ?? prepare(createDocument(), hasExamples);
    documents.set(hasExamples, preparing);
    const { etag, plain, zipped } = await preparing;
    // A client asks again each time, and gets the document only if it has changed.
    reply.headers({ etag, vary: 'accept-encoding', 'cache-control': 'no-cache' });
    const known = request.headers['if-none-match'];
    if (known !== undefined && namesTag(known, etag)) return reply.code(304).send();
    reply.type('application/json');
    if (!/\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(String(request.headers['accept-encoding'] ?? '')))
      return reply.send(plain);
    return reply.header('content-encoding', 'gzip').send(zipped);
  });
}

/**
 * Serves the document and the page.
 * @param createDocument Called once for each variant (with and without examples), at its first request
 */
export function serveDocs(app: FastifyInstance, createDocument: () => object): void {
  serveDocument(app, createDocument);
  app.get('/docs', (_request, reply) =>
    reply.type('text/html').header('content-security-policy', policy).send(page),
  );
  app.get('/docs/start.js', (_request, reply) => reply.type('text/javascript').send(start));
  app.register(fastifyStatic, {
    root: assets,
    prefix: '/docs/assets/',
    index: false,
    decorateReply: false,
    // The package also has a page of its own, which loads a document of another site.
    allowedPath: (path) => assetNames.has(path.slice(path.lastIndexOf('/') + 1)),
  });
}
