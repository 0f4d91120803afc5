import { describe, expect, it } from 'vitest';
import { parseRange } from './byte-range.ts';

describe('a Range header for a file of 10 bytes', () => {
  it.each([
    [undefined, 'whole'],
    ['', 'whole'],
    ['bytes=', 'whole'],
    ['bytes=-', 'whole'],
    ['items=0-1', 'whole'],
    ['bytes=0-1,3-4', 'whole'],
    ['bytes=5-3', 'whole'],
    ['bytes=a-b', 'whole'],
    ['bytes=0-', { first: 0, last: 9 }],
    ['bytes=0-0', { first: 0, last: 0 }],
    [' Bytes=3-5 ', { first: 3, last: 5 }],
    ['bytes=9-', { first: 9, last: 9 }],
    ['bytes=5-99', { first: 5, last: 9 }],
    ['bytes=-1', { first: 9, last: 9 }],
    ['bytes=-99', { first: 0, last: 9 }],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=10-12', 'unsatisfiable'],
  ] as const)('of %j means %j', (header, meaning) => {
    expect(parseRange(header, 10)).toEqual(meaning);
  });
});
