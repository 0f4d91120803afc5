// Sheets as people have them: ledgers, exports of other tools, files of spreadsheet programs. What is not understood is said.
import { describe, expect, test } from 'vitest';
import { account, app, usePublishing } from '../../../../../test/publishing.ts';
import { pathOf, refusal, send } from '../../posts.fixture.ts';
import { runSheet, sendFile } from '../batches.fixture.ts';

usePublishing();

interface Entry {
  row: number;
  status: string;
  postId: string | null;
  details: { path: string; code: string; message: string }[] | null;
  warnings: { code: string }[];
}

const problems = (batch: { entries: Entry[] }) =>
  batch.entries.map(({ details, status }) => details?.map(({ code }) => code).join() ?? status);
const postOf = async (entry: Entry) => app.getPost(account, entry.postId ?? '');
const send1 = (lines: string[], query = '') => sendFile('text/csv', lines.join('\n'), query);
const setZone = (timezone: string) => send('PATCH', `/v1/accounts/${account.accountId}`, { timezone });
const addSlot = () =>
  send('POST', `/v1/accounts/${account.accountId}/timeslots`, { dayPreference: 1, timePreference: '09:00' });
const unix = (moment: string) => Date.parse(moment) / 1000;

describe('columns of times', () => {
  test.each([
    'release_at',
    'Release date',
    'Scheduled Time',
    'Posting time',
    'Due at',
    'When',
    'Scheduled for',
  ])('the column %s is read', async (name) => {
    const batch = await runSheet([
      `guid,board,title,description,link,image,keywords,${name}`,
      `shop-2,Recipes,Moon Set,"Moon Set, $39.99.",https://example.com/moon,${app.picture()},moon,2027-03-23 01:37:00`,
    ]);
    expect(problems(batch)).toEqual(['created']);
    expect(await postOf(batch.entries[0])).toMatchObject({
      status: 'queued',
      sendAt: unix('2027-03-23T01:37Z'),
    });
  });

  test.each(['Datum', 'Fecha', '公開日', 'my_dates', 'Erscheint', '2027'])(
    'an unknown column %s with dates is refused: its posts would be drafts or go out at other times',
    async (name) => {
      for (const date of ['2027-03-23 01:37', '23.03.2027', '3/23/27 9:00 PM', '2027/3/23']) {
        const answer = await send1([
          `Media URL,Title,${name}`,
          `${app.picture()},a,${date}`,
          `${app.picture()},b,`,
        ]);
        expect(refusal(answer)[2]).toEqual({ header: 'unknown_time_column' });
        expect(answer.body.error.details[0].message).toContain(JSON.stringify(name));
      }
    },
  );

  test('beside a column of times, an unknown column with dates is ignored and listed', async () => {
    const batch = await runSheet([
      'Media URL,Title,Added on,Notes,Publish date,Board,Link,Description',
      `${app.picture()},a,2026-01-01,2027-01-01 is a Friday,2027-03-01T09:00Z,Recipes,https://example.com/a,d`,
    ]);
    expect(problems(batch)).toEqual(['created']);
    expect(batch.ignoredColumns).toEqual([
      { name: 'Added on', suggestion: null },
      { name: 'Notes', suggestion: null },
    ]);
  });

  test('a sheet without a column of times makes drafts; a blank cell in one is the next open slot', async () => {
    await addSlot();
    const drafts = await runSheet(['Media URL,Title', `${app.picture()},A draft`]);
    expect(await postOf(drafts.entries[0])).toMatchObject({ status: 'draft', sendAt: null });
    const queued = await runSheet([
      'Media URL,Title,Board,Link,Description,Publish date',
      `${app.picture()},Queued,Recipes,https://example.com/a,d,`,
    ]);
    expect((await postOf(queued.entries[0])).status).toBe('queued');
  });

  test('date and time may be in two columns, or the whole moment in one that is called time', async () => {
    const batch = await runSheet([
      'Media URL,Title,Board,Link,Description,Date,Time',
      `${app.picture()},a,Recipes,https://example.com/a,d,2027-05-07,9:00`,
      `${app.picture()},b,Recipes,https://example.com/b,d,2027/05/07,9:30 pm`,
      `${app.picture()},c,Recipes,https://example.com/c,d,2027-05-07 10:00,`,
      `${app.picture()},d,Recipes,https://example.com/d,d,2027-05-07 10:00,11:00`,
      `${app.picture()},e,Recipes,https://example.com/e,d,2027-05-07,`,
    ]);
    expect(problems(batch)).toEqual(['created', 'created', 'created', 'invalid_time', 'invalid_time']);
    const times = await Promise.all(
      batch.entries.slice(0, 3).map(async (entry: Entry) => (await postOf(entry)).sendAt),
    );
    expect(times).toEqual(['T09:00Z', 'T21:30Z', 'T10:00Z'].map((time) => unix(`2027-05-07${time}`)));
  });

  test.each([
    ['2027-05-07 9:00', '2027-05-07T09:00Z'],
    ['2027/05/07 09:00', '2027-05-07T09:00Z'],
    ['2027.5.7 09:00:30', '2027-05-07T09:00:30Z'],
    ['2027-05-07T09:00:00.000Z', '2027-05-07T09:00Z'],
    ['2027-05-07 9:00 AM', '2027-05-07T09:00Z'],
    ['2027-05-07 12:05 am', '2027-05-07T00:05Z'],
    ['2027-05-07 9 pm', '2027-05-07T21:00Z'],
    ['2027-04-01T09:00:00+01', '2027-04-01T08:00Z'],
    ['2027-04-01T09:00:00+0130', '2027-04-01T07:30Z'],
    ['2027-03-01 09:00 -5', '2027-03-01T14:00Z'],
    ['2027-03-01 09:00 UTC', '2027-03-01T09:00Z'],
  ])('%s is read as %s', async (text, moment) => {
    const batch = await runSheet([
      'Media URL,Title,Board,Link,Description,Date',
      `${app.picture()},a,Recipes,https://example.com/a,d,${text}`,
    ]);
    expect((await postOf(batch.entries[0])).sendAt).toBe(unix(moment));
  });

  test.each([
    ['03/25/2027 15:43', 'Write "03/25/2027 15:43" with the year first: 2027-03-25T15:43:00.'],
    ['25.03.2027 15:43', 'year first: 2027-03-25T15:43:00.'],
    ['03/05/2027 9:00 PM', '2027-03-05T21:00:00 or 2027-05-03T21:00:00'],
    ['2027-05-07', 'has no time of day. Write it as 2027-05-07T09:00:00.'],
    ['2027-05-07 25:00', 'is not a date with a time'],
    ['2027-02-30 09:00', 'is not a date with a time'],
    ['2027-05-07 09:00 EST', 'is not a date with a time'],
    ['next Friday at 2 PM', 'is not a date with a time'],
    ['1803459600', 'is not a date with a time'],
  ])('%s fails: %s', async (text, message) => {
    const batch = await runSheet([
      'Media URL,Title,Board,Link,Description,Date',
      `${app.picture()},a,Recipes,https://example.com/a,d,${text}`,
    ]);
    expect(batch.entries[0].details).toMatchObject([{ path: 'sendAt', code: 'invalid_time' }]);
    expect(batch.entries[0].details[0].message).toContain(message);
  });
});

