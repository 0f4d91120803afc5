// The number of statements determines the cost of publishing. This test detects when it grows.
import pg from 'pg';
import { beforeEach, expect, test, vi } from 'vitest';
import { app, minute, runAfter, usePublishing } from '../../../test/publishing.ts';

// Every statement of every connection, also those that begin and end transactions.
const statements = vi.spyOn(pg.Client.prototype, 'query');

usePublishing();

beforeEach(async () => {
  await app.database.db.deleteFrom('posts').execute();
});

/** The number of statements that publish these posts, polls included. */
async function countFor({ accounts, postsEach }: { accounts: number; postsEach: number }): Promise<number> {
  for (let index = 0; index < accounts; index += 1) {
    const account = await app.connectAccount();
    for (let number = 0; number < postsEach; number += 1) {
      await app.createPost(account, { title: `post ${number}` });
    }
  }
  const pinsBefore = (await app.pins()).length;
  statements.mockClear();
  await runAfter(minute);
  // A new connection sets its timeouts once.
  const isSetting = (query: unknown) => String(query).startsWith('set statement_timeout');
  const count = statements.mock.calls.filter(([query]) => !isSetting(query)).length;
  expect(await app.pins()).toHaveLength(pinsBefore + accounts * postsEach);
  return count;
}

test('an account with one due picture costs six statements, and each further picture four', async () => {
  const single = await countFor({ accounts: 1, postsEach: 1 });
  // Picture; publishing; four to release the lane with the move to sent.
  expect((await countFor({ accounts: 2, postsEach: 1 })) - single).toBe(6);
  // Due post; picture; publishing; sent.
  expect((await countFor({ accounts: 1, postsEach: 2 })) - single).toBe(4);
});
