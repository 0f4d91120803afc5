import { expect, test } from 'vitest';
import { namesTag } from './entity-tags.ts';

test.each([
  '"1"',
  ' "1" ',
  '*',
  'W/"1"',
  '"1-gzip"',
  '"1--gzip"',
  '"1;gzip"',
  'W/"1-br"',
  '"1-zstd"',
  '"1", "2"',
  '"2","1"',
  '"2", W/"1--gzip"',
  ', "1",',
])('%s names version 1', (header) => {
  expect(namesTag(header, '"1"')).toBe(true);
});

test.each([
  '',
  '1',
  '"1',
  '1"',
  '""',
  '"2"',
  '"11"',
  '"01"',
  '"1" "2"',
  '"1.0"',
  '"1-"',
  '"1-gz"',
  '"1-gzip-gzip"',
  '"1"-gzip',
  '"-gzip"',
  'w/"1"',
  'W/1',
  "'1'",
  '"*"',
  '"2", *',
  '"2-gzip"',
])('%s does not name version 1', (header) => {
  expect(namesTag(header, '"1"')).toBe(false);
});
