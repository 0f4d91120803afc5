import { expect, test } from 'vitest';
import { Refusal } from '../../errors.ts';
import { parseJson } from './parse-json.ts';

const options = { bytesMax: 16 * 1024 * 1024, parse: (text: string) => JSON.parse(text) as unknown };
const parse = (text: string) => parseJson(Buffer.from(text), options);

async function outcome(work: () => unknown): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refusal) return error.declaration.message;
    return 'The body is not valid JSON';
  }
}

/** The same numbers on every run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

const entry = (index: number) => ({
  title: `A "quoted", [bracketed] {text}\\ \\" ${index} ${'x'.repeat(1000)}`,
  tags: ['ä', '😀', '\\'],
  nested: [[{ deep: [index] }], []],
});
const large = JSON.stringify({
  before: { a: [1, { b: [] }] },
  empty: [],
  posts: Array.from({ length: 200 }, (_, index) => entry(index)),
  more: Array.from({ length: 100 }, (_, index) => entry(index)),
  after: 'a',
});

test('a body that is parsed in pieces comes out as one that is parsed whole', async () => {
  expect(large.length).toBeGreaterThan(300 * 1024);
  for (const text of [large, JSON.stringify(JSON.parse(large), null, 2), `[${large}]`, `${large}  `]) {
    expect(await parse(text)).toEqual(JSON.parse(text));
  }
  const twice = `{"posts":[1],${large.slice(1)}`;
  expect(await parse(twice)).toEqual(JSON.parse(twice));
});

test('and is refused exactly when that one is, whichever sign is changed, lost or added', async () => {
  const random = numbers(1);
  const signs = [',', ']', '[', '{', '}', '"', ':', '\\', ' ', '1', ''];
  const places = [...large.matchAll(/[,:{}[\]"]/g)].map(({ index }) => index);
  for (let round = 0; round < 300; round += 1) {
    const at = places[random(places.length)] ?? 0;
    const text = large.slice(0, at) + signs[random(signs.length)] + large.slice(at + random(2));
    const [pieces, whole] = [await outcome(() => parse(text)), await outcome(() => JSON.parse(text))];
    expect([at, pieces]).toEqual([at, whole]);
  }
});

test('a comma too many is found where the list is cut, too', async () => {
  const entries = (after: string) =>
    `{"posts":[${Array(5)
      .fill(`"${'x'.repeat(70_000)}"`)
      .join(',')}${after}]}`;
  expect(await parse(entries(''))).toEqual(JSON.parse(entries('')));
  for (const after of [',', ', ', ',,1'])
    await expect(parse(entries(after))).rejects.toThrow('not valid JSON');
});

test('the refusal of broken JSON has its approximate place', async () => {
  const broken = large.replace('"title":"A \\"quoted\\", [bracketed] {text}\\\\ \\\\\\" 150', '"title" "150');
  expect(broken).not.toBe(large);
  await expect(parse(broken)).rejects.toMatchObject({
    details: [
      {
        code: 'malformed',
        message: expect.stringMatching(/^Expected ':'.*: look between the bytes \d+ and \d+\.$/),
      },
    ],
  });
});

test.each([
  ['more values than any body has', `[${'[],'.repeat(200_000)}1]`],
  ['a large entry', JSON.stringify({ posts: [1, 'x'.repeat(600_000)] })],
  ['much beside its lists', JSON.stringify({ posts: [], a: 'x'.repeat(1_100_000) })],
])('%s is refused', async (_name, text) => {
  await expect(parse(text)).rejects.toMatchObject({ details: [{ code: 'too_large' }] });
});

test('a small body may be as rich as it likes, up to a thousand values', async () => {
  const list = (count: number) => JSON.stringify(Array(count).fill(1));
  const small = { ...options, bytesMax: 100 };
  expect(await parseJson(Buffer.from(list(999)), small)).toHaveLength(999);
  await expect(parseJson(Buffer.from(list(1001)), small)).rejects.toThrow('Invalid request body');
});
