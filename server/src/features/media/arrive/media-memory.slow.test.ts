// Many pictures at once must not need much more memory than one, nor a long video more than a short one.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { promisify } from 'node:util';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { memoryArguments, memoryEnvironment } from '../../../../bin/memory-settings.js';
import { createTestDatabase, type TestDatabase } from '../../../../test/database.ts';
import { video } from '../videos/sample-videos.fixture.ts';

let testDatabase: TestDatabase;
let folder: string;
beforeAll(async () => {
  testDatabase = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'pintail-memory-'));
});
afterAll(async () => {
  await testDatabase.drop();
  await rm(folder, { recursive: true });
});

/** 4 megapixels, about 2 MB. */
function photo(): Sharp {
  const noise = { type: 'gaussian', mean: 128, sigma: 30 } as const;
  return sharp({ create: { width: 2000, height: 2000, channels: 3, background: 'red', noise } });
}

/** The same pixels in files that all differ: the number stands in a comment segment (FF FE). */
function numbered(jpeg: Buffer, index: number): Buffer {
  const comment = Buffer.from([0xff, 0xfe, 0, 6, ...Buffer.from(String(index).padStart(4, '0'))]);
  return Buffer.concat([jpeg.subarray(0, 2), comment, jpeg.subarray(2)]);
}

it.each([
  ['that stay as they are (100)', () => photo().jpeg().toBuffer(), 100],
  ['that are converted (40)', () => photo().withMetadata({ orientation: 6 }).jpeg().toBuffer(), 40],
])('pictures of 4 megapixels at once %s need less than 400 MB', { timeout: 180_000 }, async (...given) => {
  const [name, make, count] = given;
  const jpeg = await make();
  const answer: RequestListener = (request, response) => {
    response.end(numbered(jpeg, Number(request.url?.slice(1))));
  };
  const { rows, rssMax } = await fetchAll({ answer, count, type: 'image' });
  expect(rssMax).toBeLessThan(400_000_000);
  // A conversion drops the comment, and with it the difference.
  expect(rows).toBe(name.includes('converted') ? 1 : count);
});

/** Much of nothing behind the pictures, in a box that readers skip; other nothing for each. */
async function* longVideo(number: number): AsyncGenerator<Buffer> {
  const chunk = Buffer.alloc(1_000_000, number);
  const header = Buffer.alloc(8);
  header.writeUInt32BE(8 + 300 * chunk.length);
  header.write('free', 4);
  yield Buffer.concat([await video(), header]);
  for (let count = 0; count < 300; count += 1) yield chunk;
}

it('two videos of 300 MB at once need less than 400 MB', {
  timeout: 180_000,
}, async () => {
  const answer: RequestListener = (request, response) => {
    pipeline(Readable.from(longVideo(Number(request.url?.slice(1)))), response, () => {});
  };
  const { rows, rssMax } = await fetchAll({ answer, count: 2, type: 'video' });
  expect(rssMax).toBeLessThan(400_000_000);
  expect(rows).toBe(2);
});

interface FetchAll {
  answer: RequestListener;
  count: number;
  type: 'image' | 'video';
}

/** In a process with the settings of an installation: the number of rows, and the peak memory. */
async function fetchAll({ answer, count, type }: FetchAll): Promise<{ rows: number; rssMax: number }> {
  const server = createServer(answer);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const probe = join(import.meta.dirname, 'memory-probe.fixture.ts');
    const command = [...memoryArguments, probe, testDatabase.url, folder, site, String(count), type];
    const { stdout } = await promisify(execFile)(process.execPath, command, {
      env: { ...process.env, ...memoryEnvironment },
    });
    return JSON.parse(stdout);
  } finally {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    await rm(join(folder, 'storage'), { recursive: true });
  }
}
