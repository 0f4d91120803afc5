// What creating posts costs the database, in statements: each is a way there and back, and they add up unnoticed.
import pg from 'pg';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { account, app, useApp } from '../../../test/use-app.ts';

useApp({ accountPer: 'file' });

let mediaId: string;

beforeAll(async () => {
  mediaId = (await app.createPost(account, { sendAt: undefined })).media.id;
});
afterEach(() => vi.restoreAllMocks());

/** The beginnings of the statements that this process sends while `work` runs. */
async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const submit = vi.spyOn(pg.Query.prototype, 'submit');
  await work();
  return submit.mock.contexts.map((query) =>
    String((query as { text?: unknown }).text)
      .trim()
      .replaceAll(/\s+/g, ' ')
      .slice(0, 80),
  );
}

async function create(fields: Record<string, unknown>): Promise<void> {
  const body = {
    mediaId,
    title: 'Lemon tart',
    description: 'Crisp.',
    boardId: account.boards.Recipes,
    ...fields,
  };
  const answer = await app.call('POST', `/v1/accounts/${account.accountId}/posts`, body);
  expect([answer.status, answer.body.error]).toEqual([201, undefined]);
}

const sendAt = () => new Date(app.clock.now().getTime() + 3600_000).toISOString();

test('a post with known media and a url of its own takes one read and a transaction of two statements', async () => {
  const url = 'https://example.com/of-its-own';
  await create({ url: 'https://example.com/first', sendAt: sendAt() });
  const statements = await statementsOf(() => create({ url, sendAt: sendAt() }));
  expect(statements, statements.join('\n')).toHaveLength(5);
});

test('one more where another post leads to the same page, to compare the pictures', async () => {
  const url = 'https://example.com/twice';
  await create({ url, sendAt: sendAt() });
  expect(await statementsOf(() => create({ url, sendAt: sendAt() }))).toHaveLength(6);
});

test('posts on several boards take no more statements than one', async () => {
  const intervalBoards = Object.values(account.boards).map((boardId) => ({ boardId }));
  expect(intervalBoards.length).toBeGreaterThan(1);
  const fields = { url: 'https://example.com/boards', intervalDays: 1, sendAt: sendAt(), boardId: undefined };
  const statements = await statementsOf(() => create({ ...fields, intervalBoards }));
  expect(statements, statements.join('\n')).toHaveLength(5);
});
