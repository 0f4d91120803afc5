// Stores objects in a bucket of S3 or of a compatible service (MinIO, R2, Ceph).
//
// An object is put with one request, which S3 stores completely or not at all, so objects are never incomplete. The
// request needs a length, so a stream is written to a temporary file first. Memory use is independent of the size. One
// request can have up to 5 GB, more than Pinterest accepts.
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AwsV4Signer } from 'aws4fetch';
import { type Dispatcher, request } from 'undici';
import { type Clock, pause } from '../clock.ts';
import type { Outage } from '../errors.ts';
import { limitBytes } from './limit-bytes.ts';
import {
  type ByteRange,
  checkKey,
  type ListOptions,
  ObjectTooLarge,
  type Storage,
  type StorageSource,
  type StoredObject,
  storageOutage,
} from './storage.ts';
import { openTemporaryFolder, type TemporaryFolder } from './temporary-folder.ts';

export interface S3Settings {
  /** The URL of the service, without the bucket. */
  endpoint: string;
  region: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
}

export interface S3StorageOptions extends S3Settings {
  /** The folder for streams whose length is not known yet. */
  spoolFolder: string;
  clock: Clock;
}

interface S3Request {
  method: 'GET' | 'HEAD' | 'PUT' | 'DELETE';
  /** Empty for the bucket itself. */
  key: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  /** Created for each attempt. */
  body?: () => Readable;
}

const triesMax = 3;
const pauseMs = 200;
/** Statuses after which S3 recommends a retry. The request had no effect. */
const retriedStatuses = new Set([429, 500, 502, 503, 504]);
const pageMax = 1000;

type Call = (request: S3Request) => Promise<Dispatcher.ResponseData>;

export async function createS3Storage(options: S3StorageOptions): Promise<Storage> {
  const spool = await openTemporaryFolder(options.spoolFolder, options.clock);
  const call: Call = (wanted) => callS3(options, wanted);
  return {
    async put(key, source, { bytesMax = Number.POSITIVE_INFINITY } = {}) {
      try {
        checkKey(key);
        await putSource(call, spool, { key, source, bytesMax });
      } finally {
        if (source instanceof Readable) source.destroy();
      }
    },

    async read(key, range) {
      checkKey(key);
      const answer = await call({ method: 'GET', key, ...(range && { headers: rangeHeader(range) }) });
      if (answer.statusCode === 200 || answer.statusCode === 206) return answer.body;
      await answer.body.dump();
      if (answer.statusCode === 404) return undefined;
      // The range starts beyond the end.
      if (answer.statusCode === 416) return Readable.from([]);
      throw unexpected(answer);
    },

    async readWhole(key) {
      checkKey(key);
      const answer = await call({ method: 'GET', key });
      if (answer.statusCode === 200) return Buffer.from(await answer.body.arrayBuffer());
      await answer.body.dump();
      if (answer.statusCode === 404) return undefined;
      throw unexpected(answer);
    },

    async stat(key) {
      checkKey(key);
      const answer = await call({ method: 'HEAD', key });
      await answer.body.dump();
      if (answer.statusCode === 404) return undefined;
      if (answer.statusCode !== 200) throw unexpected(answer);
      return { bytes: Number(answer.headers['content-length']) };
    },

    async remove(key) {
      checkKey(key);
      const answer = await call({ method: 'DELETE', key });
      await answer.body.dump();
      if (![200, 204, 404].includes(answer.statusCode)) throw unexpected(answer);
    },

    list: (listing) => listObjects(call, listing),

    async removeAbandoned() {
      // S3 has no incomplete objects, and the spool folder was cleared when it was opened.
    },
  };
}

interface Put {
  key: string;
  source: StorageSource;
  bytesMax: number;
}