describe('the time zone of times without an offset', () => {
  const pinterest = 'Title,Media URL,Pinterest board,Thumbnail,Description,Link,Publish date,Keywords';
  const own = 'Title,Media URL,Board,Thumbnail,Description,Link,Publish date,Keywords';
  const line = () => `A,${app.picture()},Recipes,,d,https://example.com/a,2027-06-10T19:00:00,`;

  test.each([
    ['UTC for the columns of Pinterest’s bulk upload', pinterest, '', 'UTC', '2027-06-10T19:00Z'],
    ['that of the account for others', own, '', 'America/New_York', '2027-06-10T23:00Z'],
    [
      'the one that the request says',
      pinterest,
      '?timezone=europe/berlin',
      'Europe/Berlin',
      '2027-06-10T17:00Z',
    ],
    ['the one that the request says, for other columns', own, '?timezone=UTC', 'UTC', '2027-06-10T19:00Z'],
  ])('is %s', async (_, header, query, timezone, moment) => {
    await setZone('America/New_York');
    const batch = await runSheet([header, line()], query);
    expect(batch.timezone).toBe(timezone);
    expect((await postOf(batch.entries[0])).sendAt).toBe(unix(moment));
  });

  test.each(['EST', 'PST8PDT', 'IST', '+01:00', 'Mars/Base', 'cet'])('%s is refused', async (zone) => {
    const answer = await send1([own, line()], `?timezone=${encodeURIComponent(zone)}`);
    expect(refusal(answer)[2]).toEqual({ timezone: 'unknown_timezone' });
  });
});

