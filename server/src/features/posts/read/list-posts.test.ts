// Filters of the list of posts, and its pages while posts are added and removed.
import { beforeEach, describe, expect, test } from 'vitest';
import { account, app, minute, usePublishing } from '../../../../test/publishing.ts';
import { edit, insertPosts, newPicture, pathOf, refusal, send } from '../posts.fixture.ts';
import type { NewPost } from '../record/content.ts';

usePublishing();

let mediaId: string;
beforeEach(async () => {
  mediaId = (await newPicture()).id;
});

const add = (posts: Partial<NewPost>[]) =>
  insertPosts(
    mediaId,
    posts.map((post) => ({ title: null, description: null, url: null, ...post })),
  );

const ask = (query: Record<string, string>) =>
  send('GET', `${pathOf()}?${new URLSearchParams({ status: 'draft', ...query })}`);
async function titles(query: Record<string, string>): Promise<string[]> {
  const answer = await ask(query);
  expect([answer.status, answer.body.error]).toEqual([200, undefined]);
  return answer.body.data.posts.map(({ title }: { title: string }) => title).sort();
}

describe('q', () => {
  test.each<[string, string, boolean]>([
    ['lemon', 'Lemon tart', true],
    ['LEM', 'Lemon tart', true],
    ['tart lemon', 'Lemon tart', true],
    ['lemon pie', 'Lemon tart', false],
    ['emon', 'Lemon tart', false],
    ['äpfel', 'Äpfel und Birnen', true],
    ['ÄPF', 'äpfelkuchen', true],
    ['straße', 'Große Straße', true],
    ['лимон', 'Лимонный торт', true],
    ["don't", 'Don’t stop', true],
    ["l'orange", "Canard à l'orange", true],
    ['lemon-tart', 'A lemon-tart', true],
    ['lemon-t', 'A lemon-tart', true],
    ['"lemon tart"', 'Lemon tart', true],
    ['lemon & tart', 'Lemon tart', true],
    ['lemon | pie', 'Lemon tart', false],
    ['!lemon', 'Lemon tart', true],
    ["lem:* 'x", 'Lemon tart', false],
    ['(lemon', 'Lemon tart', true],
    ["\\lemon\\ ta'", 'Lemon tart', true],
    ["'; drop table posts; --", 'Lemon tart', false],
    ['50%', '50% off', true],
    ['3.5', 'In 3.5 hours', true],
    ['²', 'Lemon tart', false],
  ])('the query %s matches the title "%s": %s', async (q, title, isFound) => {
    await add([{ title }, { title: 'Zzz' }]);
    expect(await titles({ q })).toEqual(isFound ? [title] : []);
  });

  test('q searches descriptions and URLs as well as titles', async () => {
    await add([
      { title: 'in the description', description: 'Made with rhubarb' },
      { title: 'in the address', url: 'https://www.example.com/recipes/Rhubarb-crumble?from=pin#top' },
      { title: 'nowhere' },
    ]);
    expect(await titles({ q: 'rhubarb' })).toEqual(['in the address', 'in the description']);
    for (const q of [
      'rhubarb-crumble',
      'crumb',
      'www.example.com',
      'example',
      'https://www.example.com/recipes',
    ]) {
      expect([q, await titles({ q })]).toEqual([q, ['in the address']]);
    }
  });

  test('q finds the words of a post after an edit, and not the previous ones', async () => {
    const [id = ''] = await add([{ title: 'Before' }]);
    await edit(id, { title: 'After', tags: ['later'], boardId: account.boards.Garden });
    expect([await titles({ q: 'after' }), await titles({ q: 'before' })]).toEqual([['After'], []]);
    expect(await titles({ tag: 'later', boardId: account.boards.Garden ?? '' })).toEqual(['After']);
  });

  test('a q without a letter or digit is refused', async () => {
    for (const q of [' ', '&|!', '🍋']) expect(refusal(await ask({ q }))[0]).toBe(400);
  });
});

test('boardId, tag, externalId and q filter the posts of the account, alone and together', async () => {
  const { Recipes = '', Garden = '' } = account.boards;
  const tag = `a 'b' \\c & "d" #e`;
  await add([
    { title: 'one', boardId: Recipes, tags: [tag, 'both'] },
    { title: 'two', boardId: Garden, tags: ['both'], externalId: 'x y' },
    { title: 'three', boardId: Garden, tags: ['BOTH'] },
  ]);
  expect(await titles({ boardId: Garden })).toEqual(['three', 'two']);
  expect(await titles({ tag })).toEqual(['one']);
  expect(await titles({ tag: 'both' })).toEqual(['one', 'two']);
  expect(await titles({ tag: 'bot' })).toEqual([]);
  expect(await titles({ externalId: 'x y' })).toEqual(['two']);
  expect(await titles({ boardId: Garden, tag: 'both', q: 'tw', externalId: 'x y' })).toEqual(['two']);
  expect(await titles({ boardId: Recipes, externalId: 'x y' })).toEqual([]);
  // The words that represent account, board and tag cannot be found as text.
  expect(await titles({ q: Garden })).toEqual([]);
  const secondAccount = await app.connectAccount();
  const elsewhere = await send('GET', `${pathOf(secondAccount)}?status=draft&tag=both`);
  expect(elsewhere.body.data.posts).toEqual([]);
});

test('pages of a filtered list have no gaps or repeats while posts are added and edited', async () => {
  const at = (index: number) => new Date(app.clock.now().getTime() + index * minute);
  const boardId = account.boards.Recipes ?? null;
  const body = (index: number, tags: string[]) => ({
    title: `Post ${index}`,
    description: 'd',
    url: 'https://example.com/',
    boardId,
    tags,
    sendAt: at(1 + Math.floor(index / 2)),
  });
  const ids = await add(Array.from({ length: 30 }, (_, index) => body(index, index % 3 ? ['in'] : ['out'])));
  const expected = ids.filter((_, index) => index % 3);
  const listed: string[] = [];
  let cursor = '';
  for (let page = 0; page < 20; page += 1) {
    const answer = await ask({
      status: 'queued',
      tag: 'in',
      q: 'post',
      limit: '3',
      ...(cursor && { cursor }),
    });
    listed.push(...answer.body.data.posts.map(({ id }: { id: string }) => id));
    cursor = answer.body.data.cursor;
    if (!cursor) break;
    // The first is before the cursor, and the second is no longer part of the list.
    await add([body(0, ['in'])]);
    await edit(listed[0] ?? '', { tags: ['gone'] });
  }
  expect(listed).toEqual(expected);
});