async function putSource(call: Call, spool: TemporaryFolder, { key, source, bytesMax }: Put): Promise<void> {
  if ('file' in source) {
    if ((await stat(source.file)).size > bytesMax) throw new ObjectTooLarge();
    await putFile(call, key, source.file);
  } else if ('bytes' in source) {
    const { bytes } = source;
    if (bytes.length > bytesMax) throw new ObjectTooLarge();
    await putBody(call, key, bytes.length, () => Readable.from([bytes]));
  } else {
    await spool.withPath(async (path) => {
      const file = await open(path, 'wx').catch((error: unknown) => {
        throw storageOutage(error);
      });
      await pipeline(source, limitBytes(bytesMax), file.createWriteStream());
      await putFile(call, key, path);
    });
  }
}

async function putFile(call: Call, key: string, file: string): Promise<void> {
  const { size } = await stat(file);
  await putBody(call, key, size, () => createReadStream(file));
}

async function putBody(call: Call, key: string, bytes: number, body: () => Readable): Promise<void> {
  const headers = { 'content-length': String(bytes) };
  const answer = await call({ method: 'PUT', key, headers, body });
  await answer.body.dump();
  if (answer.statusCode !== 200) throw unexpected(answer);
}

async function listObjects(
  call: Call,
  { prefix = '', after = '', limit }: ListOptions,
): Promise<StoredObject[]> {
  const objects: StoredObject[] = [];
  let isMore = true;
  // A page may be short although there are more.
  while (isMore && objects.length < limit) {
    const startAfter = objects.at(-1)?.key ?? after;
    const answer = await call({
      method: 'GET',
      key: '',
      query: {
        'list-type': '2',
        'encoding-type': 'url',
        'max-keys': String(Math.min(pageMax, limit - objects.length)),
        ...(prefix && { prefix }),
        ...(startAfter && { 'start-after': startAfter }),
      },
    });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw unexpected(answer, text);
    const page = readPage(text);
    objects.push(...page);
    isMore = /<IsTruncated>true</.test(text) && page.length > 0;
  }
  return objects.slice(0, limit);
}

async function callS3(options: S3StorageOptions, wanted: S3Request): Promise<Dispatcher.ResponseData> {
  for (let tries = 1; ; tries += 1) {
    try {
      const answer = await callOnce(options, wanted);
      if (!retriedStatuses.has(answer.statusCode) || tries === triesMax) return answer;
      await answer.body.dump();
    } catch (error) {
      if (tries === triesMax) throw storageOutage(error);
    }
    await pause(pauseMs * 2 ** tries);
  }
}

async function callOnce(
  { endpoint, bucket, region, accessKeyId, secretAccessKey, clock }: S3StorageOptions,
  { method, key, query = {}, headers = {}, body }: S3Request,
): Promise<Dispatcher.ResponseData> {
  const url = new URL(`${endpoint}/${bucket}${key && `/${key}`}`);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const signed = await new AwsV4Signer({
    method,
    url: url.href,
    headers,
    accessKeyId,
    secretAccessKey,
    service: 's3',
    region,
    datetime: clock
      .now()
      .toISOString()
      .replaceAll(/[-:]|\.\d{3}/g, ''),
  }).sign();
  const stream = body?.();
  return request(signed.url, {
    method,
    headers: { ...headers, ...Object.fromEntries(signed.headers) },
    ...(stream && { body: stream }),
    headersTimeout: 60_000,
    bodyTimeout: 60_000,
  }).finally(() => stream?.destroy());
}

const rangeHeader = ({ first, last }: ByteRange) => ({ range: `bytes=${first}-${last}` });

/** Parses a page of a list. Keys are percent-encoded, as requested, so they contain no XML. */
function readPage(xml: string): StoredObject[] {
  return [...xml.matchAll(/<Contents>([\s\S]*?)<\/Contents>/g)].map(([, entry = '']) => ({
    key: decodeURIComponent((element(entry, 'Key') ?? '').replaceAll('+', ' ')),
    bytes: Number(element(entry, 'Size')),
    storedAt: new Date(element(entry, 'LastModified') ?? ''),
  }));
}

function element(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
}

/** Creates an Outage for problems that only the operator can fix, such as wrong credentials or an unknown bucket. */
function unexpected({ statusCode }: Dispatcher.ResponseData, text = ''): Outage {
  return storageOutage(new Error(`S3 answered ${statusCode} ${element(text, 'Code') ?? ''}`.trim()));
}
