// Batches as files: spreadsheets of several makers, and lines of JSON.
import { describe, expect, test } from 'vitest';
import type { Json } from '../../../../test/app.ts';
import { account, app, usePublishing } from '../../../../test/publishing.ts';
import { complete, newVideo, pathOf, refusal, send } from '../posts.fixture.ts';
import { runBatch, sendFile } from './batches.fixture.ts';

usePublishing();

async function runFile(type: string, content: string | Uint8Array) {
  const { entries } = await runBatch(type, content);
  return Promise.all(
    entries.map(
      async (entry: {
        row: number;
        postId: string | null;
        details: { path: string; code: string }[] | null;
      }) => ({
        row: entry.row,
        post: entry.postId && (await app.getPost(account, entry.postId)),
        details: entry.details && Object.fromEntries(entry.details.map(({ path, code }) => [path, code])),
      }),
    ),
  );
}
const sheet = (...lines: string[]) => runFile('text/csv', lines.join('\n'));

async function slots() {
  await send('PATCH', `/v1/accounts/${account.accountId}`, { timezone: 'America/New_York' });
  await send('POST', `/v1/accounts/${account.accountId}/timeslots`, {
    dayPreference: 1,
    timePreference: '09:00',
  });
}

const text = 'Crisp and sour';
const link = 'https://example.com/tart';

test("a sheet with Pinterest's columns: boards by name, times in UTC as Pinterest reads them, blank times in the next slot", async () => {
  await slots();
  const rows = await sheet(
    'Title,Media URL,Pinterest board,Thumbnail,Description,Link,Publish date,Keywords',
    `Summer,${app.picture()},recipes,,"${text}; done",${link},2027-07-01T09:00:00,"lemon, tart, lemon"`,
    `Winter,${app.picture()},${account.boards.Garden},,${text},${link}/2,2027-12-01 09:00,`,
    `Somewhen,${app.picture()},Garden,,${text},${link}/3,,`,
    `Exactly,${app.picture()},Garden,,${text},${link}/4,2027-12-01T09:00:00+01:00,`,
  );
  expect(rows.map(({ row }) => row)).toEqual([2, 3, 4, 5]);
  expect(rows.map(({ details }) => details)).toEqual([null, null, null, null]);
  expect(rows[0].post).toMatchObject({
    title: 'Summer',
    description: `${text}; done`,
    boardId: account.boards.Recipes,
    url: link,
    tags: ['lemon', 'tart'],
    status: 'queued',
    sendAt: Date.parse('2027-07-01T09:00:00Z') / 1000,
  });
  expect(rows[1].post.sendAt).toBe(Date.parse('2027-12-01T09:00:00Z') / 1000);
  expect(new Date(rows[2].post.sendAt * 1000).toISOString()).toMatch(/T1[34]:00:00/);
  expect(rows[3].post.sendAt).toBe(Date.parse('2027-12-01T08:00:00Z') / 1000);
});

test.each([
  ['other schedulers’', 'Image URL', 'Board Name', 'Source URL', 'Alt Text', 'Schedule Date'],
  ['our own', 'mediaUrl', 'boardId', 'url', 'altText', 'sendAt'],
  ['shouted', 'MEDIA_URL', 'BOARD', 'DESTINATION_URL', 'ALT_TEXT', 'PUBLISH_DATE'],
])('%s names of columns', async (_, media, board, url, alt, date) => {
  const [row] = await sheet(
    `Pin Title,${media},${board},Description,${url},${alt},${date},Unknown`,
    `Tart,${app.picture()},Recipes,${text},${link},A tart,2027-07-01T09:00:00Z,ignored`,
  );
  expect(row?.post).toMatchObject({
    title: 'Tart',
    boardId: account.boards.Recipes,
    url: link,
    altText: 'A tart',
    status: 'queued',
  });
});

