// A minimal and fast server: node:http, one prepared insert, no validation. The upper limit that the API is compared with.
import { createHash, randomUUID } from 'node:crypto';
import { open, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import sharp, { type Metadata } from 'sharp';
import { rgbaToThumbHash } from 'thumbhash';
import { Agent, request } from 'undici';
import { newId } from '../../../server/src/domain/ids.ts';
import { hasLocation, isSrgb, perceptualHash } from '../../../server/src/features/media/index.ts';

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

function valuesOf(body: Body, mediaId = row.mediaId): unknown[] {
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
    mediaId,
    body.mediaUrl ?? null,
    sendAt,
    sendAt,
    matchKey,
    now,
    now,
  ];
}

const insertText = `insert into posts (${columns}) values (${Array.from({ length: 17 }, (_, index) => `$${index + 1}`).join(', ')}) returning id, status`;

async function insert(body: Body, mediaId?: string): Promise<unknown> {
  const { rows } = await pool.query({ name: 'insert', text: insertText, values: valuesOf(body, mediaId) });
  return { data: { post: { ...body, ...rows[0] } } };
}

/** Reads the header of the image, stores its bytes, inserts the row. */
async function insertPicture(body: Body): Promise<unknown> {
  const bytes = await fetchPicture(body.mediaUrl);
  const { width, height } = await sharp(bytes).metadata();
  await writeFile(join(BARE_FOLDER, `${randomUUID()}.jpg`), bytes);
  return { ...((await insert(body)) as object), width, height };
}

async function insertIngested(body: Body): Promise<unknown> {
  const { id } = await ingest({ url: body.mediaUrl });
  return insert(body, id);
}

/** Does every step of the media room for an image that needs no conversion, in memory and without a temporary file. */
async function ingest({ url }: { url: string }): Promise<{ id: string }> {
  const bytes = await fetchPicture(url);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const metadata = await sharp(bytes).metadata();
  if (!needsNoConversion(bytes, metadata)) throw new Error('The images of the benchmark need no conversion.');
  const small = await sharp(bytes, { failOn: 'warning', sequentialRead: true })
    .resize({ width: 400, height: 1600, fit: 'inside', withoutEnlargement: true })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const thumbnail = await sharp(small.data, { raw: small.info }).webp({ quality: 75, effort: 2 }).toBuffer();
  const tiny = await sharp(small.data, { raw: small.info })
    .resize({ width: 48, height: 48, fit: 'inside' })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const placeholder = Buffer.from(rgbaToThumbHash(tiny.info.width, tiny.info.height, tiny.data));
  const hash = await perceptualHash(small);
  const [file, thumbnailFile] = [`${sha256}.jpg`, `${sha256}.webp`];
  await writeFile(join(BARE_FOLDER, file), bytes, { flush: true });
  await writeFile(join(BARE_FOLDER, thumbnailFile), thumbnail, { flush: true });
  // A new name is durable only when its folder is flushed too.
  const folder = await open(BARE_FOLDER, 'r');
  await folder.sync();
  await folder.close();
  const id = newId('med');
  const now = new Date();
  await pool.query({
    name: 'media',
    text: insertMediaText,
    values: [
      id,
      row.organizationId,
      sha256,
      sha256,
      url,
      'image/jpeg',
      bytes.length,
      metadata.width,
      metadata.height,
      file,
      thumbnailFile,
      placeholder.toString('base64'),
      hash,
      now,
      new Date(now.getTime() + 24 * 3_600_000),
    ],
  });
  return { id };
}

const mediaColumns =
  'id, organization_id, sha256, source_sha256, source_url, content_type, bytes, width, height, storage_key, thumbnail_key, placeholder, perceptual_hash, created_at, check_at';
const insertMediaText = `insert into media (${mediaColumns}) values (${Array.from({ length: 15 }, (_, index) => `$${index + 1}`).join(', ')})`;

/** Whether Pinterest accepts it unchanged: upright, 8-bit sRGB, no location, not too large, a single image. */
function needsNoConversion(bytes: Buffer, metadata: Metadata): boolean {
  return (
    (metadata.orientation ?? 1) === 1 &&
    metadata.depth === 'uchar' &&
    isSrgb(metadata) &&
    !hasLocation(metadata) &&
    bytes.length <= 20_000_000 &&
    bytes.readUInt16BE(bytes.length - 2) === 0xffd9 &&
    !announcesMore(bytes)
  );
}

/** Whether a segment before the pixels announces a second image or more metadata. */
function announcesMore(jpeg: Buffer): boolean {
  for (let at = 2; jpeg[at] === 0xff && jpeg[at + 1] !== 0xda; at += 2 + jpeg.readUInt16BE(at + 2)) {
    const start = jpeg.toString('latin1', at + 4, at + 40);
    if (start.startsWith('MPF\0') || start.startsWith('http://ns.adobe.com/xmp/extension/\0')) return true;
  }
  return false;
}

async function fetchPicture(url: string): Promise<Buffer> {
  const { body } = await request(url, { dispatcher: agent });
  return Buffer.from(await body.arrayBuffer());
}

/** Inserts many posts with one statement. */
async function insertMany({ posts }: { posts: Body[] }): Promise<unknown> {
  const rows = posts.map((post) => valuesOf(post));
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
  '/post-with-ingest': insertIngested,
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
