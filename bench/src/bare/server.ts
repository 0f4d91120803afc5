// What people would write instead, as short and as fast as it can be: node:http, one prepared insert, nothing
// checked. It is the limit that the API is compared with.
import { createHash, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import sharp from 'sharp';
import { rgbaToThumbHash } from 'thumbhash';
import { Agent, request } from 'undici';
import { newId } from '../../../server/src/platform/ids.ts';

const { BARE_DATABASE_URL = '', BARE_FOLDER = '', BARE_ROW = '{}' } = process.env;
const row = JSON.parse(BARE_ROW) as { organizationId: string; accountId: string; mediaId: string };
const pool = new pg.Pool({ connectionString: BARE_DATABASE_URL, max: 20 });
const agent = new Agent();

sharp.cache(false);
sharp.concurrency(1);

interface Body {
  mediaUrl: string;
  title: string;
  description: string;
  url: string;
  boardId: string;
  sendAt: string;
}

const columns =
  'id, organization_id, account_id, state, title, description, url, board_id, is_simplified_pin, media_type, media_id, source_media_url, send_at, run_at, match_key, created_at, updated_at';

function valuesOf(body: Body): unknown[] {
  const sendAt = new Date(body.sendAt);
  const matchKey = createHash('sha256').update(body.title).digest('base64url');
  const now = new Date();
  return [
    newId('post'),
    row.organizationId,
    row.accountId,
    'queued',
    body.title,
    body.description,
    body.url,
    body.boardId,
    true,
    'image',
    row.mediaId,
    body.mediaUrl ?? null,
    sendAt,
    sendAt,
    matchKey,
    now,
    now,
  ];
}

const insertText = `insert into posts (${columns}) values (${Array.from({ length: 17 }, (_, index) => `$${index + 1}`).join(', ')}) returning id, status`;

async function insert(body: Body): Promise<unknown> {
  const { rows } = await pool.query({ name: 'insert', text: insertText, values: valuesOf(body) });
  return { data: { post: { ...body, ...rows[0] } } };
}

/** Its header read, its bytes kept, its row written. */
async function insertPicture(body: Body): Promise<unknown> {
  const bytes = await fetchPicture(body.mediaUrl);
  const { width, height } = await sharp(bytes).metadata();
  await writeFile(join(BARE_FOLDER, `${randomUUID()}.jpg`), bytes);
  return { ...((await insert(body)) as object), width, height };
}

/** All that the media room does with a picture that fits as it is: digest, whole decoding, thumbnail, placeholder. */
async function ingest(body: Body): Promise<unknown> {
  const bytes = await fetchPicture(body.mediaUrl);
  const path = join(BARE_FOLDER, randomUUID());
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  await writeFile(path, bytes, { flush: true });
  const { width, height } = await sharp(path).metadata();
  const small = await sharp(path, { failOn: 'warning', sequentialRead: true })
    .resize({ width: 400, height: 1600, fit: 'inside', withoutEnlargement: true })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const thumbnail = await sharp(small.data, { raw: small.info }).webp({ quality: 75 }).toBuffer();
  const tiny = await sharp(small.data, { raw: small.info })
    .resize({ width: 100, height: 100, fit: 'inside' })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const placeholder = Buffer.from(rgbaToThumbHash(tiny.info.width, tiny.info.height, tiny.data));
  await writeFile(`${path}.webp`, thumbnail, { flush: true });
  return { ...((await insert(body)) as object), width, height, sha256, placeholder };
}

async function fetchPicture(url: string): Promise<Buffer> {
  const { body } = await request(url, { dispatcher: agent });
  return Buffer.from(await body.arrayBuffer());
}

/** A thousand in one statement. */
async function insertMany({ posts }: { posts: Body[] }): Promise<unknown> {
  const rows = posts.map(valuesOf);
  const lists = Array.from({ length: 17 }, (_, column) => rows.map((values) => values[column]));
  const types =
    'text text text text text text text text boolean text text text timestamptz timestamptz text timestamptz timestamptz'.split(
      ' ',
    );
  const text = `insert into posts (${columns}) select * from unnest(${types.map((type, index) => `$${index + 1}::${type}[]`).join(', ')})`;
  await pool.query({ name: 'many', text, values: lists });
  return { created: rows.length };
}

const acts: Record<string, (body: never) => Promise<unknown>> = {
  '/insert': insert,
  '/picture': insertPicture,
  '/ingest': ingest,
  '/many': insertMany,
};

async function readJson(message: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

const server = createServer((message, response) => {
  const act = acts[message.url ?? ''];
  const answer = (status: number, value: unknown) => {
    const text = JSON.stringify(value);
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    });
    response.end(text);
  };
  if (!act) return answer(404, {});
  readJson(message)
    .then((body) => act(body as never))
    .then((value) => answer(201, value))
    .catch((error: unknown) => answer(500, { error: String(error) }));
}).listen(0, '127.0.0.1', () => {
  console.log(`listening http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
