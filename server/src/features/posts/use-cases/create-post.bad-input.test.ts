// Invalid input of every field of the reference page: over its limit, of the wrong type, null, unknown or misspelled, and
// invalid times and bodies. The answer is always a 4xx in the envelope with one detail per field, and nothing is stored.
import { beforeAll, describe, expect, test } from 'vitest';
import { fieldCodes } from '../../../../test/answer.ts';
import type { Answer, Json } from '../../../../test/app.ts';
import { errorLevel } from '../../../../test/log.ts';
import { account, app, useApp } from '../../../../test/use-app.ts';
import { complete } from '../posts.fixture.ts';

useApp({ accountPer: 'file' });

let path: string;

beforeAll(async () => {
  path = `/v1/accounts/${account.accountId}/posts`;
  // The first create reads the boards; afterwards nothing but the request itself is at stake.
  await app.createPost(account);
});

const body = (change: Json = {}) =>
  complete({ altText: 'A tart', sendAt: '2027-03-01T09:00:00Z', ...change });

const count = async () =>
  (await app.database.db.selectFrom('posts').select('id').execute()).length +
  (await app.database.db.selectFrom('events').select('id').execute()).length;

async function refused(send: unknown, status = 400): Promise<Answer> {
  const before = await count();
  const answer = await app.call('POST', path, send);
  expect(answer.status, JSON.stringify(answer.body)).toBe(status);
  expect(answer.body).toMatchObject({
    error: { code: expect.any(String), message: expect.any(String) },
    meta: { requestId: expect.stringMatching(/^req_/) },
  });
  expect(await count()).toBe(before);
  return answer;
}

async function refusedFields(send: unknown, fields: Record<string, string>): Promise<void> {
  const { body: answer } = await refused(send);
  expect(fieldCodes(answer.error.details)).toEqual(fields);
}

const texts = [
  ['title', 100],
  ['description', 500],
  ['altText', 500],
] as const;
const strings = [
  'mediaUrl',
  'mediaType',
  'title',
  'description',
  'url',
  'boardId',
  'altText',
  'sendAt',
] as const;

describe('lengths, in code points', () => {
  // Each of these is one code point and two UTF-16 units.
  test.each(texts)('%s accepts %i code points and not one more', async (field, max) => {
    expect((await app.call('POST', path, body({ [field]: '🍋'.repeat(max) }))).status).toBe(201);
    await refusedFields(body({ [field]: '🍋'.repeat(max + 1) }), { [field]: 'too_long' });
  });

  test('url accepts 2048 characters and not one more', async () => {
    const url = 'https://example.com/'.padEnd(2048, 'a');
    expect((await app.call('POST', path, body({ url }))).status).toBe(201);
    await refusedFields(body({ url: `${url}a` }), { url: 'too_long' });
  });
});

describe('types', () => {
  test.each(strings)('%s refuses a number, a boolean, an array and an object', async (field) => {
    const code = field === 'mediaType' ? 'not_allowed' : 'wrong_type';
    for (const value of [5, true, ['x'], { x: 1 }])
      await refusedFields(body({ [field]: value }), { [field]: code });
  });

  test('isSimplifiedPin refuses everything but a boolean', async () => {
    for (const value of ['true', 1, []]) {
      await refusedFields(body({ isSimplifiedPin: value }), { isSimplifiedPin: 'wrong_type' });
    }
  });

  test('mediaType refuses everything but image and video', async () => {
    for (const value of ['Image', 'gif', ''])
      await refusedFields(body({ mediaType: value }), { mediaType: 'not_allowed' });
  });
});

describe('required fields', () => {
  test('mediaUrl is required for every post', async () => {
    await refusedFields({}, { mediaUrl: 'required' });
  });

  test('with sendAt, absent and blank board, title, description and url are all reported at once', async () => {
    const { mediaUrl, sendAt } = body();
    const all = { boardId: 'required', title: 'required', description: 'required', url: 'required' };
    await refusedFields({ mediaUrl, sendAt }, all);
    await refusedFields(body({ title: ' ', description: '\n' }), {
      title: 'required',
      description: 'required',
    });
  });

  test('all invalid fields of a body are reported at once', async () => {
    await refusedFields(
      {
        mediaUrl: 'nonsense',
        title: 'x'.repeat(101),
        altText: 7,
        sendAt: '2020-01-01T00:00:00Z',
        boardID: '1',
      },
      {
        mediaUrl: 'invalid_url',
        title: 'too_long',
        altText: 'wrong_type',
        sendAt: 'in_the_past',
        boardID: 'unknown_field',
        boardId: 'required',
        description: 'required',
        url: 'required',
      },
    );
  });
});

