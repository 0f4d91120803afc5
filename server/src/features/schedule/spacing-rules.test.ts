// Spacing rules over HTTP.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../../../test/app.ts';
import { errorLevel } from '../../../test/log.ts';

let app: TestApp;
let path: string;

beforeAll(async () => {
  app = await createTestApp();
});
beforeEach(async () => {
  const { accountId } = await app.connectAccount();
  path = `/v1/accounts/${accountId}/spacing-rules`;
});
afterAll(() => app.stop());

const put = (body: unknown, key?: string) => app.call('PUT', path, body, key);
const remove = (query = '', key?: string) => app.call('DELETE', `${path}${query}`, undefined, key);
const rules = async () => (await app.call('GET', path)).body.data;
const ofUrl = (url: string) => `?url=${encodeURIComponent(url)}`;

test('a new account has no spacing rules', async () => {
  expect(await rules()).toEqual({ defaultRule: null, customRules: [] });
});

test('an account has one default rule and one per URL; a second PUT replaces the rule', async () => {
  const set = await put({ minDays: 7 });
  expect([set.status, set.body.data]).toEqual([200, { rule: { url: null, minDays: 7 } }]);
  await put({ minDays: 365 });
  const url = 'https://example.com/tart';
  expect((await put({ url, minDays: 1 })).body.data).toEqual({ rule: { url, minDays: 1 } });
  await put({ url: 'https://example.com/pie', minDays: 30 });
  expect(await rules()).toEqual({
    defaultRule: { minDays: 365 },
    customRules: [
      { url: 'https://example.com/pie', minDays: 30 },
      { url, minDays: 1 },
    ],
  });
});

test('URLs with the same destination share one rule, shown with the last spelling', async () => {
  await put({ url: 'https://example.com/tart', minDays: 3 });
  await put({ url: 'http://www.Example.com/tart/?utm_source=pin#method', minDays: 4 });
  expect((await rules()).customRules).toEqual([
    { url: 'http://www.Example.com/tart/?utm_source=pin#method', minDays: 4 },
  ]);
  const gone = await remove(ofUrl('https://example.com/tart'));
  expect([gone.status, gone.body.data]).toEqual([200, { deleted: true, url: 'https://example.com/tart' }]);
  expect((await rules()).customRules).toEqual([]);
});

test('the default and the rules of URLs are deleted separately; an unknown rule is 404', async () => {
  const url = 'https://example.com/tart';
  await put({ minDays: 7 });
  await put({ url, minDays: 3 });
  expect((await remove()).body.data).toEqual({ deleted: true, url: null });
  expect(await rules()).toEqual({ defaultRule: null, customRules: [{ url, minDays: 3 }] });
  for (const query of ['', ofUrl('https://example.com/pie')]) {
    const answer = await remove(query);
    expect([answer.status, answer.body.error.message]).toEqual([404, 'Spacing rule not found']);
  }
});

test('a URL of 2048 non-ASCII letters is accepted', async () => {
  const url = `https://example.com/${'ü'.repeat(2028)}`;
  expect((await put({ url, minDays: 3 })).status).toBe(200);
  expect((await rules()).customRules).toEqual([{ url, minDays: 3 }]);
});

test('the 5,000th rule is the last, and can still be changed', async () => {
  const rows = Array.from({ length: 4999 }, (_, index) => ({
    account_id: path.split('/')[3] ?? '',
    destination_key: `example.com/${index}`,
    url: `https://example.com/${index}`,
    min_days: 1,
    updated_at: app.clock.now(),
  }));
  await app.database.db.insertInto('spacing_rules').values(rows).execute();
  expect((await put({ minDays: 1 })).status).toBe(200);
  const refused = await put({ url: 'https://example.com/one-more', minDays: 1 });
  expect([refused.status, refused.body.error.details[0].code]).toEqual([409, 'too_many_spacing_rules']);
  expect((await put({ url: 'https://example.com/7', minDays: 2 })).status).toBe(200);
});

test.each<[unknown, Record<string, string>]>([
  [undefined, { '': 'required' }],
  [{}, { minDays: 'required' }],
  [{ minDays: 0 }, { minDays: 'too_small' }],
  [{ minDays: 366 }, { minDays: 'too_large' }],
  [
    { minDays: '7', url: 'example.com' },
    { minDays: 'wrong_type', url: 'invalid_url' },
  ],
  [{ minDays: 1.5 }, { minDays: 'wrong_type' }],
  [{ minDays: 7, url: null }, { url: 'wrong_type' }],
  [{ minDays: 7, url: 'ftp://example.com/' }, { url: 'invalid_url' }],
  [{ minDays: 7, url: 'https://example.com/\u0000' }, { url: 'bad_character' }],
  [{ minDays: 7, url: `https://example.com/${'a'.repeat(2048)}` }, { url: 'too_long' }],
  [{ mindays: 7 }, { minDays: 'required', mindays: 'unknown_field' }],
])('%j is refused, each field by name', async (body, fields) => {
  const answer = await put(body);
  expect(answer.status).toBe(400);
  const details: { path: string; code: string; message: string }[] = answer.body.error.details;
  expect(Object.fromEntries(details.map((detail) => [detail.path, detail.code]))).toEqual(fields);
  expect(await rules()).toEqual({ defaultRule: null, customRules: [] });
});

test.each([
  ['?url=example.com', 'url', 'invalid_url'],
  ['?uri=https://example.com', 'uri', 'unknown_field'],
  ['?url=https://a.example&url=https://b.example', 'url', 'wrong_type'],
])('deleting %s is refused', async (query, field, code) => {
  await put({ minDays: 7 });
  const answer = await remove(query);
  expect(answer.status).toBe(400);
  expect(answer.body.error.details).toEqual([expect.objectContaining({ path: field, code })]);
  expect((await rules()).defaultRule).toEqual({ minDays: 7 });
});

test('rules of other organizations are not found; a key without the scope can only read', async () => {
  await put({ minDays: 7 });
  const stranger = (await app.makeKey({ organization: 'Strangers' })).key;
  const reader = (await app.makeKey({ scopes: ['posts:read'] })).key;
  for (const [key, statuses] of [
    [stranger, [404, 404, 404]],
    [reader, [200, 403, 403]],
  ] as const) {
    const answers = [
      await app.call('GET', path, undefined, key),
      await put({ minDays: 1 }, key),
      await remove('', key),
    ];
    expect(answers.map((answer) => answer.status)).toEqual(statuses);
  }
  expect((await rules()).defaultRule).toEqual({ minDays: 7 });
});

test('none of this was logged as an error', () => {
  expect(app.logLines.filter((line) => line.level >= errorLevel)).toEqual([]);
});
