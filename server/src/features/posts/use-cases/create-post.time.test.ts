// The time of a new post: a given time, now, the next open slot, and days apart on several boards.
import { describe, expect, test } from 'vitest';
import type { Json } from '../../../../test/app.ts';
import { account, app, pinsHere, usePublishing, worker } from '../../../../test/publishing.ts';
import { complete, create, created, inMs, refusal, send, stored, unix } from '../posts.fixture.ts';

usePublishing();

const day = 24 * 3600_000;
const addSlot = (dayPreference: number, timePreference: string, timezone = 'Europe/London') =>
  send('POST', `/v1/accounts/${account.accountId}/timeslots`, { dayPreference, timePreference, timezone });

test('a post with now is published by the next run of a worker', async () => {
  const post = await created({ now: true });
  expect(post).toMatchObject({ status: 'queued', sendAt: unix(app.clock.now()) });
  await worker.runDue();
  expect(await pinsHere()).toHaveLength(1);
  expect((await app.getPost(account, post.id)).status).toBe('sent');
});

test('a second way to name a time is refused, together with the fields that scheduling needs', async () => {
  const answer = await create({
    mediaUrl: app.picture(),
    sendAt: inMs(day),
    useNextOpenSlot: true,
    now: true,
    title: ' ',
  });
  expect(refusal(answer)).toEqual([
    400,
    'BAD_REQUEST',
    {
      useNextOpenSlot: 'not_together',
      now: 'not_together',
      boardId: 'required',
      title: 'required',
      description: 'required',
      url: 'required',
    },
  ]);
  // False is as good as left out.
  const draft = await created({ useNextOpenSlot: false, now: false });
  expect(draft.status).toBe('draft');
});

test('all problems of a body are reported at once', async () => {
  const before = await stored();
  const answer = await create({
    mediaUrl: 'ftp://example.com/a.jpg',
    mediaId: 'med_x',
    titel: 'x',
    description: 'x'.repeat(501),
    url: 'no url',
    altText: 'x'.repeat(501),
    sendAt: '2020-01-01T00:00:00Z',
    boardSectionId: '1',
    tags: ['a', 'a'],
    productTagPinIds: ['pin'],
    externalId: 'x'.repeat(256),
    intervalDays: 91,
    isSimplifiedPin: 'yes',
  });
  expect(refusal(answer)).toEqual([
    400,
    'BAD_REQUEST',
    {
      mediaUrl: 'invalid_url',
      mediaId: 'not_together',
      titel: 'unknown_field',
      title: 'required',
      description: 'too_long',
      url: 'invalid_url',
      altText: 'too_long',
      sendAt: 'in_the_past',
      boardId: 'required',
      boardSectionId: 'needs_board',
      tags: 'repeated',
      'productTagPinIds.0': expect.any(String),
      externalId: expect.any(String),
      intervalDays: expect.any(String),
      isSimplifiedPin: expect.any(String),
    },
  ]);
  const titel = answer.body.error.details.find(({ path }: { path: string }) => path === 'titel');
  expect(titel.message).toContain('Did you mean "title"?');
  expect(await stored()).toEqual(before);
});

test('thirty simultaneous creates with useNextOpenSlot get thirty slots', async () => {
  for (const weekday of [1, 3, 5]) await addSlot(weekday, '09:00');
  const posts = await Promise.all(
    Array.from({ length: 30 }, (_, index) =>
      created({ useNextOpenSlot: true, url: `https://example.com/${index}` }),
    ),
  );
  expect(new Set(posts.map((post) => post.sendAt)).size).toBe(30);
});

test('useNextOpenSlot without timeslots is refused, and only the picture is stored', async () => {
  const before = await stored();
  const answer = await create(complete({ useNextOpenSlot: true }));
  expect(refusal(answer)).toEqual([409, 'CONFLICT', { '': 'no_timeslots' }]);
  expect(await stored()).toMatchObject({ posts: before.posts, events: before.events });
});