describe('names', () => {
  test.each([
    ['sendat', 'sendAt'],
    ['send_at', 'sendAt'],
    ['sentAt', 'sendAt'],
    ['boardID', 'boardId'],
    ['descripton', 'description'],
    ['alt_text', 'altText'],
    ['mediaURL', 'mediaUrl'],
  ])('the field %s is refused with a suggestion of %s, and no draft is created', async (name, meant) => {
    const answer = await refused(body({ [name]: 'x' }));
    expect(answer.body.error.details).toEqual([
      { path: name, code: 'unknown_field', message: `There is no field "${name}". Did you mean "${meant}"?` },
    ]);
  });

  test('an unknown field is refused without a suggestion', async () => {
    for (const name of ['publishAtOnce', '', 'constructor', 'toString', '\u0000', 'x'.repeat(5000)]) {
      const answer = await refused(body({ [name]: 1 }));
      expect(answer.body.error.details[0]).toMatchObject({ code: 'unknown_field' });
      expect(JSON.stringify(answer.body).length).toBeLessThan(500);
    }
  });
});

describe('times', () => {
  test.each([
    ['2027-03-01T09:00:00', 'offset_missing'],
    ['2027-03-01', 'invalid_time'],
    ['2027-03-01 09:00:00Z', 'invalid_time'],
    ['2027-02-30T09:00:00Z', 'invalid_time'],
    ['2027-13-01T09:00:00Z', 'invalid_time'],
    ['2027-03-01T25:00:00Z', 'invalid_time'],
    ['2027-03-01T09:61:00Z', 'invalid_time'],
    ['2027-03-01T09:00:00+25:00', 'invalid_time'],
    ['1803891600', 'invalid_time'],
    ['tomorrow', 'invalid_time'],
    ['', 'invalid_time'],
    ['+275760-09-13T00:00:00.001Z', 'invalid_time'],
    ['2027-03-01T07:59:59Z', 'in_the_past'],
    ['1969-12-31T23:59:59Z', 'in_the_past'],
    ['0001-01-01T00:00:00Z', 'in_the_past'],
    ['9999-12-31T23:59:59Z', 'too_far_ahead'],
    ['2127-03-01T09:00:00Z', 'too_far_ahead'],
  ])('the time %s as sendAt is refused with %s', async (sendAt, code) => {
    await refusedFields(body({ sendAt }), { sendAt: code });
  });

  test('the refusal of Unix seconds shows the same moment, and the refusal of a past time shows the present time', async () => {
    const now = app.clock.now().toISOString();
    const unix = await app.call('POST', path, body({ sendAt: 1_803_891_600 }));
    expect(unix.body.error.details).toEqual([
      {
        path: 'sendAt',
        code: 'wrong_type',
        message:
          'Must be an RFC 3339 date and time as a string, not a number. Send "2027-03-01T09:00:00Z" for this moment.',
      },
    ]);
    const past = await app.call('POST', path, body({ sendAt: '2020-01-01T00:00:00Z' }));
    expect(past.body.error.details[0].message).toContain(now);
  });

  test('sendAt at the present moment is refused, and a millisecond later is accepted', async () => {
    const now = app.clock.now();
    await refusedFields(body({ sendAt: now.toISOString() }), { sendAt: 'in_the_past' });
    const later = new Date(now.getTime() + 1).toISOString();
    expect((await app.call('POST', path, body({ sendAt: later }))).status).toBe(201);
  });

  test('sendAt accepts every offset, for the same moment', async () => {
    for (const sendAt of ['2027-03-01T09:00:00Z', '2027-03-01T14:30:00+05:30', '2027-02-28t21:30:00-11:30']) {
      const answer = await app.call('POST', path, body({ sendAt }));
      expect(answer.body.data.post.sendAt).toBe(Date.parse('2027-03-01T09:00:00Z') / 1000);
    }
  });
});

describe('addresses', () => {
  test.each(['mediaUrl', 'url'])('%s accepts only absolute http and https URLs', async (field) => {
    const bad = [
      '',
      'example.com/a.jpg',
      '/a.jpg',
      'ftp://example.com/a.jpg',
      'file:///etc/passwd',
      'javascript:alert(1)',
      'data:image/png;base64,AAAA',
      'https://',
      'https:example.com',
      'https:///a.jpg',
      'https://exa mple.com/',
      'https://[::1',
      'https://example.com:99999/',
    ];
    for (const value of bad) await refusedFields(body({ [field]: value }), { [field]: 'invalid_url' });
  });
});

