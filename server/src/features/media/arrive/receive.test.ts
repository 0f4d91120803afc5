import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestClock } from '../../../../test/clock.ts';
import { createGate } from '../../../platform/work/gate.ts';
import { receive } from './receive.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pintail-receive-'));
});
afterAll(() => rm(folder, { recursive: true }));

test.each([1, 100, 5_000, 65_536, 10_000_000])(
  'a body that arrives %i bytes at a time is complete',
  async (size) => {
    const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
    const picture = sharp({ create: { width: 400, height: 400, channels: 3, background: 'red', noise } });
    const bytes = await picture.png().toBuffer();
    const count = Math.ceil(bytes.length / size);
    const pieces = Array.from({ length: count }, (_, index) =>
      bytes.subarray(index * size, (index + 1) * size),
    );
    const path = join(folder, String(size));
    const received = await receive({
      body: Readable.from(pieces),
      receiving: createGate(1),
      wanted: 'image',
      path,
      clock: createTestClock(),
      isPaced: false,
    });
    expect(received).toEqual({
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      type: 'image/png',
    });
    expect((await readFile(path)).equals(bytes)).toBe(true);
  },
);
