import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../clock.ts';
import { Outage } from '../errors.ts';
import { createS3Storage, type S3Settings } from './s3.ts';
import { credentials, startS3 } from './s3-server.fixture.ts';
import { describeStorage } from './storage.suite.ts';

let root: string;
let s3: Awaited<ReturnType<typeof startS3>>;
let buckets = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'pintail-s3-'));
  s3 = await startS3(join(root, 'buckets'));
});
afterAll(async () => {
  await s3.close();
  await rm(root, { recursive: true });
});

async function openBucket(change: Partial<S3Settings> = {}) {
  buckets += 1;
  const bucket = `bucket-${buckets}`;
  await s3.makeBucket(bucket);
  const spoolFolder = join(root, `spool-${buckets}`);
  const storage = await createS3Storage({
    endpoint: s3.endpoint,
    bucket,
    ...credentials,
    ...change,
    spoolFolder,
    clock: systemClock,
  });
  return {
    storage,
    async everything() {
      const stored = await readdir(join(root, 'buckets', bucket), { recursive: true });
      return [...stored.filter((name) => name.endsWith('_object')), ...(await readdir(spoolFolder))];
    },
  };
}

async function listen(handle: RequestListener) {
  const server = createServer(handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

describeStorage('S3 as storage', () => openBucket());

describe('S3 as storage', () => {
  it('throws an Outage with the reason for a wrong secret or an unknown bucket', async () => {
    for (const [change, reason] of [
      [{ secretAccessKey: 'wrong' }, /S3 answered 403/],
      [{ bucket: 'nowhere' }, /S3 answered 404/],
    ] as const) {
      const { storage } = await openBucket(change);
      const error: unknown = await storage
        .put('a', Readable.from([Buffer.from('x')]))
        .catch((caught) => caught);
      expect(error).toBeInstanceOf(Outage);
      expect((error as Outage).cause).toMatchObject({ message: expect.stringMatching(reason) });
    }
  });

  it('throws an Outage when the server is unreachable', async () => {
    const { storage } = await openBucket({ endpoint: 'http://127.0.0.1:1' });
    await expect(storage.stat('a')).rejects.toThrow(Outage);
  });

  it('retries after a 503 with all bytes', async () => {
    const bodies: string[] = [];
    const server = await listen(async (incoming, answer) => {
      bodies.push(Buffer.concat(await incoming.toArray()).toString());
      answer.writeHead(bodies.length === 1 ? 503 : 200).end();
    });
    const { storage } = await openBucket({ endpoint: server.url });
    await storage.put('a', Readable.from([Buffer.from('content')]));
    expect(bodies).toEqual(['content', 'content']);
    server.close();
  });

  it('continues a list after a short page of S3', async () => {
    const requested: (string | null)[] = [];
    const server = await listen((incoming, answer) => {
      const after = new URL(incoming.url ?? '', 'http://x').searchParams.get('start-after');
      requested.push(after);
      const entry = `<Contents><Key>${after ? 'b' : 'a'}</Key><LastModified>2027-03-01T08:00:00.000Z</LastModified><Size>7</Size></Contents>`;
      answer.end(`<ListBucketResult>${entry}<IsTruncated>${!after}</IsTruncated></ListBucketResult>`);
    });
    const { storage } = await openBucket({ endpoint: server.url });
    const storedAt = new Date('2027-03-01T08:00:00Z');
    expect(await storage.list({ limit: 10 })).toEqual([
      { key: 'a', bytes: 7, storedAt },
      { key: 'b', bytes: 7, storedAt },
    ]);
    expect(requested).toEqual([null, 'a']);
    server.close();
  });

  it('stores and reads a file of 200 MB with constant memory', async () => {
    const { storage } = await openBucket();
    const path = join(root, 'large');
    const block = randomBytes(1024 * 1024);
    const sent = createHash('sha256');
    const file = await open(path, 'w');
    for (const _ of Array.from({ length: 200 })) {
      await file.write(block);
      sent.update(block);
    }
    await file.close();
    const before = process.memoryUsage.rss();
    await storage.put('large', { file: path });
    const received = createHash('sha256');
    let highest = 0;
    for await (const chunk of (await storage.read('large')) ?? []) {
      received.update(chunk as Buffer);
      highest = Math.max(highest, process.memoryUsage.rss());
    }
    expect(received.digest('hex')).toBe(sent.digest('hex'));
    // Includes the memory of the test server, which runs in this process.
    expect((highest - before) / 1024 / 1024).toBeLessThan(120);
  });
});
