import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { constructions, findConstructions, risen } from './english.ts';

const names = (text: string) => findConstructions(text).map(({ construction }) => construction);

describe('a construction is found in', () => {
  test.each([
    ['is no', 'The value is no cursor.'],
    ['is no', 'The board is none of this account.'],
    ['headless what', '/** What reads it. */'],
    ['headless what', '/**\n * Which posts are due.\n */'],
    ['headless what', 'x();\n// Who asks.\n'],
    ['for who', 'This is for who has more.'],
    ['so many', 'after so many seconds'],
    ['so many', 'the so-manieth'],
    ['anew', 'It begins anew.'],
    ['whoever', 'Whoever comes first.'],
    ['mend', 'It was mended.'],
    ['beforehand', 'Look beforehand.'],
    ['knows nothing', 'It knows nothing of Pins.'],
    ['is told', 'The caller is told.'],
    ['by itself', 'It resumes by itself.'],
    ['lies in', 'The file lies in a folder.'],
    ['missing subject', "'Is not a token'"],
    ['no such', 'There is no such board.'],
    ['is the most', '250 is the most.'],
    ['to be had', 'No room is to be had.'],
    ['becomes of', 'what becomes of it'],
    ['come round', 'A slot comes round.'],
    ['pretend', 'a pretend server'],
    ['by chance', 'a walk by chance'],
    ['archaism', 'whence it came'],
  ])('%s: %s', (construction, text) => {
    expect(names(text)).toContain(construction);
  });

  test('every construction of the list', () => {
    expect(constructions.length).toBe(new Set(constructions.map(({ name }) => name)).size);
  });
});

test.each([
  'The value is no longer valid.',
  '// The first line of a comment,\n// Which is continued.',
  'Recommended, amended, commended.',
  'The person who asks.',
  'There is no shared package.',
])('A good sentence has no finding: %s', (text) => {
  expect(names(text)).toEqual([]);
});

test('The sentences that the writing guide recommends have no finding', () => {
  const page = readFileSync(new URL('../docs/contributing/writing.md', import.meta.url), 'utf8');
  const table = page.slice(page.indexOf('| not | but |')).split('\n\n')[0] ?? '';
  const rows = table
    .split('\n')
    .slice(2)
    .map((row) => row.split('|').map((cell) => cell.trim()));
  expect(rows.length).toBeGreaterThan(10);
  for (const [, , recommended] of rows) expect(names(recommended ?? ''), recommended).toEqual([]);
});

test('An occurrence has its line', () => {
  expect(findConstructions('first\n  begins anew  \n')).toEqual([
    { construction: 'anew', line: 2, text: 'begins anew' },
  ]);
});

describe('the ratchet', () => {
  test('the ratchet accepts a count that is equal or lower', () => {
    expect(risen({ anew: 3, mend: 1 }, { anew: 3, mend: 2 })).toEqual([]);
  });

  test('the ratchet refuses a higher count, and says what to write instead', () => {
    expect(risen({ anew: 4 }, { anew: 3 })).toEqual([
      expect.stringMatching(/"anew" occurs 4 times; 3 are allowed\. Write "again"\. Where: .*--list 'anew'/),
    ]);
  });

  test('the ratchet refuses a construction without an allowed count', () => {
    expect(risen({ anew: 1 }, {})).toHaveLength(1);
  });
});
