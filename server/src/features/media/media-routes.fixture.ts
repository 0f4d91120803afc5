// Sends media over HTTP for tests, and counts the rows and files that result.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, expect } from 'vitest';
import { eventually } from '../../../test/eventually.ts';
import { app, useApp } from '../../../test/use-app.ts';
import { picture } from './pictures/sample-pictures.fixture.ts';

/** The key of another organization. Set by the hook below. */
export let stranger: string;
let seed = 1000;

/**
 * Starts one app with an account for the test file, without media at the start of each test. Call it once, at the top.
 */
export function useMediaRoutes(): void {
  useApp({ accountPer: 'file' });
  beforeAll(async () => {
    stranger = (await app.makeKey({ organization: 'Another' })).key;
  });
  beforeEach(async () => {
    await app.database.db.deleteFrom('posts').execute();
    await app.database.db.deleteFrom('media').execute();
    for (const key of await keptFiles()) await app.app.storage.remove(key);
  });
}

/** Returns a different picture each time. */
export async function jpeg(): Promise<Buffer> {
  seed += 1;
  return picture(seed).jpeg().toBuffer();
}

export function half(bytes: Buffer): Buffer {
  return bytes.subarray(0, bytes.length / 2);
}

export type Parts = [name: string, value: string | Buffer, fileName?: string][];

export async function upload(
  parts: Parts,
  key: string | null = app.key,
  headers: Record<string, string> = {},
) {
  const form = new FormData();
  for (const [name, value, fileName] of parts) {
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, new Blob([new Uint8Array(value)]), fileName ?? 'a.bin');
  }
  const answer = await fetch(`${app.url}/v1/media`, {
    method: 'POST',
    headers: { ...headers, ...(key !== null && { authorization: `Bearer ${key}` }) },
    body: form,
  });
  return { status: answer.status, headers: answer.headers, body: JSON.parse(await answer.text()) };
}

export async function add(bytes?: Buffer) {
  const answer = await upload([['file', bytes ?? (await jpeg())]]);
  expect([answer.status, answer.body.error]).toEqual([201, undefined]);
  return answer.body.data.media;
}

export const rows = () => app.database.db.selectFrom('media').selectAll().execute();

export async function temporaryFiles(): Promise<string[]> {
  return readdir(join(app.parts.config.dataDir, 'incoming'));
}

export const noTemporaryFiles = () =>
  eventually('nothing is left', async () => (await temporaryFiles()).length === 0);

export async function keptFiles(): Promise<string[]> {
  return (await app.app.storage.list({ limit: 1000 })).map(({ key }) => key);
}
