// No request blocks the process for long, so that publishing, health and other callers continue.
import { expect, test } from 'vitest';
import { account, app, usePublishing } from '../publishing.ts';
import { type HostileRequest, measureStall } from './longest-stall.ts';

usePublishing();

/** The slowest takes about 60 ms; processors differ. */
const stallMsMax = 200;
const answerBytesMax = 64 * 1024;

const mib = 1024 * 1024;
const json = 'application/json';
const csv = 'text/csv';
const lines = 'application/x-ndjson';
const batches = () => `/v1/accounts/${account.accountId}/posts/batches`;
const posts = () => `/v1/accounts/${account.accountId}/posts`;

/** Entries of up to 16 MiB in total, each derived from its index. */
const entries = (count: number, entry: string) => `Array.from({ length: ${count} }, (_, i) => ${entry})`;
const listOf = (list: string, sign = ',') => `'{"posts":[' + ${list}.join('${sign}') + ']}'`;
const unknownFields = (count: number) => `'{' + ${entries(count, "'\"k' + i + '\":1'")}.join(',') + '}'`;
/** A post of the largest size that 1,000 posts of a batch can have. */
const largePost = (text: string) =>
  `'{"title":"' + '${text}'.repeat(${Math.floor((15 * mib) / 1000 / Buffer.byteLength(text))}) + '","boardId":"1","url":"https://example.com/' + i + '"}'`;

const table: Record<string, [string, () => string, string]> = {
  'CSV, 20,000 columns by 20,000 rows': [csv, batches, `',a'.repeat(20000) + '\\na'.repeat(20000)`],
  'CSV with a header of 2 MiB': [csv, batches, `'Media URL,' + ${entries(200_000, "'Titel' + i")}.join(',')`],
  'CSV that is one quote': [csv, batches, `'Media URL,"' + 'x'.repeat(${15 * mib})`],
  'CSV of empty rows': [csv, batches, `'Media URL' + '\\n'.repeat(${15 * mib})`],
  'CSV of wide rows': [csv, batches, `'Media URL' + ('\\n' + ','.repeat(16000)).repeat(900)`],
  'CSV of doubled quotes': [csv, batches, `'Media URL' + ('\\n"' + '""'.repeat(7000) + '"').repeat(1000)`],
  'CSV, 1,000 rows as large as may be': [
    csv,
    batches,
    `'Media URL,Tags,Description' + ('\\nhttps://example.com/a.jpg,"' + 'a,'.repeat(3000) + '",' + 'ä'.repeat(4000)).repeat(1000)`,
  ],
  '2 M broken lines': [lines, batches, `'x\\n'.repeat(2_000_000)`],
  'lines, all empty': [lines, batches, `'\\n'.repeat(${15 * mib})`],
  'lines, 1,000 as large as may be': [lines, batches, `${entries(1000, largePost('x'))}.join('\\n')`],
  'lines, far more than 1,000': [lines, batches, `'{"title":"a"}\\n'.repeat(1_000_000)`],
  'one line of 15 MiB': [lines, batches, `'[' + '[],'.repeat(5_000_000) + '1]'`],
  'lines of many lists': [lines, batches, `('[' + '[],'.repeat(160_000) + '1]\\n').repeat(30)`],
  'lines of wrong fields': [lines, batches, `('{"tags":[' + '1,'.repeat(900) + '1]}\\n').repeat(1000)`],
  'JSON, 400,000 unknown fields': [json, batches, unknownFields(400_000)],
  'JSON, 832 KiB of unknown fields on create': [json, posts, unknownFields(70_000)],
  'JSON, 10,000 unknown fields on create': [json, posts, unknownFields(10_000)],
  'JSON, 10,000 unknown fields on validate': [json, () => `${posts()}/validate`, unknownFields(10_000)],
  'JSON, one field 80,000 times': [json, posts, `'{' + '"title":"a",'.repeat(80_000) + '"title":"a"}'`],
  'JSON, one text of 1 MiB': [json, posts, `'{"title":"' + 'ä'.repeat(500_000) + '"}'`],
  'JSON, every text too long': [
    json,
    posts,
    `JSON.stringify(Object.fromEntries(['title','description','altText','url','mediaUrl','externalId','boardId'].map((name) => [name, 'https://a.b/' + 'x'.repeat(140_000)])))`,
  ],
  'JSON, 10,000 wrong tags': [json, posts, `'{"tags":[' + '1,'.repeat(10_000) + '1]}'`],
  'JSON, lists in lists': [json, posts, `'{"tags":' + '['.repeat(400_000) + ']'.repeat(400_000) + '}'`],
  'JSON, 5 M empty lists': [json, batches, `'{"posts":[' + '[],'.repeat(5_000_000) + '[]]}'`],
  'JSON, one text of 15 MiB': [json, batches, `'{"posts":["' + 'x'.repeat(${15 * mib}) + '"]}'`],
  'JSON, one text of 15 MiB beside the list': [
    json,
    batches,
    `'{"posts":[],"a":"' + 'ä'.repeat(${7 * mib}) + '"}'`,
  ],
  'JSON, all of it quotes': [json, batches, `'{"posts":["' + '\\\\"'.repeat(${7 * mib}) + '"]}'`],
  'JSON, all of it open lists': [json, batches, `'['.repeat(${15 * mib})`],
  'JSON, all of it blank': [json, batches, `' '.repeat(${15 * mib})`],
  'JSON batch of 1,000 posts, 15 MiB': [json, batches, listOf(entries(1000, largePost('x')))],
  'JSON batch of 1,000 posts, 15 MiB, not ASCII': [json, batches, listOf(entries(1000, largePost('😀')))],
  'JSON batch of 1,000 posts, 15 MiB, escaped': [
    json,
    batches,
    listOf(entries(1000, largePost('\\\\u00e4'))),
  ],
  'JSON batch of posts with 150 unknown fields each': [
    json,
    batches,
    listOf(entries(1000, unknownFields(150))),
  ],
  'JSON batch that breaks off': [
    json,
    batches,
    `'{"posts":[' + ('{"title":"' + 'x'.repeat(100) + '"},').repeat(10_000)`,
  ],
};

