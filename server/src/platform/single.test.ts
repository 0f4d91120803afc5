import { expect, test } from 'vitest';
import { first, single } from './single.ts';

test('single returns the only element, and throws for an empty list and for two elements', () => {
  expect(single([0])).toBe(0);
  expect(() => single([])).toThrow('expected one element, got 0');
  expect(() => single([1, 2])).toThrow('expected one element, got 2');
});

test('first returns the first element, and throws for an empty list', () => {
  expect(first([0, 1])).toBe(0);
  expect(() => first([])).toThrow('expected at least one element');
});
