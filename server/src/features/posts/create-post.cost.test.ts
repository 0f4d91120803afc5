// The number of statements of a create: each one is a round trip to the database.
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
  const submit = vi.spyOn(pg.Query.prototype, 'submit').mockClear();
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

test('a create with stored media and a new url takes one read and a transaction of two statements', async () => {
  const url = 'https://example.com/of-its-own';
  await create({ url: 'https://example.com/first', sendAt: sendAt() });
  const statements = await statementsOf(() => create({ url, sendAt: sendAt() }));
  expect(statements, statements.join('\n')).toHaveLength(5);
});

test('a create whose url another post has takes one more statement, to compare the pictures', async () => {
  const url = 'https://example.com/twice';
  await create({ url, sendAt: sendAt() });
  expect(await statementsOf(() => create({ url, sendAt: sendAt() }))).toHaveLength(6);
});

test('a create for several boards takes no more statements than for one', async () => {
  const intervalBoards = Object.values(account.boards).map((boardId) => ({ boardId }));
  expect(intervalBoards.length).toBeGreaterThan(1);
  const fields = { url: 'https://example.com/boards', intervalDays: 1, sendAt: sendAt(), boardId: undefined };
  const statements = await statementsOf(() => create({ ...fields, intervalBoards }));
  expect(statements, statements.join('\n')).toHaveLength(5);
});

test('a create with a board, media, an externalId and a url reads all its facts in one statement', async () => {
  const fields = { url: 'https://example.com/facts', externalId: 'facts-1', sendAt: sendAt() };
  const statements = await statementsOf(() => create(fields));
  expect(statements, statements.join('\n')).toHaveLength(5);
});

test('an edit of three posts reads the facts of all in as many statements as an edit of one', async () => {
  const posts = await Promise.all(
    [1, 2, 3].map(() => app.createPost(account, { sendAt: undefined, mediaUrl: undefined, mediaId })),
  );
  const edits = posts.map(({ id }, index) => ({
    id,
    boardId: Object.values(account.boards)[index % 2],
    mediaId,
    externalId: `edit-${index}`,
  }));
  const editsOf = async (entries: typeof edits) => {
    const body = { posts: entries, dryRun: true };
    const answer = await app.call('PATCH', `/v1/accounts/${account.accountId}/posts`, body);
    expect([answer.status, answer.body.error]).toEqual([200, undefined]);
  };
  await editsOf(edits);
  const reads = (statements: readonly string[]) =>
    statements.filter((statement) => statement.startsWith('select')).length;
  const readsOfFirst = reads(await statementsOf(() => editsOf(edits.slice(0, 1))));
  expect(readsOfFirst).toBeGreaterThan(0);
  expect(reads(await statementsOf(() => editsOf(edits)))).toBe(readsOfFirst);
});