describe('columns that mean the same', () => {
  test('the more exact name is read, and the other is listed', async () => {
    const batch = await runSheet([
      'Title,Description,Image URL,Destination URL,Type,Pin Target Keyword,Pin Title,Pin Description,Board,Publish date',
      `Article title,Article text,${app.picture()},https://example.com/q1,guide,lemon,Pin words,Pin text,Recipes,2028-01-01T09:00:00`,
    ]);
    expect(await postOf(batch.entries[0])).toMatchObject({ title: 'Pin words', description: 'Pin text' });
    expect(batch.ignoredColumns.map(({ name }: { name: string }) => name)).toEqual([
      ...['Title', 'Description', 'Type', 'Pin Target Keyword'],
    ]);
  });

  test('equally exact ones are refused where their cells differ, and read where they agree or one is blank', async () => {
    const lines = (second: string) => [
      'Media URL,Image,Title,Headline',
      `${app.picture()},,One,One`,
      `,${app.picture()},Two,${second}`,
    ];
    const answer = await send1(lines('Zwei'));
    expect(refusal(answer)[2]).toEqual({ header: 'conflicting_columns' });
    expect(answer.body.error.details[0].message).toMatch(/"Title" and "Headline".*row 3/);
    expect(problems(await runSheet(lines('Two')))).toEqual(['created', 'created']);
  });
});

describe('cells and rows', () => {
  test.each([
    ['Description', 'Crisp, sour, and done in an hour'],
    ['Keywords', 'lemon, tart'],
  ])('a row with more cells than the header fails alone: %s', async (name, text) => {
    const batch = await runSheet([
      `Title,Media URL,Board,Link,Publish date,${name}`,
      `Tart,${app.picture()},Recipes,https://example.com/uc1,2027-05-04T09:00:00,${text}`,
      `Cake,${app.picture()},Recipes,https://example.com/uc1,2027-05-04T09:00:00,"${text}",,`,
    ]);
    expect(problems(batch)[0]).toBe('too_many_cells');
    expect(batch.timezone).toBe('UTC');
    expect(batch.entries[0].details[0].message).toMatch(/The row has [78] cells, and the header 6\./);
    expect(problems(batch)[1]).not.toContain('too_many_cells');
  });

  test.each(['published', 'Sent', 'DONE', 'posted'])('a row whose status is %s fails', async (status) => {
    const batch = await runSheet([
      'Media URL,Title,Status',
      `${app.picture()},Old,${status}`,
      `${app.picture()},New,queued`,
      `${app.picture()},Newer,`,
    ]);
    expect(problems(batch)).toEqual(['already_published', 'created', 'created']);
  });

  test.each(['sep=;', '"sep=;"', '\uFEFFsep=;', 'SEP=;'])(
    '%s above the header sets the separator',
    async (first) => {
      for (const end of ['\n', '\r\n', '\r']) {
        const answer = await sendFile(
          'text/csv',
          [
            first,
            'Tart title;Media URL;Board;Description;Link;Publish date'.replace('Tart title', 'Title'),
            `Tart ${end.length}${end.charCodeAt(0)};${app.picture()};Recipes;a, b;https://example.com/sep;tomorrow`,
          ].join(end),
        );
        const { batch } = (await send('GET', `${pathOf()}/batches/${answer.body.data.batch.id}`)).body.data;
        expect(batch.entries).toMatchObject([{ row: 3, details: [{ code: 'invalid_time' }] }]);
      }
      await app.app.jobs.runDue();
    },
  );

  test('ID and SKU are ignored; only a column External ID is the externalId', async () => {
    const lines = (title: string) => [
      'ID,SKU,External ID,Title,Media URL',
      `1,RING-1,${title}-1,${title},${app.picture()}`,
      `2,RING-1,${title}-2,${title} two,${app.picture()}`,
    ];
    const first = await runSheet(lines('One'));
    expect(problems(first)).toEqual(['created', 'created']);
    expect(problems(await runSheet(lines('Two')))).toEqual(['created', 'created']);
    expect(await postOf(first.entries[0])).toMatchObject({ externalId: 'One-1' });
    expect(first.ignoredColumns.map(({ name }: { name: string }) => name)).toEqual(['ID', 'SKU']);
  });

  test('a file without a media column is refused with the names that it has', async () => {
    const answer = await send1(['Artikel;Bild', 'a;b']);
    expect(refusal(answer)[2]).toEqual({ header: 'media_column_missing' });
    expect(answer.body.error.details[0].message).toContain('Its columns: "Artikel", "Bild".');
  });

  test.each(['application/csv', 'application/vnd.ms-excel'])('a sheet may be sent as %s', async (type) => {
    expect((await sendFile(type, `Media URL,Title\n${app.picture()},${type}`)).status).toBe(202);
    await app.app.jobs.runDue();
  });

  test('a file with too many rows is refused with the way out', async () => {
    const answer = await send1(['Media URL', ...Array(1200).fill('https://example.com/a.jpg')]);
    expect(answer.body.error.details[0].message).toBe(
      'Send 1 to 1000 posts. Divide a longer file into several batches.',
    );
  });
});

