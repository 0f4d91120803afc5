// The rule for URLs of callers, without a server.
import { describe, expect, test } from 'vitest';
import { webUrl } from './web-url.ts';

const read = (value: string, lengthMax = 2048) => {
  const { success, data, error } = webUrl(lengthMax).safeParse(value);
  if (success) return data;
  const [issue] = error.issues;
  return [issue?.code === 'custom' ? issue.params?.code : issue?.code, issue?.message];
};

const page = 'https://example.com/recipe';

describe('the ends of a URL', () => {
  test.each([
    ['a space', ' '],
    ['a line break', '\r\n'],
    ['a tab', '\t'],
    ['a no-break space', '\u00a0'],
    ['an ideographic space', '\u3000'],
    ['a soft hyphen', '\u00ad'],
    ['a zero-width space', '\u200b'],
    ['a zero-width joiner', '\u200d'],
    ['a left-to-right mark', '\u200e'],
    ['a right-to-left override', '\u202e'],
    ['a word joiner', '\u2060'],
    ['a byte order mark', '\ufeff'],
    ['a variation selector', '\ufe0f'],
    ['a Mongolian vowel separator', '\u180e'],
    ['a Hangul filler', '\u3164'],
    ['a tag character', '\u{e0020}'],
    ['several of them', ' \u200b\u2060\n\u{e007f} '],
  ])('%s is removed', (_name, character) => {
    expect(read(`${page}${character}`)).toBe(page);
    expect(read(`${character}${page}`)).toBe(page);
  });

  test('a URL of these characters alone is empty', () => {
    expect(read(' \u200b\u{e0020}')).toEqual(['invalid_url', expect.stringContaining('Is empty.')]);
    expect(read('')).toEqual(['invalid_url', expect.stringContaining('Is empty.')]);
  });
});

describe('inside a URL', () => {
  test.each([
    ['https://example.com/my page.jpg', 'https://example.com/my%20page.jpg'],
    ['https://example.com/?utm_content=pin|v1', 'https://example.com/?utm_content=pin%7Cv1'],
    ['https://example.com/{slug}#{part}', 'https://example.com/%7Bslug%7D#%7Bpart%7D'],
    ['https://example.com/a^b`c', 'https://example.com/a%5Eb%60c'],
    ['https://example.com/a%20b%7c', 'https://example.com/a%20b%7c'],
    ['HTTPS://Example.com/Café', 'HTTPS://Example.com/Café'],
    ['https://bücher.example/ü?q=ü', 'https://bücher.example/ü?q=ü'],
    ["https://example.com/a'b(c)[d]*~!$&,;=@:", "https://example.com/a'b(c)[d]*~!$&,;=@:"],
  ])('%s is stored as %s', (value, stored) => expect(read(value)).toBe(stored));

  test.each([
    ['https://example.com/rec\u200bipe', 'U+200B at character 24', '%E2%80%8B'],
    ['https://exam\u2060ple.com/', 'U+2060 at character 13', '%E2%81%A0'],
    ['https://example.com/\u2764\ufe0f/tart', 'U+FE0F at character 22', '%EF%B8%8F'],
    ['https://example.com/🍋\u00adx', 'U+00AD at character 22', '%C2%AD'],
    ['https://example.com/a\u00a0b', 'U+00A0 at character 22', '%C2%A0'],
    ['https://example.com/a\u{e0041}b', 'U+E0041 at character 22', '%F3%A0%81%81'],
    ['https://example.com/a\nb', 'U+000A at character 22', '%0A'],
    ['https://example.com/a\tb', 'U+0009 at character 22', '%09'],
    ['https://example.com/"x"', 'U+0022 at character 21', '%22'],
    ['https://example.com/<b>', 'U+003C at character 21', '%3C'],
    ['https://example.com\\a', 'U+005C at character 20', '%5C'],
  ])('%j is refused by the place of the character', (value, place, encoded) => {
    const message = expect.stringMatching(new RegExp(`${place.replace('+', '\\+')}.*${encoded}`));
    expect(read(value)).toEqual(['bad_character', message]);
  });

  test.each(['\u0000', '\u0007', '\u007f', '\u0085x'])('the control character %j is refused', (character) => {
    expect(read(`${page}${character}`)).toEqual([
      'bad_character',
      expect.stringContaining('at character 27. Remove it.'),
    ]);
  });

  test('an encoded invisible character is the choice of the caller', () => {
    expect(read(`${page}%E2%80%8C`)).toBe(`${page}%E2%80%8C`);
  });
});

test.each([
  ['https://exa mple.com/', 'The host contains U+0020 at character 12'],
  ['https://{host}/a', 'The host contains U+007B at character 9'],
  ['https://example.com:99999/', 'host or port'],
  ['https://[::1', 'host or port'],
  ['https:///a.jpg', 'Must be an absolute'],
  ['https:example.com', 'Must be an absolute'],
  ['ftp://example.com/a', 'Must be an absolute'],
  ['javascript:alert(1)', 'Must be an absolute'],
  ['www.example.com/a b', 'Add "https://" before it.'],
  ['//example.com/a', 'Add "https://" before it.'],
  ['data:image/png;base64,AAAA', 'POST /v1/media'],
])('%s is refused with a sentence about what is wrong', (value, message) => {
  expect(read(value)).toEqual(['invalid_url', expect.stringContaining(message)]);
});

test('the limit counts what is stored, and a very long text costs little', () => {
  expect(read(`  ${'https://e.com/'.padEnd(20, 'a')}  `, 20)).toBe('https://e.com/aaaaaa');
  expect(read('https://e.com/a b c'.padEnd(20, 'd'), 20)).toEqual([
    'too_long',
    expect.stringContaining('24'),
  ]);
  const start = performance.now();
  expect(read(`https://example.com/${' \u200b'.repeat(4_000_000)}x`)).toEqual([
    'too_long',
    expect.anything(),
  ]);
  expect(read(' \u200b'.repeat(4_000_000))).toEqual(['too_long', expect.anything()]);
  expect(performance.now() - start).toBeLessThan(500);
});