test('a sheet may have semicolons, tabs, a byte order mark, line breaks in quotes and unusual characters', async () => {
  const lines = (sign: string, end: string) =>
    [
      ['Media URL', 'Title', 'Description', 'Publish date'].join(sign),
      [app.picture(), '"One, ""two""; three"', `"First line${end}second, line; \tend"`, '2099'].join(sign),
    ].join(end);
  for (const [sign, end] of [
    [',', '\r\n'],
    [';', '\n'],
    ['\t', '\r\n'],
  ] as const) {
    const [row] = await runFile('text/csv; charset=utf-8', `\uFEFF${lines(sign, end)}`);
    // Everything but the date was understood.
    expect(row).toMatchObject({ row: 2, details: { sendAt: 'invalid_time' } });
  }
  const [row] = await runFile(
    'text/csv',
    `Media URL;Title;Description;Board;Link;Publish date\n${app.picture()};"Zwei, drei";Äpfel, Birnen;Recipes;${link};2027-07-01T09:00Z`,
  );
  expect(row?.post).toMatchObject({ title: 'Zwei, drei', description: 'Äpfel, Birnen' });
});

test('rows are counted as in a spreadsheet, with the header, empty rows and cells of several lines', async () => {
  const rows = await sheet(
    'Title,Media URL,Publish date',
    `"A title",${app.picture()},2027-02-30T09:00:00`,
    '',
    `"In two`,
    `lines",${app.picture()},tomorrow`,
    `Last,${app.picture()},2020-01-01T00:00:00Z`,
  );
  expect(rows.map(({ row, details }) => [row, details.sendAt])).toEqual([
    [2, 'invalid_time'],
    [4, 'invalid_time'],
    [5, 'in_the_past'],
  ]);
});

test('a row whose board name is ambiguous or unknown fails with the ids of similar boards; other rows are created', async () => {
  const own = await app.connectAccount({ boards: ['Cakes', 'cakes', 'Pies'] });
  const path = `${pathOf(own)}/batches`;
  const row = (name: string) => `${app.picture()},${name},Tart,${text},${link}`;
  const body = [
    'Media URL,Board,Title,Description,Link',
    row('Cakes'),
    row('Pie'),
    row(own.boards.Pies ?? ''),
  ].join('\n');
  const answer = await send('POST', path, body, { headers: { 'content-type': 'text/csv' } });
  await app.app.jobs.runDue();
  const { batch } = (await send('GET', `${path}/${answer.body.data.batch.id}`)).body.data;
  const boardProblem = (index: number) =>
    (batch.entries[index].details ?? []).find(({ path }: { path: string }) => path === 'boardId')?.message;
  expect(boardProblem(0)).toContain(own.boards.Cakes);
  expect(boardProblem(0)).toContain(own.boards.cakes);
  expect(boardProblem(1)).toContain(`${own.boards.Pies} is "Pies"`);
  expect(boardProblem(2)).toBeUndefined();
});

test('a row is a video by its file extension or column, and its thumbnail is a frame or a picture', async () => {
  const clip = await newVideo();
  const rows = await sheet(
    'Media ID,Media type,Title,Thumbnail,Description,Link,Board,Publish date',
    `${clip.id},video,a,0:05,${text},${link},Recipes,2027-07-01T09:00:00Z`,
    `${clip.id},Video,b,${app.picture()},${text},${link},Recipes,2027-07-02T09:00:00Z`,
    `${clip.id},video,c,,${text},${link},Recipes,2027-07-03T09:00:00Z`,
    `${clip.id},video,d,1:30,${text},${link},Recipes,2027-07-04T09:00:00Z`,
  );
  expect(rows.map(({ post, details }) => post?.cover ?? details)).toEqual([
    { mediaUrl: null, seconds: 5 },
    { mediaUrl: expect.stringContaining('/media/med_'), seconds: null },
    null,
    { 'cover.seconds': 'after_the_end' },
  ]);
});