async function measure(hostile: HostileRequest) {
  const authorization = `Bearer ${app.key}`;
  const headers = { authorization, ...hostile.headers };
  return measureStall(app.url, { ...hostile, headers }, () => app.app.jobs.runDue());
}

test.each(Object.entries(table))('%s', async (_name, [type, path, body]) => {
  const { status, answer, stallMs } = await measure({
    path: path(),
    headers: { 'content-type': type },
    body,
  });
  expect([200, 202, 400, 413]).toContain(status);
  expect(Buffer.byteLength(answer)).toBeLessThan(answerBytesMax);
  expect(stallMs).toBeLessThan(stallMsMax);
});

test('500 edits of 15 MiB', async () => {
  const edit = `'{"id":"x' + i + '","url":"https://a.b/' + 'x'.repeat(14000) + '","title":"' + 'ä'.repeat(7000) + '"}'`;
  for (const body of [
    listOf(entries(500, edit)),
    listOf(entries(500, `'{"id":"' + i + '","tags":[' + '1,'.repeat(320) + '1]}'`)),
    listOf(entries(500, unknownFields(330))),
  ]) {
    const { status, answer, stallMs } = await measure({
      ...{ method: 'PATCH', path: posts(), body },
      headers: { 'content-type': json },
    });
    expect(status).toBe(400);
    expect(Buffer.byteLength(answer)).toBeLessThan(answerBytesMax);
    expect(stallMs).toBeLessThan(stallMsMax);
  }
});

test('without a body: a long query, cursor and headers', async () => {
  const query = Array.from({ length: 2500 }, (_, index) => `k${index}=`).join('&');
  for (const hostile of [
    { method: 'GET', path: `${posts()}?${query}` },
    { method: 'GET', path: `${posts()}?cursor=${'a'.repeat(15_000)}` },
    { method: 'GET', path: `${posts()}?${'tag=a&'.repeat(2400)}` },
    { method: 'DELETE', path: `${posts()}/x`, headers: { 'if-match': `${'"a",'.repeat(3800)}"` } },
    { method: 'GET', path: posts(), headers: { [`x-${'a'.repeat(15_000)}`]: '1' } },
    { method: 'GET', path: `${posts()}?search=${'a'.repeat(15_000)}` },
    { method: 'GET', path: `${posts()}?search=${'a%20'.repeat(3_500)}` },
    { method: 'GET', path: posts(), headers: { accept: 'text/event-stream;q=0.1,'.repeat(600) } },
    { method: 'GET', path: '/openapi.json', headers: { 'if-none-match': `${'"a",'.repeat(3800)}"` } },
    { method: 'POST', path: posts(), headers: { 'idempotency-key': 'a'.repeat(15_000) }, body: `'{}'` },
    { method: 'GET', path: `/v1/events?${'type=post.sent&'.repeat(1000)}` },
    { method: 'GET', path: `/media/${'a'.repeat(15_000)}/x` },
  ]) {
    const { status, answer, stallMs } = await measure(hostile);
    expect([200, 400, 404, 415, 431]).toContain(status);
    if (status >= 400) expect(Buffer.byteLength(answer)).toBeLessThan(answerBytesMax);
    expect(stallMs).toBeLessThan(stallMsMax);
  }
});

test('a form of many parts', async () => {
  const part = '--x\\r\\nContent-Disposition: form-data; name="a"\\r\\n\\r\\n1\\r\\n';
  const { status, stallMs } = await measure({
    path: '/v1/media',
    headers: { 'content-type': 'multipart/form-data; boundary=x' },
    body: `'${part}'.repeat(200_000) + '--x--\\r\\n'`,
  });
  expect(status).toBe(400);
  expect(stallMs).toBeLessThan(stallMsMax);
});

test('a large answer: a page of 100 entries with many problems', async () => {
  const entry = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`unknown_${index}`, 'x']));
  const created = await app.call('POST', batches(), { posts: Array.from({ length: 100 }, () => entry) });
  expect(created.status).toBe(202);
  await app.app.jobs.runDue();
  const path = `${batches()}/${created.body.data.batch.id}?limit=100`;
  const { status, answer, stallMs } = await measure({ method: 'GET', path });
  expect(status).toBe(200);
  expect(Buffer.byteLength(answer)).toBeGreaterThan(300_000);
  expect(stallMs).toBeLessThan(stallMsMax);
});
