// Serves the sample images: a list at /samples/, and each image as JPEG or PNG, rendered once.
import type { FastifyInstance } from 'fastify';
import sharp from 'sharp';
import { type Html, html } from '../page/html.ts';
import { page, sendPage } from '../page/layout.ts';
import { sampleHeight, samples, sampleWidth } from './drawings.ts';

const rendered = new Map<string, Promise<Buffer>>();

function render(name: string, format: 'jpg' | 'png'): Promise<Buffer> | undefined {
  const sample = samples.find((candidate) => candidate.name === name);
  if (sample === undefined) return undefined;
  const key = `${name}.${format}`;
  const earlier = rendered.get(key);
  if (earlier !== undefined) return earlier;
  const drawn = sharp(Buffer.from(sample.drawing));
  const bytes = format === 'jpg' ? drawn.jpeg({ quality: 84 }).toBuffer() : drawn.png().toBuffer();
  rendered.set(key, bytes);
  return bytes;
}

function samplesPage(): Html {
  const body = html`<h1>Sample images</h1>
<p class="meta">Drawn by Pintail and under its MIT licence: use and publish them freely. Each is available as .jpg and as .png.</p>
<ul class="pins">${samples.map(
    ({
      name,
      title,
    }) => html`<li><a class="frame" href="/samples/${name}.jpg"><img src="/samples/${name}.jpg" alt="" loading="lazy"></a>
<span class="title">${title}</span><code>/samples/${name}.jpg</code></li>`,
  )}</ul>`;
  return page('Sample images: Pinterest simulator', body);
}

export function addSamples(app: FastifyInstance): void {
  app.get('/samples/', async (request, reply) => {
    // A browser receives a page, a program JSON.
    if (request.headers.accept?.includes('text/html')) return sendPage(reply, 200, samplesPage());
    const base = `${request.protocol}://${request.host}/samples`;
    return {
      samples: samples.map(({ name, title }) => ({
        name,
        title,
        width: sampleWidth,
        height: sampleHeight,
        jpg: `${base}/${name}.jpg`,
        png: `${base}/${name}.png`,
      })),
    };
  });

  app.get('/samples/:file', async (request, reply) => {
    const { file } = request.params as { file: string };
    const match = /^([a-z]+)\.(jpg|png)$/.exec(file);
    const [, name, format] = match ?? [];
    const bytes = name === undefined ? undefined : await render(name, format === 'png' ? 'png' : 'jpg');
    if (bytes === undefined) return reply.callNotFound();
    return reply
      .type(format === 'png' ? 'image/png' : 'image/jpeg')
      .header('cache-control', 'public, max-age=3600')
      .send(bytes);
  });
}