describe('invalid files', () => {
  test('a file without media column, rows or valid CSV is refused as a whole', async () => {
    expect(refusal(await sendFile('text/csv', ''))[0]).toBe(400);
    expect(refusal(await sendFile('text/csv', 'Title,Link\na,b'))[2]).toEqual({
      header: 'media_column_missing',
    });
    const open = await sendFile('text/csv', 'Media URL,Title\n"a,b');
    expect(refusal(open)[2]).toEqual({ '': 'malformed' });
    expect(refusal(await sendFile('text/csv', 'Media URL,Title\n'))[2]).toEqual({ posts: 'too_small' });
    const many = ['Media URL', ...Array(1001).fill('https://example.com/a.jpg')].join('\n');
    expect(refusal(await sendFile('text/csv', many))[2]).toEqual({ posts: 'too_large' });
    expect((await sendFile('text/plain', 'a')).status).toBe(415);
  });

  test('a sheet with too many columns, or with rows that are too long, is refused', async () => {
    const wide = (columns: number) => `Media URL${',x'.repeat(columns - 1)}\nhttps://example.com/a.jpg`;
    expect((await sendFile('text/csv', wide(100))).status).toBe(202);
    expect(refusal(await sendFile('text/csv', wide(101)))[2]).toEqual({ header: 'too_large' });
    const padded = await sendFile('text/csv', `Media URL\n\nhttps://example.com/a.jpg${','.repeat(100)}`);
    expect(refusal(padded)[2]).toEqual({ '': 'too_large' });
    expect(padded.body.error.details[0].message).toContain('Row 3 has more than 100 columns');
    const long = await sendFile(
      'text/csv',
      `Media URL,Title\nhttps://example.com/a.jpg,${'x'.repeat(130 * 1024)}`,
    );
    expect(refusal(long)[2]).toEqual({ '': 'too_large' });
    const blank = await sendFile('text/csv', `Media URL${'\n'.repeat(10_001)}`);
    expect(refusal(blank)[2]).toEqual({ posts: 'too_large' });
    await app.app.jobs.runDue();
  });

  test('a misspelled column is refused with the suggested name: its posts would be published at wrong times', async () => {
    const answer = await sendFile('text/csv', 'Media URL,Publishdat,My notes\nhttps://example.com/a.jpg,,');
    expect(refusal(answer)[2]).toEqual({ header: 'unknown_field' });
    expect(JSON.stringify(answer.body)).toContain('Did you mean \\"Publish date\\"?');
  });

  test('a file that is not UTF-8 is refused: its text would be stored corrupted', async () => {
    const bytes = Buffer.concat([
      Buffer.from('Media URL,Title\nhttps://example.com/a.jpg,'),
      Buffer.from([0xe4]),
    ]);
    expect(refusal(await sendFile('text/csv', bytes))[2]).toEqual({ '': 'not_utf8' });
    const line = Buffer.concat([Buffer.from('{"title":"'), Buffer.from([0xe4]), Buffer.from('"}')]);
    expect(refusal(await sendFile('application/x-ndjson', line))[2]).toEqual({ '': 'not_utf8' });
  });
});

test('an invalid line of JSON fails with its number, and the other lines are created', async () => {
  const body = (change: Json) => JSON.stringify(complete(change));
  const rows = await runFile(
    'application/x-ndjson',
    `\uFEFF${body({ title: 'One' })}\r\n\r\n{"title": \n[1]\n${body({ title: 'Two' })}`,
  );
  expect(rows.map(({ row, post, details }) => [row, post?.title ?? details])).toEqual([
    [1, 'One'],
    [3, { '': 'malformed' }],
    [4, { '': 'wrong_type' }],
    [5, 'Two'],
  ]);
});

test('more than 1,000 lines are refused; a line that is too large or has too many values fails alone', async () => {
  const tooMany = await sendFile('application/x-ndjson', '{}\n'.repeat(1001));
  expect(refusal(tooMany)[2]).toEqual({ posts: 'too_large' });
  const empty = await sendFile('application/x-ndjson', '\n'.repeat(10_001));
  expect(refusal(empty)[2]).toEqual({ posts: 'too_large' });
  const rows = await runFile(
    'application/x-ndjson',
    [
      JSON.stringify(complete()),
      JSON.stringify({ title: 'x'.repeat(520 * 1024) }),
      JSON.stringify({ tags: Array(1001).fill('a') }),
    ].join('\n'),
  );
  expect(rows.map(({ details }) => details)).toEqual([null, { '': 'too_large' }, { '': 'too_large' }]);
});
