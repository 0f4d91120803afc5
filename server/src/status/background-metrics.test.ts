// The metrics of background work, and of requests that were refused or replayed.
import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../../test/app.ts';
import { systemActor } from '../platform/use-case/index.ts';

let app: TestApp;

beforeEach(async () => {
  app = await createTestApp({ config: { ratePerMinute: 3, requestsMax: 1 } });
});
afterEach(() => app.stop());

async function figure(name: string): Promise<number | undefined> {
  app.clock.advance(10_000);
  const text = await (await fetch(`${app.url}/metrics`)).text();
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

test('Replayed requests and requests beyond the rate limit are counted', async () => {
  const send = () =>
    fetch(`${app.url}/v1/api-keys`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${app.key}`,
        'content-type': 'application/json',
        'idempotency-key': 'once',
      },
      body: JSON.stringify({ name: 'x' }),
    });
  const statuses = [];
  for (let sent = 0; sent < 5; sent += 1) statuses.push((await send()).status);
  expect(statuses).toEqual([201, 201, 201, 429, 429]);
  expect(await figure('pintail_http_replays_total')).toBe(2);
  expect(await figure('pintail_http_turned_away_total{reason="rate_limit"}')).toBe(2);
  expect(await figure('pintail_http_turned_away_total{reason="overload"}')).toBe(0);
});

test('Requests beyond the limit of the process are counted', async () => {
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => app.call('GET', '/v1/accounts', undefined)),
  );
  const refused = answers.filter(({ status }) => status === 503).length;
  expect(refused).toBeGreaterThan(0);
  expect(await figure('pintail_http_turned_away_total{reason="overload"}')).toBe(refused);
});

test('Media that callers send is counted by its result', async () => {
  const upload = async (bytes: Uint8Array<ArrayBuffer>) => {
    const form = new FormData();
    form.append('file', new Blob([bytes]), 'picture.jpg');
    const headers = { authorization: `Bearer ${app.key}` };
    return (await fetch(`${app.url}/v1/media`, { method: 'POST', headers, body: form })).status;
  };
  const picture = await fetch(app.picture());
  expect(await upload(new Uint8Array(await picture.arrayBuffer()))).toBe(201);
  expect(await upload(new Uint8Array(await readFile(import.meta.filename)))).toBe(422);
  expect(await figure('pintail_media_uploads_total{result="ok"}')).toBe(1);
  expect(await figure('pintail_media_uploads_total{result="not_a_media_file"}')).toBe(1);
  expect(await figure('pintail_media_fetches_total{result="ok"}')).toBeUndefined();
});

test('Batches that are not completed and videos that posts wait for are counted', async () => {
  const account = await app.connectAccount();
  const { pool } = app.database;
  const at = app.clock.now();
  await pool.query(
    `insert into batches (id, organization_id, account_id, status, content_sha256, total, created_at, actor)
     select 'bat_1', organization_id, id, 'processing', repeat('0', 64), 3, $1, $2 from accounts`,
    [at, JSON.stringify(systemActor)],
  );
  await pool.query(
    `insert into batch_entries (batch_id, index, status, body) select 'bat_1', n, 'pending', '{}' from generate_series(0, 2) n`,
  );
  const post = await app.createPost(account);
  await pool.query(
    `insert into video_uploads (post_id, account_id, media_id, status, wake_at)
     select id, account_id, media_id, 'uploading', $2 from posts where id = $1`,
    [post.id, at],
  );
  expect(await figure('pintail_batch_entries_pending')).toBe(3);
  expect(await figure('pintail_batches_oldest_seconds')).toBe(20);
  expect(await figure('pintail_video_uploads{state="uploading"}')).toBe(1);
  expect(await figure('pintail_video_uploads{state="ready"}')).toBe(0);
});
