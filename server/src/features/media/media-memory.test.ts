// Many pictures at once must not need much more memory than one.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/database.ts';

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

const count = 200;

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
  ['that stay as they are', () => photo().jpeg().toBuffer()],
  ['that are converted', () => photo().withMetadata({ orientation: 6 }).jpeg().toBuffer()],
])(
  `${count} pictures of 4 megapixels at once %s need less than 300 MB`,
  { timeout: 120_000 },
  async (_name, make) => {
    const jpeg = await make();
    const server = createServer((request, response) => {
      response.end(numbered(jpeg, Number(request.url?.slice(1))));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const probe = join(import.meta.dirname, 'memory-probe.ts');
      const { stdout } = await promisify(execFile)(process.execPath, [
        ...[probe, testDatabase.url, folder, site, String(count)],
      ]);
      const { rows, rssMax, ms } = JSON.parse(stdout);
      process.stdout.write(`${_name}: ${Math.round(rssMax / 1e6)} MB, ${ms} ms, ${jpeg.length} bytes each\n`);
      expect(rssMax).toBeLessThan(300_000_000);
      // A conversion loses the number, and so ends in one row for all.
      expect([1, count]).toContain(rows);
    } finally {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
  },
);
