// The reference page at /docs: Swagger UI from our own disk, showing /openapi.json. Asks no outside host.
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

// Its files are all we want: the package's front door runs the whole of it in this process, 20 MB of memory.
const require = createRequire(import.meta.url);
const assets = dirname(require.resolve('swagger-ui-dist/package.json'));

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Pintail API</title>
    <link rel="stylesheet" href="/docs/assets/swagger-ui.css">
    <link rel="icon" href="/docs/assets/favicon-32x32.png">
  </head>
  <body>
    <div id="reference"></div>
    <script src="/docs/assets/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

const start = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  persistAuthorization: true,
  validatorUrl: null,
});
`;

/** No script, style or picture from elsewhere; Swagger UI sets inline styles and data: pictures. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'";

/** @param openApi Makes the document; called once, when somebody asks for it. */
export function serveDocs(app: FastifyInstance, openApi: () => object): void {
  let json: string | undefined;
  app.get('/openapi.json', (_request, reply) => {
    json ??= JSON.stringify(openApi());
    return reply.type('application/json').send(json);
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