describe('intervalBoards', () => {
  const boards = (...names: string[]) => names.map((name) => ({ boardId: account.boards[name] ?? name }));
  const spread = (change: Json) => create(complete({ boardId: undefined, ...change }));

  test("intervalBoards creates a post for each board in order, days apart in the account's time zone", async () => {
    await send('PATCH', `/v1/accounts/${account.accountId}`, { timezone: 'America/New_York' });
    // Nine in the morning; the clocks go forward on 14 March 2027.
    const answer = await spread({
      intervalBoards: boards('Garden', 'Recipes'),
      intervalDays: 3,
      sendAt: '2027-03-12T09:00:00-05:00',
    });
    expect(answer.status).toBe(201);
    const { post, posts } = answer.body.data;
    expect(posts.map(({ boardId, sendAt }: Json) => [boardId, sendAt])).toEqual([
      [account.boards.Garden, unix('2027-03-12T14:00:00Z')],
      [account.boards.Recipes, unix('2027-03-15T13:00:00Z')],
    ]);
    expect(post).toEqual(posts[0]);
    // Each is a post of its own.
    for (const post of posts) expect(await app.getPost(account, post.id)).toEqual(post);
  });

  test('intervalBoards with slots places each post at least intervalDays after the previous one', async () => {
    for (const weekday of [0, 1, 2, 3, 4, 5, 6]) await addSlot(weekday, '09:00');
    const answer = await spread({
      intervalBoards: boards('Garden', 'Recipes'),
      intervalDays: 2,
      useNextOpenSlot: true,
    });
    const [first, second] = answer.body.data.posts;
    expect(second.sendAt - first.sendAt).toBe((2 * day) / 1000);
  });

  test('intervalBoards with an unknown board stores nothing and reports every unknown board', async () => {
    const before = await stored();
    const answer = await spread({ intervalBoards: boards('Recipes', '111', 'recipes', '222'), now: true });
    expect(refusal(answer)).toEqual([
      400,
      'BAD_REQUEST',
      {
        'intervalBoards.1.boardId': 'board_not_found',
        'intervalBoards.2.boardId': 'board_not_found',
        'intervalBoards.3.boardId': 'board_not_found',
      },
    ]);
    expect(await stored()).toEqual(before);
  });

  test('intervalBoards is refused with boardId, externalId or a repeated board, and accepted for drafts', async () => {
    const mixed = await create(
      complete({ externalId: 'x', intervalBoards: boards('Recipes', 'Recipes'), boardSectionId: '1' }),
    );
    expect(refusal(mixed)[2]).toEqual({
      boardId: 'not_together',
      boardSectionId: 'not_together',
      externalId: 'not_together',
      intervalBoards: 'repeated',
    });
    expect(refusal(await create(complete({ intervalDays: 1 })))[2]).toEqual({ intervalDays: 'needs_boards' });
    const drafts = await spread({ intervalBoards: boards('Recipes', 'Garden') });
    expect(drafts.body.data.posts.map(({ status }: Json) => status)).toEqual(['draft', 'draft']);
  });
});

describe('meta.warnings', () => {
  const codes = async (change: Json) => {
    const answer = await create(complete({ sendAt: inMs(day), ...change }));
    expect(answer.status).toBe(201);
    return (answer.body.meta.warnings ?? []).map(({ code }: { code: string }) => code);
  };

  test('a create warns of link shorteners, links to Pinterest, repeated pictures and the spacing rule', async () => {
    expect(await codes({ url: 'https://example.com/one' })).toEqual([]);
    expect(await codes({ url: 'https://bit.ly/x' })).toEqual(['link_shortener']);
    expect(await codes({ url: 'https://de.pinterest.com/pin/1/' })).toEqual(['link_to_pinterest']);
    expect(await codes({ url: 'https://www.example.com/one/#top' })).toEqual(['same_picture']);
    await send('PUT', `/v1/accounts/${account.accountId}/spacing-rules`, { minDays: 3 });
    expect(await codes({ url: 'https://example.com/one', mediaUrl: app.picture('travel.jpg') })).toEqual([
      'too_near',
    ]);
    expect(await codes({ url: 'https://example.com/two' })).toEqual([]);
  });
});
