// A disk that fills up: on a real file system of four megabytes, over HTTP. Only where this process may mount one.
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../../../test/app.ts';

const disk = await mkdtemp(join(tmpdir(), 'pintail-full-'));
const isMounted =
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk], { stdio: 'ignore' }).status === 0;

let app: TestApp;

beforeAll(async () => {
  if (isMounted) app = await createTestApp({ config: { dataDir: disk } });
});
afterAll(async () => {
  if (isMounted) await app.stop();
  if (isMounted) spawnSync('umount', [disk]);
  await rm(disk, { recursive: true });
});

/** Noise, which nothing can make smaller. */
function noise(width: number, height: number): Sharp {
  const gaussian = { type: 'gaussian', mean: 128, sigma: 120 } as const;
  return sharp({ create: { width, height, channels: 3, background: 'red', noise: gaussian } });
}

async function upload(bytes: Buffer) {
  const form = new FormData();
  form.append('file', new Blob([new Uint8Array(bytes)]), 'a');
  const headers = { authorization: `Bearer ${app.key}` };
  const answer = await fetch(`${app.url}/v1/media`, { method: 'POST', headers, body: form });
  return { status: answer.status, body: JSON.parse(await answer.text()) };
}

async function files(): Promise<string[]> {
  const entries = await readdir(disk, { recursive: true, withFileTypes: true });
  return entries.flatMap((entry) => (entry.isFile() && entry.name !== 'encryption.key' ? entry.name : []));
}

describe.skipIf(!isMounted)('a disk that fills up', () => {
  it.each<[when: string, make: () => Promise<Buffer>, room: (bytes: number) => number]>([
    ['while the file is received', () => noise(500, 500).png().toBuffer(), (bytes) => bytes / 2],
    // The file fits, its thumbnail does not.
    ['while it is put into the storage', () => noise(500, 500).png().toBuffer(), (bytes) => bytes + 8192],
    [
      'while it is converted',
      () => noise(500, 500).tiff({ compression: 'none' }).toBuffer(),
      (bytes) => bytes + 8192,
    ],
  ])('%s is an outage, and leaves nothing', async (_when, make, room) => {
    const bytes = await make();
    const { bavail, bsize } = await statfs(disk);
    const filler = join(disk, 'filler');
    await writeFile(filler, Buffer.alloc(bavail * bsize - Math.ceil(room(bytes.length) / bsize) * bsize));
    const answer = await upload(bytes);
    await rm(filler);
    expect([answer.status, answer.body.error]).toEqual([
      503,
      {
        code: 'SERVICE_UNAVAILABLE',
        reason: 'unavailable',
        message: expect.any(String),
        details: [
          { path: '', code: 'unavailable', message: 'The media storage is full. Try again in a moment.' },
        ],
      },
    ]);
    expect(await files()).toEqual([]);
    expect(await app.database.db.selectFrom('media').select('id').execute()).toEqual([]);
  });

  it('media that fits is accepted before and after a refusal', async () => {
    const answer = await upload(await noise(400, 400).jpeg().toBuffer());
    expect(answer.status).toBe(201);
    expect(await files()).toHaveLength(2);
  });
});
