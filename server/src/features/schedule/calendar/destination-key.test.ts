import { describe, expect, test } from 'vitest';
import { destinationKey } from './destination-key.ts';

const standard = ['utm_*', 'fbclid', 'gclid', 'epik'];
const key = (url: string) => destinationKey(url, standard);

describe('one destination', () => {
  test.each([
    ['http://example.com/tart', 'the scheme'],
    ['https://www.example.com/tart', 'www.'],
    ['https://WWW.Example.COM/tart', 'capitals of the host'],
    ['https://example.com/tart/', 'a slash at the end'],
    ['https://example.com/tart//', 'two of them'],
    ['https://example.com/tart#method', 'a fragment'],
    ['https://example.com:443/tart', "https' port"],
    ['http://example.com:80/tart', "http's port"],
    ['https://example.com./tart', 'the root dot of the host'],
    ['https://me:secret@example.com/tart', 'credentials'],
    ['https://example.com/tart?', 'an empty query'],
    ['https://example.com/tart?utm_source=x&utm_campaign=y', 'utm parameters'],
    ['https://example.com/tart?UTM_Source=x', 'in capitals'],
    ['https://example.com/tart?utm%5Fsource=x', 'and in disguise'],
    ['https://example.com/tart?fbclid=1&gclid=2&epik=3', 'click ids'],
    ['https://www.example.com/tart/?utm_medium=pin#top', 'all at once'],
  ])('%s: without %s', (url) => {
    expect(key(url)).toBe('example.com/tart');
  });
});

describe('another destination', () => {
  test.each([
    'https://example.com/Tart',
    'https://example.com/tart/lemon',
    'https://example.com/',
    'https://blog.example.com/tart',
    'https://example.com:8443/tart',
    'https://example.com/tart?id=1',
    'https://example.com/tart?utm=1',
    'https://example.com/tart?gclidx=1',
    'https://www.www.example.com/tart',
  ])('%s', (url) => {
    expect(key(url)).not.toBe('example.com/tart');
  });
});

test('other parameters remain, in their order and spelling', () => {
  expect(key('https://example.com/s?b=2&utm_source=x&a=%20&b=1&c')).toBe('example.com/s?b=2&a=%20&b=1&c');
  expect(key('https://example.com/s?a=1&b=2')).not.toBe(key('https://example.com/s?b=2&a=1'));
  expect(key('https://example.com/s?%E0%A4%A=1')).toBe('example.com/s?%E0%A4%A=1');
});

test('the setting decides which parameters are ignored', () => {
  expect(destinationKey('https://example.com/?ref=1&source_id=2&utm_x=3', ['REF', 'source*'])).toBe(
    'example.com?utm_x=3',
  );
});

test('a long URL has a short, unique key', () => {
  const long = (end: string) => `https://example.com/${'ü'.repeat(2000)}${end}`;
  expect(key(long('1'))).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(key(long('1'))).toBe(key(`${long('1')}/?utm_source=x`));
  expect(key(long('1'))).not.toBe(key(long('2')));
});
