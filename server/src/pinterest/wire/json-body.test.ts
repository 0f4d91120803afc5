import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { Base64, toJsonBody } from './json-body.ts';

const jsonOf = (value: unknown) => JSON.parse(Buffer.from(toJsonBody(value)).toString('utf8'));

test('a value without files is written as JSON.stringify writes it', () => {
  const value = { a: 'ü "quoted" 🍋', b: [1, null, { c: true }], d: undefined };
  expect(Buffer.from(toJsonBody(value)).toString()).toBe(JSON.stringify(value));
});

test('each file is written as plain base64 in its place, also at the beginning and the end', () => {
  const files = [randomBytes(1), randomBytes(2), randomBytes(200_000), Buffer.alloc(0)];
  const base64 = files.map((file) => file.toString('base64'));
  expect(jsonOf(files.map((file) => new Base64(file)))).toEqual(base64);
  expect(jsonOf({ title: '"', items: files.map((file, at) => ({ at, data: new Base64(file) })) })).toEqual({
    title: '"',
    items: base64.map((data, at) => ({ at, data })),
  });
  expect(jsonOf(new Base64(Buffer.from('hello')))).toBe('aGVsbG8=');
});

test('a file that is a part of a larger buffer is written without its surroundings', () => {
  const whole = Buffer.from('before hello after');
  expect(jsonOf({ data: new Base64(whole.subarray(7, 12)) })).toEqual({ data: 'aGVsbG8=' });
});
