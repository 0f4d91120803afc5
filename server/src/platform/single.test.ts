import { expect, test } from 'vitest';
import { single } from './single.ts';

test('single returns the only element, and refuses a list of none or of two', () => {
  expect(single([0])).toBe(0);
  expect(() => single([])).toThrow('expected one element, got 0');
  expect(() => single([1, 2])).toThrow('expected one element, got 2');
});