describe('board sections', () => {
  const connect = () =>
    app.connectAccount({ boards: ['Recipes', 'Sweet/Sour'], sections: ['Desserts', 'Soups'] });

  test('are named in a column or after the board, by name or id; an unknown one fails with the ids', async () => {
    const own = await connect();
    const path = `${pathOf(own)}/batches`;
    const boardId = own.boards.Recipes ?? '';
    const listed = await send('GET', `/v1/accounts/${own.accountId}/boards/${boardId}/sections`);
    const [{ id: desserts }] = listed.body.data.sections.filter(
      ({ name }: { name: string }) => name === 'Desserts',
    );
    const row = (title: string, board: string, section: string) =>
      `${title},${app.picture()},${board},${section}`;
    const body = [
      'Title,Media URL,Pinterest board,Board section',
      row('a', 'Recipes', 'desserts'),
      row('b', 'Recipes/Desserts', ''),
      row('c', boardId, desserts),
      row('d', 'Recipes', 'Deserts'),
      row('e', 'Recipes / Soup', ''),
      row('f', 'Sweet/Sour', ''),
      row('g', 'Nothing/Desserts', ''),
    ].join('\n');
    const answer = await send('POST', path, body, { headers: { 'content-type': 'text/csv' } });
    await app.app.jobs.runDue();
    const { batch } = (await send('GET', `${path}/${answer.body.data.batch.id}`)).body.data;
    expect(problems(batch)).toEqual([
      ...['created', 'created', 'created'],
      ...['section_not_found', 'section_not_found', 'created', 'board_not_found'],
    ]);
    for (const entry of batch.entries.slice(0, 3)) {
      const post = await app.getPost(own, entry.postId);
      expect(post).toMatchObject({ boardId, boardSectionId: desserts });
    }
    expect(batch.entries[3].details[0].message).toContain(`${desserts} is "Desserts"`);
  });
});

test('the warnings of a create are in the entries, and counted', async () => {
  const line = (title: string, link: string, date = '2027-03-01T09:00Z') =>
    `${title},${app.picture()},Recipes,d,${link},${date}`;
  const batch = await runSheet([
    'Title,Media URL,Board,Description,Link,Date',
    line('a', 'https://bit.ly/abc'),
    line('b', 'https://example.com/same'),
    line('c', 'https://example.com/same'),
    line('d', 'https://example.com/other'),
  ]);
  const codes = (of: { entries: Entry[] }) =>
    of.entries.map(({ warnings }) => warnings.map(({ code }) => code));
  expect(codes(batch)).toEqual([['link_shortener'], [], ['same_picture'], []]);
  expect(batch.warned).toBe(2);
  await send('PUT', `/v1/accounts/${account.accountId}/spacing-rules`, { minDays: 3 });
  const later = await runSheet([
    'Title,Media URL,Board,Description,Link,Date',
    line('e', 'https://example.com/other', '2027-03-02T09:00Z'),
  ]);
  expect(codes(later)).toEqual([['too_near', 'same_picture']]);
});
