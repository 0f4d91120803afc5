// A disk that fills up: on a real file system of four megabytes, over HTTP. Only where this process may mount one.
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../../test/app.ts';

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
  it.each<[when: string, make: () => Promise<Buffer>, bytesMin: number]>([
    ['while the file is received', () => noise(1700, 1000).png().toBuffer(), 4_200_000],
    ['while it is put into the storage', () => noise(1000, 900).png().toBuffer(), 2_100_000],
    ['while it is converted', () => noise(1150, 1000).tiff({ compression: 'none' }).toBuffer(), 3_300_000],
  ])('%s is an outage, and leaves nothing', async (_when, make, bytesMin) => {
    const bytes = await make();
    expect(bytes.length).toBeGreaterThan(bytesMin);
    const answer = await upload(bytes);
    expect([answer.status, answer.body.error]).toEqual([
      503,
      {
        code: 'SERVICE_UNAVAILABLE',
        message: expect.any(String),
        details: [
          { path: '', code: 'unavailable', message: 'The media storage is full. Try again in a moment.' },
        ],
      },
    ]);
    expect(await files()).toEqual([]);
    expect(await app.database.db.selectFrom('media').select('id').execute()).toEqual([]);
  });

  it('takes what fits, before and after', async () => {
    const answer = await upload(await noise(400, 400).jpeg().toBuffer());
    expect(answer.status).toBe(201);
    expect(await files()).toHaveLength(2);
  });
});
