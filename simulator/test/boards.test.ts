// The account, its boards, sections and paging (docs/pinterest.md#simulated-behavior, nos. 9, 10, 18).
import { describe, expect, test } from 'vitest';
import { base64Source, openTest, seedDemo, type Test } from './harness.ts';

async function walk(sim: Test, path: string, pageSize: number): Promise<string[]> {
  const ids: string[] = [];
  let bookmark: string | null = null;
  for (let pages = 0; pages < 50; pages += 1) {
    const more: string = bookmark === null ? '' : `&bookmark=${encodeURIComponent(bookmark)}`;
    const { body } = await sim.api('GET', `${path}?page_size=${pageSize}${more}`);
    ids.push(...body.items.map((item: { id: string }) => item.id));
    if (body.bookmark === null) return ids;
    bookmark = body.bookmark;
  }
  throw new Error('The pages do not end.');
}

const named = (count: number) => Array.from({ length: count }, (_, index) => ({ name: `Board ${index}` }));

test('GET /user_account returns the account of the token', async () => {
  const sim = await openTest();
  const { accountId } = await seedDemo(sim);
  const { body, headers } = await sim.api('GET', '/user_account');
  expect(body).toMatchObject({
    id: accountId,
    username: 'pintail_demo',
    account_type: 'BUSINESS',
    board_count: 1,
  });
  expect(headers.get('x-pinterest-rid')).toMatch(/^\d{16}$/);
});

describe('pages', () => {
  test('pages of any size list each board once and end with a null bookmark', async () => {
    const sim = await openTest();
    await seedDemo(sim, { boards: named(7) });
    for (const size of [1, 3, 7, 250]) {
      const ids = await walk(sim, '/boards', size);
      expect([ids.length, new Set(ids).size]).toEqual([7, 7]);
    }
    expect((await sim.api('GET', '/boards')).body.items).toHaveLength(7);
    // A last page that is exactly full is still the last.
    expect((await sim.api('GET', '/boards?page_size=7')).body.bookmark).toBeNull();
  });

  test('pages neither repeat nor skip a Pin when others are created or deleted meanwhile', async () => {
    const sim = await openTest();
    const { boardId } = await seedDemo(sim);
    const create = async () =>
      (await sim.api('POST', '/pins', { body: { board_id: boardId, media_source: await base64Source() } }))
        .body.id;
    const ids = [await create(), await create(), await create(), await create()];
    const first = (await sim.api('GET', `/boards/${boardId}/pins?page_size=2`)).body;
    await create();
    await sim.api('DELETE', `/pins/${first.items[1].id}`);
    const bookmark = encodeURIComponent(first.bookmark);
    const second = (await sim.api('GET', `/boards/${boardId}/pins?page_size=2&bookmark=${bookmark}`)).body;
    expect(second.items.map((pin: { id: string }) => pin.id)).toEqual([ids[1], ids[0]]);
  });

  test.each([
    'page_size=0',
    'page_size=251',
    'page_size=x',
    'page_size=1e2',
    'page_size=2&page_size=3',
    'privacy=BOGUS',
  ])('%s is 400 code 1', async (query) => {
    const sim = await openTest();
    await seedDemo(sim);
    const { status, body } = await sim.api('GET', `/boards?${query}`);
    expect([status, body.code]).toEqual([400, 1]);
  });

  test('the first page can be empty with a bookmark, and the last can repeat its bookmark', async () => {
    const sim = await openTest();
    await seedDemo(sim, { boards: named(3) });
    await sim.settings({ listing: { emptyFirstPage: true, repeatLastBookmark: true } });
    const { body: first } = await sim.api('GET', '/boards');
    expect(first.items).toEqual([]);
    const next = `/boards?bookmark=${encodeURIComponent(first.bookmark)}`;
    const { body: second } = await sim.api('GET', next);
    expect(second.items).toHaveLength(3);
    expect(second.bookmark).toBe(first.bookmark);
  });
});

describe('order and delay of lists', () => {
  test('lists are newest first, oldest first, or in one shuffled order for all pages', async () => {
    const sim = await openTest();
    await seedDemo(sim, { boards: named(12) });
    const newest = await walk(sim, '/boards', 5);
    await sim.settings({ listing: { order: 'oldest' } });
    expect(await walk(sim, '/boards', 5)).toEqual([...newest].reverse());
    await sim.settings({ listing: { order: 'shuffled' } });
    const shuffled = await walk(sim, '/boards', 5);
    expect(shuffled).toEqual(await walk(sim, '/boards', 12));
    expect([...shuffled].sort()).toEqual([...newest].sort());
    expect(shuffled).not.toEqual(newest);
  });

  test('a Pin appears in lists only after the listing delay, though it exists', async () => {
    const sim = await openTest();
    const { boardId } = await seedDemo(sim);
    await sim.settings({ listing: { delaySeconds: 90 } });
    const { body: pin } = await sim.api('POST', '/pins', {
      body: { board_id: boardId, media_source: await base64Source() },
    });
    const listed = async () => (await sim.api('GET', `/boards/${boardId}/pins`)).body.items.length;
    expect(await listed()).toBe(0);
    expect((await sim.api('GET', `/pins/${pin.id}`)).status).toBe(200);
    await sim.advance(89);
    expect(await listed()).toBe(0);
    await sim.advance(2);
    expect(await listed()).toBe(1);
  });
});

test('boards are filtered by privacy', async () => {
  const sim = await openTest();
  const boards = ['PUBLIC', 'PROTECTED', 'SECRET'].map((privacy) => ({ name: privacy, privacy }));
  await seedDemo(sim, { boards });
  const names = async (privacy: string) =>
    (await sim.api('GET', `/boards?privacy=${privacy}`)).body.items
      .map((board: { name: string }) => board.name)
      .sort();
  expect(await names('ALL')).toEqual(['PROTECTED', 'PUBLIC', 'SECRET']);
  expect(await names('PUBLIC')).toEqual(['PUBLIC']);
  expect(await names('PUBLIC_AND_SECRET')).toEqual(['PUBLIC', 'SECRET']);
});

test('a board that was deleted or never existed is 404', async () => {
  const sim = await openTest();
  const { boardId } = await seedDemo(sim);
  await sim.control('DELETE', `/boards/${boardId}`);
  for (const path of [`/boards/${boardId}`, `/boards/${boardId}/pins`, `/boards/${boardId}/sections`]) {
    const { status, body } = await sim.api('GET', path);
    expect([status, body.code]).toEqual([404, 40]);
  }
});
