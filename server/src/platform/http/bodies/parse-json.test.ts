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

/** Returns a generator of pseudorandom numbers, the same on every run. */
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

test('parsing a body in pieces returns the same value as parsing it whole', async () => {
  expect(large.length).toBeGreaterThan(300 * 1024);
  for (const text of [large, JSON.stringify(JSON.parse(large), null, 2), `[${large}]`, `${large}  `]) {
    expect(await parse(text)).toEqual(JSON.parse(text));
  }
  const twice = `{"posts":[1],${large.slice(1)}`;
  expect(await parse(twice)).toEqual(JSON.parse(twice));
});

test('parsing in pieces refuses the same bodies as parsing whole, after a change, loss or addition of any character', async () => {
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

test('an extra comma at the boundary of a piece is refused', async () => {
  const entries = (after: string) =>
    `{"posts":[${Array(5)
      .fill(`"${'x'.repeat(70_000)}"`)
      .join(',')}${after}]}`;
  expect(await parse(entries(''))).toEqual(JSON.parse(entries('')));
  for (const after of [',', ', ', ',,1'])
    await expect(parse(entries(after))).rejects.toThrow('not valid JSON');
});

test('the refusal of invalid JSON has the approximate position of the error', async () => {
  const broken = large.replace('"title":"A \\"quoted\\", [bracketed] {text}\\\\ \\\\\\" 150', '"title" "150');
  expect(broken).not.toBe(large);
  await expect(parse(broken)).rejects.toMatchObject({
    details: [
      {
        code: 'malformed',
        message: expect.stringMatching(/^Expected ':'.* between bytes \d+ and \d+\.$/),
      },
    ],
  });
});

test.each([
  ['a body with too many values', `[${'[],'.repeat(200_000)}1]`],
  ['a body with a large list entry', JSON.stringify({ posts: [1, 'x'.repeat(600_000)] })],
  ['a body with much data outside its lists', JSON.stringify({ posts: [], a: 'x'.repeat(1_100_000) })],
])('%s is refused', async (_name, text) => {
  await expect(parse(text)).rejects.toMatchObject({ details: [{ code: 'too_large' }] });
});

test('a small body can have a thousand values', async () => {
  const list = (count: number) => JSON.stringify(Array(count).fill(1));
  const small = { ...options, bytesMax: 100 };
  expect(await parseJson(Buffer.from(list(999)), small)).toHaveLength(999);
  await expect(parseJson(Buffer.from(list(1001)), small)).rejects.toThrow('Invalid request body');
});