test('text that PostgreSQL cannot store, or that is not valid Unicode, is refused', async () => {
  for (const value of ['a\u0000b', 'half a pair \ud800', '\udc00']) {
    await refusedFields(body({ title: value, altText: value }), {
      title: 'bad_character',
      altText: 'bad_character',
    });
  }
});

test('hostile text is stored unchanged', async () => {
  const title = `'); drop table posts;-- <script>alert(1)</script> \${x} %s \\ \u202e`;
  const answer = await app.call('POST', path, body({ title }));
  expect(answer.body.data.post.title).toBe(title);
});

describe('bodies', () => {
  test.each(['{', '{"mediaUrl":', "{'a':1}", 'undefined', '{"a":1}{"b":2}', '{"__proto__":{"x":1}}'])(
    'malformed JSON %s',
    async (text) => {
      expect((await refused(text)).body.error.code).toBe('BAD_REQUEST');
    },
  );

  test.each(['null', '[]', '"text"', '5', 'true', '[{"mediaUrl":"x"}]'])(
    'the JSON value %s, which is not an object, is refused as a body',
    async (text) => {
      const answer = await refused(text);
      expect(answer.body.error.details[0].path).toBe('');
    },
  );

  test('a create without a body is refused', async () => {
    expect((await refused(undefined)).body.error.details).toMatchObject([{ path: '', code: 'required' }]);
  });

  test('a body that is not UTF-8 is refused', async () => {
    const answer = await fetch(`${app.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${app.key}`, 'content-type': 'application/json' },
      body: Buffer.from('7b227469746c65223a22ff227d', 'hex'),
    });
    expect(answer.status).toBe(400);
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'application/xml',
    'nonsense',
  ])('the content type %s is refused with 415', async (type) => {
    const answer = await fetch(`${app.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${app.key}`, 'content-type': type },
      body: JSON.stringify(body()),
    });
    expect(answer.status).toBe(415);
    expect(await answer.json()).toMatchObject({ error: { code: 'UNSUPPORTED_MEDIA_TYPE' } });
  });

  test('a body of more than 1 MiB is refused with 413', async () => {
    const answer = await refused(body({ title: 'x'.repeat(1024 * 1024) }), 413);
    expect(answer.body.error.code).toBe('PAYLOAD_TOO_LARGE');
  });

  test('a deeply nested body is refused', async () => {
    await refused('['.repeat(100_000) + ']'.repeat(100_000));
    await refusedFields(`{"mediaUrl":${'['.repeat(50_000)}${']'.repeat(50_000)}}`, { '': 'too_large' });
    await refusedFields(`{"mediaUrl":${'['.repeat(5_000)}${']'.repeat(5_000)}}`, { mediaUrl: 'wrong_type' });
  });

  test('the refusal of many unknown fields names the first 49 and counts the others', async () => {
    const fields = Object.fromEntries(Array.from({ length: 9_000 }, (_, index) => [`titel${index}`, 1]));
    const { details } = (await refused({ titel: 1, ...fields })).body.error;
    expect(details).toHaveLength(50);
    expect(details[0].message).toContain('Did you mean "title"?');
    // The field that is missing counts too.
    expect(details[49]).toEqual({ path: '', code: 'more', message: 'And 8953 more that are not listed.' });
  });
});

describe('queries of the list', () => {
  test.each([
    ['status=Sent', 'status', 'not_allowed'],
    ['limit=0', 'limit', 'invalid'],
    ['limit=101', 'limit', 'invalid'],
    ['limit=1e2', 'limit', 'invalid'],
    ['limit=5&limit=6', 'limit', 'wrong_type'],
    ['startDate=2027-03-01T09:00:00', 'startDate', 'offset_missing'],
    ['endDate=soon', 'endDate', 'invalid_time'],
    ['cursor=%00', 'cursor', 'bad_character'],
    ['stauts=sent', 'stauts', 'unknown_field'],
    ['boardId=null', 'boardId', 'invalid'],
    ['boardId=undefined', 'boardId', 'invalid'],
    ['boardId=Recipes', 'boardId', 'invalid'],
  ])('%s', async (query, field, code) => {
    const answer = await app.call('GET', `${path}?${query}`);
    expect(answer.status).toBe(400);
    expect(answer.body.error.details).toMatchObject([{ path: field, code }]);
  });
});

test('invalid input logs no errors', () => {
  expect(app.logLines.filter((line) => line.level >= errorLevel)).toEqual([]);
});
