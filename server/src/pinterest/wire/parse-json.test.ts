import { expect, test } from 'vitest';
import { parseJson } from './parse-json.ts';

test('whole numbers beyond 2^53 stay as written, in strings', () => {
  expect(parseJson('{"id": 999658448514149467, "list": [9007199254740993,-9007199254740993]}')).toEqual({
    id: '999658448514149467',
    list: ['9007199254740993', '-9007199254740993'],
  });
  expect(parseJson('999658448514149467')).toBe('999658448514149467');
});

test('other numbers stay numbers, and strings of digits stay strings', () => {
  expect(
    parseJson('{"a": 12, "b": 9007199254740991, "c": 1.5, "d": 1e400, "id": "999658448514149467"}'),
  ).toEqual({ a: 12, b: 9007199254740991, c: 1.5, d: Number.POSITIVE_INFINITY, id: '999658448514149467' });
  expect(parseJson('{"x": 0.12345678901234567890}')).toEqual({ x: 0.12345678901234568 });
});

test('invalid JSON is undefined', () => {
  for (const text of ['', '<html>', '{"id":"1"', '{"id":12345678901234567890'])
    expect(parseJson(text)).toBeUndefined();
});
